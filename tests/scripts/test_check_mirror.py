#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/check-mirror against small trees."""

import os
import subprocess
import sys
import tempfile
import unittest

SCRIPT = os.path.abspath(sys.argv.pop(1))


class Mirror(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name

    def files(self, *paths, table=None):
        for path in paths:
            path = os.path.join(self.root, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8"):
                pass
        if table is not None:
            os.makedirs(os.path.join(self.root, "tests"), exist_ok=True)
            with open(os.path.join(self.root, "tests/mirror.txt"), "w", encoding="utf-8") as file:
                file.write(table)

    def check(self, *problems, options=()):
        done = subprocess.run([SCRIPT, *options, self.root], check=False, stderr=subprocess.PIPE,
                              universal_newlines=True)
        self.assertEqual(done.stderr.splitlines()[:-1], list(problems))
        self.assertEqual(done.returncode, 1 if problems and not options else 0)

    def test_of_its_name(self):
        self.files("lib/a.c", "tests/lib/test_a.c", "qemu/snp/b.c", "tests/qemu/snp/test_b_more.py")
        self.check()

    def test_in_another_folder(self):
        self.files("qemu/snp/b.c", "tests/qemu/test_b.c")
        self.check("qemu/snp/b.c: no tests/qemu/snp/test_b.c, and no line in tests/mirror.txt")
        self.check("qemu/snp/b.c: no tests/qemu/snp/test_b.c, and no line in tests/mirror.txt",
                   options=["--report"])

    def test_of_a_longer_name(self):
        """test_map_add is map_add's, if there is such a source, and not map's."""
        self.files("lib/map.c", "tests/lib/test_map_add.c")
        self.check()
        self.files("lib/map_add.c")
        self.check("lib/map.c: no tests/lib/test_map.c, and no line in tests/mirror.txt")

    def test_named_differently(self):
        """test_mapper is not map's."""
        self.files("lib/map.c", "tests/lib/test_mapper.c", "tests/lib/map.c")
        self.check("lib/map.c: no tests/lib/test_map.c, and no line in tests/mirror.txt")

    def test_table(self):
        self.files("lib/a.c", "lib/b.c", "tests/lib/test_b.c",
                   table="# a comment\n\nlib/a.c  tests/lib/test_b.c  b is all that calls it\n")
        self.check()

    def test_stale_lines(self):
        self.files("lib/b.c", "tests/lib/test_b.c",
                   table="lib/a.c tests/lib/test_b.c gone\nlib/b.c tests/lib/test_b.c tested\n")
        self.check("tests/mirror.txt:1: there is no lib/a.c",
                   "tests/mirror.txt:2: lib/b.c has a test of its name, and needs no line")

    def test_table_without_its_test(self):
        self.files("lib/a.c", table="lib/a.c tests/lib/test_b.c b calls it\n")
        self.check("tests/mirror.txt:1: there is no test tests/lib/test_b.c")

    def test_form_of_the_table(self):
        self.files("lib/a.c", "lib/b.c", "tests/lib/test_c.c", table="lib/b.c tests/lib/test_c.c x\n"
                   "lib/b.c tests/lib/test_c.c x\nlib/a.c tests/lib/test_c.c\n")
        self.check("tests/mirror.txt:2: lib/b.c is there already",
                   "tests/mirror.txt:3: SOURCE TEST REASON are wanted",
                   "lib/a.c: no tests/lib/test_a.c, and no line in tests/mirror.txt")


if __name__ == "__main__":
    unittest.main()
