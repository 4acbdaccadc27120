#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_lost.py CVMEM MAPS

`cvmem map` on maps that have lost RAM, as an SNP guest of 6 GiB behind GRUB 2.06 has it, and on the
reserved ranges of machines that have lost none."""

import json
import os
import subprocess
import sys
import unittest

CVMEM = MAPS = None
MIB, GIB = 1 << 20, 1 << 30
LOST = "lost, most likely"
LARGE = "as large as RAM"


def read(data):
    done = subprocess.run(
        [CVMEM, "map", "--json", "-"], input=data.encode(), capture_output=True, check=False
    )
    (file,) = json.loads(done.stdout)
    return file


def log(*ranges):
    return "".join(
        f"BIOS-e820: [mem 0x{start:016x}-0x{end - 1:016x}] {kind}\n" for start, end, kind in ranges
    )


LOW = [(0, 0xA0000, "usable"), (0x100000, 2 * GIB, "usable")]


def efi(*numbers):
    return "".join(
        f"efi: mem{n:02}: [Conventional|   |  |WB] range=[0x{n + 1 << 20:016x}-0x{(n + 2 << 20) - 1:016x}]\n"
        for n in numbers)  # fmt: skip


class Lines(unittest.TestCase):
    """Those that a log has lost, as a ring buffer that ran over does."""

    def test_the_first(self):
        for ranges, lost in (
            (LOW + [(4 * GIB, 6 * GIB, "usable")], False),
            ([(0x100000, 2 * GIB, "usable"), (4 * GIB, 6 * GIB, "usable")], False),
            ([(2 * GIB, 3 * GIB, "reserved"), (4 * GIB, 6 * GIB, "usable")], True),
            ([(4 * GIB, 6 * GIB, "usable")], False),
        ):
            with self.subTest(ranges):
                start = ranges[0][0]
                expected = [f"line 1: the map has nothing below 0x{start:x}: its first lines may be lost"]
                self.assertEqual(read(log(*ranges))["warnings"], expected if lost else [])

    def test_numbers(self):
        for numbers, warnings in (
            ([0, 1, 2, 3], []),
            ([2, 3], ["line 1: the map begins with entry 2: those before are lost"]),
            ([0, 1, 5, 6, 8], ["line 3: entry 5 after entry 1: those between are lost",
                               "line 5: entry 8 after entry 6: those between are lost"]),
            ([3, 2, 1, 0], ["the newest line is the first: each map is read from its end"]),
        ):  # fmt: skip
            with self.subTest(numbers):
                self.assertEqual(read(efi(*numbers))["warnings"], warnings)


class Lost(unittest.TestCase):
    def test_grub_2_06(self):
        with open(os.path.join(MAPS, "extra", "snp-grub206-memory-lost.txt"), encoding="ascii") as text:
            file = read(text.read())
        (found,) = file["maps"]
        self.assertEqual(found["lost_bytes"], 4 * GIB)
        (warning,) = [w for w in file["warnings"] if LOST in w]
        self.assertRegex(warning, "^line 22: 4 GiB of RAM are lost.*linuxefi.*GRUB 2.12")
        self.assertFalse([w for w in file["warnings"] if LARGE in w])
        done = subprocess.run([CVMEM, "map", "-"], input=log(*LOW, (4 * GIB, 6 * GIB, "reserved")),
                              capture_output=True, check=False, text=True)  # fmt: skip
        self.assertRegex(done.stdout, r"\n  lost +2 GiB  \(2147483648 bytes")

    def test_only_where_it_begins_at_4_gib(self):
        for start, kind, lost in (
            (4 * GIB, "reserved", 2 * GIB),
            (4 * GIB + MIB, "reserved", 0),
            (4 * GIB, "usable", 0),
            (4 * GIB, "ACPI NVS", 0),
            (3 * GIB, "reserved", 0),
        ):
            with self.subTest((start, kind)):
                file = read(log(*LOW, (start, start + 2 * GIB, kind)))
                self.assertEqual(file["maps"][0]["lost_bytes"], lost)
                self.assertEqual(any(LOST in w for w in file["warnings"]), lost > 0)

    def test_other_large_ranges(self):
        inside = [(0, GIB, "usable"), (GIB, 2 * GIB, "reserved"), (2 * GIB, 3 * GIB, "usable")]
        for ranges, large in (
            (inside, True),
            ([*LOW, (8 * GIB, 12 * GIB, "reserved")], True),
            # A graphics processor's, HyperTransport's, and the window of PCI.
            ([*LOW, (4 * GIB, 36 * GIB, "usable"), (36 * GIB, 37 * GIB, "reserved")], False),
            ([*LOW, (0xFD00000000, 1 << 40, "reserved")], False),
            ([*LOW, (2 * GIB, 4 * GIB, "reserved"), (4 * GIB, 6 * GIB, "usable")], False),
        ):
            with self.subTest(ranges):
                file = read(log(*ranges))
                self.assertEqual(any(LARGE in w for w in file["warnings"]), large)
                self.assertEqual(file["maps"][0]["lost_bytes"], 0)

    def test_a_map_of_the_kernel_says_it_once(self):
        entry = "[mem 0x0000000100000000-0x000000017fffffff] reserved\n"
        low = "[mem 0x0000000000100000-0x000000007fffffff] usable\n"
        text = "".join(tag + line for tag in ("BIOS-e820: ", "user: ", "modified: ") for line in (low, entry))
        file = read(text)
        self.assertEqual(len(file["maps"]), 3)
        self.assertEqual(len([w for w in file["warnings"] if LOST in w]), 1)

    def test_no_machine_of_the_collection_has_lost_any(self):
        for name in sorted(os.listdir(MAPS)):
            if not name.endswith(".txt"):
                continue
            done = subprocess.run([CVMEM, "map", os.path.join(MAPS, name)], capture_output=True, check=False, text=True)
            with self.subTest(name):
                self.assertNotIn(LOST, done.stdout)
                self.assertNotIn(LARGE, done.stdout)


if __name__ == "__main__":
    CVMEM, MAPS = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
