#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_log_mixed.py CVMEM MAPS

Two boots whose lines alternate in one stream: kept apart where something tells them apart, and
refused where nothing does; never one map of both."""

import itertools
import json
import random
import subprocess
import sys
import unittest

CVMEM = MAPS = None
GIB = 1 << 30


def read(text):
    done = subprocess.run(
        [CVMEM, "map", "--json", "-"], input=text.encode(), capture_output=True, check=False
    )
    (file,) = json.loads(done.stdout)
    return file, done.returncode


def boot(prefix, top, clock="[    0.000000] ", efi=False):
    """The lines of a machine with memory up to `top`."""
    ranges = [(0, 0x9FBFF, "usable"), (0x9FC00, 0x9FFFF, "reserved"), (0x100000, 0x7FFFFFFF, "usable"),
              (0x80000000, 0x8FFFFFFF, "reserved"), (4 * GIB, top - 1, "usable")]  # fmt: skip
    lines = ["Linux version 6.12", "BIOS-provided physical RAM map:"]
    if efi:
        lines = [
            f"efi: mem{n:02}: [Conventional|   |WB] range=[0x{start:016x}-0x{last:016x}] (1MB)"
            for n, (start, last) in enumerate([(0x1000, 0x9FFFF), (0x100000, 0x7FFFFFFF),
                                               (4 * GIB, top - 1), (top, top + 0xFFF)])
        ]  # fmt: skip
    else:
        lines += [f"BIOS-e820: [mem 0x{start:016x}-0x{last:016x}] {kind}" for start, last, kind in ranges]
    return [prefix + clock + line for line in lines]


def alternate(*boots):
    return "\n".join(itertools.chain.from_iterable(zip(*boots))) + "\n"


def tops(file):
    return sorted(found["ranges"][-1]["end"] for found in file["maps"])


class Mixed(unittest.TestCase):
    def test_kept_apart_by_a_prefix(self):
        for one, two in (
            ("vm1  | ", "vm2  | "),
            ("Jan  1 00:00:01 alpha kernel: ", "Jan  1 00:00:01 beta kernel: "),
            ("2025-01-01T00:00:01Z alpha kernel: ", "2025-01-01T00:00:02Z beta kernel: "),
            ("", "beta: "),
        ):
            for clock in "[    0.000000] ", "[    0.000000][    T0] ":
                with self.subTest((one, clock)):
                    boots = boot(one, 10 * GIB, clock), boot(two, 6 * GIB, clock)
                    file, status = read(alternate(*boots))
                    self.assertEqual(status, 0)
                    self.assertEqual(tops(file), [6 * GIB, 10 * GIB])
                    self.assertEqual([m["entries"] for m in file["maps"]], [5, 5])
                    self.assertIn(
                        "the lines of 2 machines are mixed: kept apart by what stands before "
                        "their messages",
                        file["warnings"],
                    )

    def test_machines_that_are_the_same(self):
        file, status = read(alternate(boot("a: ", 10 * GIB), boot("b: ", 10 * GIB)))
        self.assertEqual((status, tops(file)), (0, [10 * GIB] * 2))

    def test_at_random(self):
        chance = random.Random(1)
        for _ in range(20):
            boots = [boot("alpha: ", 10 * GIB), boot("beta: ", 6 * GIB), boot("gamma: ", 8 * GIB)]
            lines = []
            while any(boots):
                lines.append(chance.choice([b for b in boots if b]).pop(0))
            file, status = read("\n".join(lines))
            self.assertEqual((status, tops(file)), (0, [6 * GIB, 8 * GIB, 10 * GIB]))
            self.assertEqual([m["entries"] for m in file["maps"]], [5] * 3)

    def test_efi(self):
        boots = boot("a: ", 10 * GIB, efi=True), boot("b: ", 6 * GIB, efi=True)
        file, status = read(alternate(*boots))
        self.assertEqual((status, [m["entries"] for m in file["maps"]]), (0, [4, 4]))

    def test_refused_where_nothing_tells(self):
        for clock in "[    0.000000] ", "":
            for efi in False, True:
                for top in 6 * GIB, 10 * GIB:
                    boots = boot("", 10 * GIB, clock, efi), boot("", top, clock, efi)
                    with self.subTest((clock, efi, top)):
                        file, status = read(alternate(*boots))
                        self.assertNotEqual(status, 0)
                        self.assertFalse(file["complete"])
                        self.assertTrue(
                            any("two boots are mixed" in w for w in file["warnings"]), file
                        )
                        self.assertNotIn(10 * GIB, tops(file))

    def test_a_whole_map_beside_it_is_kept(self):
        text = "\n".join(boot("", 3 * 4 * GIB)) + "\n\n\nLinux version 6\n"
        file, status = read(text + alternate(boot("", 10 * GIB), boot("", 6 * GIB)))
        self.assertEqual((status, file["complete"]), (2, False))
        self.assertIn(12 * GIB, tops(file))

    def test_boots_in_a_row_are_not_mixed(self):
        text = "\n".join(boot("alpha: ", 10 * GIB) + boot("beta: ", 6 * GIB)) + "\n"
        file, status = read(text * 2)
        self.assertEqual((status, tops(file)), (0, [6 * GIB] * 2 + [10 * GIB] * 2))
        self.assertFalse([w for w in file["warnings"] if "mixed" in w])


if __name__ == "__main__":
    CVMEM, MAPS = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
