#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/check-stack with a compiler that ccache may stand for."""

import os
import subprocess
import sys
import tempfile
import unittest

SCRIPT = os.path.abspath(sys.argv.pop(1))

# ccache gives the object of an earlier run without the call graph beside it; told not to, it is the
# compiler alone. Here the first is all that matters: there is no second file.
COMPILER = """#!/bin/sh
echo "${CCACHE_DISABLE-not disabled}" >"$0.note"
exit 1
"""


class Ccache(unittest.TestCase):
    def test_is_not_asked(self):
        with tempfile.TemporaryDirectory() as folder:
            compiler = os.path.join(folder, "gcc")
            with open(compiler, "w", encoding="ascii") as file:
                file.write(COMPILER)
            os.chmod(compiler, 0o755)
            environment = dict(os.environ, PATH=folder + ":" + os.environ["PATH"])
            for key in "CC", "CCACHE_DISABLE":
                environment.pop(key, None)
            done = subprocess.run([sys.executable, SCRIPT], env=environment, check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertNotEqual(done.returncode, 0)
            with open(compiler + ".note", encoding="ascii") as file:
                self.assertEqual(file.read(), "1\n")


if __name__ == "__main__":
    unittest.main()
