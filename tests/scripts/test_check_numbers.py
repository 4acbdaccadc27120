#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/check-numbers against small trees."""

import os
import subprocess
import sys
import tempfile
import unittest

SCRIPT = os.path.abspath(sys.argv.pop(1))

RESULTS = """\
# Results

## query: questions

| what | peer, this run | cvmem |
|---|---|---|
| is any of 4 KiB set? | 5.7 ns (5.6 to 6.3) | lazy: 3.68 ns: 1.5x |
| is any of 4 MiB set? | 6.2 ns | 4 ns |

## boot: boots

| memory | bytes |
|---|---|
| 4 KiB | 185 MiB |
"""
TABLE = """\
Text with 17 ns that is in no table.

<!-- numbers -->
| | Linux | cvmem |
|---|---|---|
| in 4 KiB | {}<!-- query | 4 KiB set? | peer, this run --> (of 9) | 1.5x<!-- query | 4 KiB | cvmem | ([\\d.]+x)$ --> |
| bytes | - | 185 MiB<!-- boot | 4 KiB | bytes --> |
"""


class Numbers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        self.write("bench/RESULTS.md", RESULTS)

    def write(self, name, text):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def check(self, text, *options):
        self.write("README.md", text)
        done = subprocess.run([SCRIPT, *options, self.root], capture_output=True, text=True)
        return done.returncode, done.stderr

    def fails(self, text, message):
        status, output = self.check(text)
        self.assertEqual(status, 1)
        self.assertIn(message, output)

    def test_same(self):
        self.assertEqual(self.check(TABLE.format("5.7 ns")), (0, ""))

    def test_differs_until_it_is_updated(self):
        self.fails(TABLE.format("5.6 ns"), "5.6 ns: bench/RESULTS.md has 5.7 ns")
        self.assertEqual(self.check(TABLE.format("5.6 ns"), "--update"), (0, ""))
        with open(os.path.join(self.root, "README.md"), encoding="utf-8") as file:
            self.assertEqual(file.read(), TABLE.format("5.7 ns"))

    def test_other_unit(self):
        self.fails(TABLE.format("5.7 us"), "5.7 us: bench/RESULTS.md has 5.7 ns")

    def test_figure_without_source(self):
        self.fails(TABLE.format("5.7 ns") + "| more | 12 ns | - |\n", "12 ns: no comment")

    def test_no_such_row_or_column(self):
        good = TABLE.format("5.7 ns")
        self.fails(good.replace("4 KiB set?", "8 KiB"), "0 rows for '8 KiB'")
        self.fails(good.replace("4 KiB set?", "is any"), "2 rows for 'is any'")
        self.fails(good.replace("| cvmem |", "| mine |"), "0 columns for 'mine'")

    def test_no_table(self):
        self.fails("Text.\n", "there is no table")


if __name__ == "__main__":
    unittest.main()
