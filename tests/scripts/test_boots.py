#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/qemu/boots with arguments that choose nothing: they must not look like success. No machine is
booted."""

import os
import subprocess
import sys
import unittest

SCRIPT = os.path.abspath(sys.argv.pop(1))


def boots(*words):
    return subprocess.run([sys.executable, SCRIPT, "no-build", *words], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)


class Choice(unittest.TestCase):
    def refused(self, words, reason):
        done = boots(*words)
        self.assertNotIn(done.returncode, (0, 77))
        self.assertIn(reason, done.stderr)
        self.assertEqual(done.stdout, "")

    def test_platform(self):
        self.refused(["--platform", "tdxx"], "invalid choice: 'tdxx'")

    def test_case(self):
        self.refused(["lazzy"], "there is no case lazzy")

    def test_case_of_another_platform(self):
        self.refused(["--platform", "tdx", "tdx.lazy", "snp.firmware_events"],
                     "snp.firmware_events is no case of --platform tdx")

    def test_list(self):
        for platform in "tdx", "snp", "cca":
            names = boots("--platform", platform, "--list").stdout.split()
            self.assertTrue(names)
            self.assertEqual({name.split(".")[0] for name in names}, {platform})


if __name__ == "__main__":
    unittest.main()
