#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Two readers of one format agree, and the manual states what the file holds.

test_dump.py TRACE_DUMP SOURCE_ROOT
"""

import subprocess
import sys
import unittest
from pathlib import Path

DUMP, ROOT = sys.argv[1], Path(sys.argv[2])
TRACE = ROOT / "boot" / "workloads" / "linux-boot.trace"


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def run_python(*arguments):
    return run(sys.executable, str(ROOT / "scripts" / "workload" / "dump.py"), *arguments)


class Dump(unittest.TestCase):
    def test_same_operations(self):
        ours, theirs = run(DUMP, str(TRACE)), run_python(str(TRACE))
        self.assertGreater(len(theirs), 1000)
        for number, (one, other) in enumerate(zip(ours, theirs)):
            self.assertEqual(one, other, f"line {number + 1}")
        self.assertEqual(len(ours), len(theirs))

    def test_manual(self):
        manual = (ROOT / "docs" / "workload.md").read_text(encoding="utf-8").splitlines()
        for line in run_python("--summary", str(TRACE)):
            self.assertIn(line, manual)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
