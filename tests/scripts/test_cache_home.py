#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_cache_home.py CACHE-HOME.PY

Scripts in Python and in shell have the cache where `cvmem vm` has it (tools/vm/files.c), without a
home as well."""

import os
import subprocess
import sys
import unittest

SCRIPTS = ROOT = None
RULES = (({}, "/var/tmp/.cache"),
         ({"HOME": ""}, "/var/tmp/.cache"),
         ({"HOME": "/h"}, "/h/.cache"),
         ({"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/x"),
         ({"HOME": "/h", "XDG_CACHE_HOME": ""}, "/h/.cache"),
         ({"HOME": "/h", "XDG_CACHE_HOME": "relative"}, "/h/.cache"))


def run(*words, **environment):
    return subprocess.run(words, env={"PATH": os.environ["PATH"], **environment}, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


class CacheHome(unittest.TestCase):
    def test_rule(self):
        for environment, expected in RULES:
            for words in (
                    ["sh", "-euc", f'root={ROOT}; . "{SCRIPTS}/common.sh"; cache_home'],
                    ["python3", "-Bc", f"import sys; sys.path.append({SCRIPTS!r});"
                     "from cache_home import cache_home; print(cache_home())"]):
                self.assertEqual(run(*words, **environment).stdout, expected + "\n", words)

    def test_without_a_home(self):
        done = run("sh", os.path.join(SCRIPTS, "record-workload"), "--help")
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("/var/tmp/.cache/cvmem/workload", done.stdout)
        for script in "build", "builtin/build":
            # An option that it does not have ends it as soon as it knows its folders.
            done = run("sh", os.path.join(ROOT, "ports/linux", script), "--no-such-option")
            self.assertNotIn("HOME", done.stdout)
            self.assertNotEqual(done.returncode, 0)
        done = run("python3", "-Bc", f"import sys; sys.path.append({ROOT + '/tests/qemu'!r});"
                   "from machine import cache; print(cache('linux'))")
        self.assertEqual(done.stdout, "/var/tmp/.cache/cvmem/vm/linux\n")


if __name__ == "__main__":
    SCRIPTS = os.path.dirname(os.path.abspath(sys.argv.pop(1)))
    ROOT = os.path.dirname(SCRIPTS)
    unittest.main()
