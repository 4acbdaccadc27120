#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_read.py CVMEM MAPS

`cvmem map` against MAPS/INDEX.md, which was made by another program: how many lines of which kind
each log has, how much memory they call usable, and where the map ends. A file without any such
line must be refused."""

import json
import os
import re
import subprocess
import sys
import unittest

CVMEM = MAPS = None
CLASSES = {"e820": "e820", "efi": "efi"}  # every other source is in the column's third class

# INDEX.md adds up two of the three maps that are quoted in it, each once.
USABLE_NOT_COMPARED = {"newformat-gaps-sizes.txt"}

# Lines that look like entries, among others that are: in patches, and overwritten by other CPUs.
BROKEN_LINES = {"acpi-e820-pci-window.txt": 2, "efi-tpm-eventlog-kexec.txt": 3}

# The index counts lines of Linux. The source and lines of a map that another program printed.
OTHER_PROGRAMS = {"tboot-xen-map.txt": ("xen-host", 24, 0x41E800000)}


def run(*arguments):
    return subprocess.run([CVMEM, "map", *arguments], capture_output=True, check=False, text=True)


def read_index():
    """name: (lines by class, gaps, usable GiB or None, top or None) for each file in the index."""
    files = {}
    with open(os.path.join(MAPS, "INDEX.md"), encoding="utf-8") as index:
        for line in index:
            columns = [column.strip() for column in line.strip().strip("|").split("|")]
            if not line.startswith("| ") or not columns[0].endswith(".txt"):
                continue
            lines, notes = columns[3], " ".join(columns[4:])

            def count(what, text=lines):
                match = re.search(r"(\d+) " + what, text)
                return int(match[1]) if match else 0

            memory = re.search(r"usable ([\d.]+) GiB, top (0x[0-9a-f]+)", notes)
            files[columns[0]] = (
                {"e820": count("e820"), "efi": count("efi"), "other": count("user/")},
                count("gap"),
                float(memory[1]) if memory else None,
                int(memory[2], 16) if memory else None,
            )
    return files


class Index(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.index = read_index()

    def setUp(self):
        self.assertGreater(len(self.index), 60)

    def test_every_file_is_in_the_index(self):
        files = {name for name in os.listdir(MAPS) if name.endswith(".txt")}
        self.assertEqual(files, set(self.index))

    def test_maps(self):
        for name, (lines, gaps, usable, top) in self.index.items():
            if not any(lines.values()):
                continue
            with self.subTest(name):
                done = run("--json", os.path.join(MAPS, name))
                (file,) = json.loads(done.stdout)
                unread = [w for w in file["warnings"] if "not read, though" in w]
                self.assertEqual(len(unread), BROKEN_LINES.get(name, 0))
                self.assertEqual(file["complete"], not unread)
                self.assertEqual(done.returncode, 2 if unread else 0, done.stderr)
                found = {"e820": 0, "efi": 0, "other": 0}
                for each in file["maps"]:
                    found[CLASSES.get(each["source"], "other")] += each["entries"]
                    self.check_map(each)
                self.assertEqual(found, lines)
                self.assertEqual(sum(each["gaps"] for each in file["maps"]), gaps)
                e820 = [each for each in file["maps"] if each["source"] == "e820"]
                if usable is not None and name not in USABLE_NOT_COMPARED:
                    total = sum(each["usable_bytes"] for each in e820)
                    self.assertAlmostEqual(total / 2**30, usable, delta=0.0051)
                if top is not None:
                    self.assertEqual(max(each["ranges"][-1]["end"] for each in e820), top)

    def check_map(self, each):
        self.assertGreaterEqual(each["line"], 1)
        end = 0
        previous = None
        for part in each["ranges"]:
            self.assertIsInstance(part["start"], int)
            self.assertIsInstance(part["end"], int)
            self.assertLess(part["start"], part["end"])
            self.assertLessEqual(part["end"], 1 << 52)
            self.assertGreaterEqual(part["start"], end)
            if part["start"] == end and each["source"] != "efi":
                self.assertNotEqual(part["type"], previous)
            end, previous = part["end"], part["type"]

    def test_files_without_a_map(self):
        for name, (lines, *_) in self.index.items():
            if any(lines.values()) or name in OTHER_PROGRAMS:
                continue
            with self.subTest(name):
                path = os.path.join(MAPS, name)
                done = run(path)
                self.assertEqual(done.returncode, 1)
                self.assertEqual(done.stdout, "")
                self.assertRegex(done.stderr, "^cvmem: " + re.escape(path) + ": no memory map: ")
                done = run("--json", path)
                self.assertEqual(done.returncode, 1)
                (file,) = json.loads(done.stdout)
                self.assertEqual(file["maps"], [])
                self.assertTrue(file["error"].startswith("no memory map: "))

    def test_maps_of_other_programs(self):
        for name, (source, entries, top) in OTHER_PROGRAMS.items():
            done = run("--json", os.path.join(MAPS, name))
            self.assertEqual(done.returncode, 0)
            (file,) = json.loads(done.stdout)
            (found,) = file["maps"]
            self.assertEqual((found["source"], found["entries"]), (source, entries))
            self.assertEqual(found["ranges"][-1]["end"], top)

    def test_all_at_once(self):
        names = sorted(self.index)
        done = run("--json", *(os.path.join(MAPS, name) for name in names))
        self.assertEqual(done.returncode, 1)
        self.assertEqual([os.path.basename(f["file"]) for f in json.loads(done.stdout)], names)


if __name__ == "__main__":
    CVMEM, MAPS = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
