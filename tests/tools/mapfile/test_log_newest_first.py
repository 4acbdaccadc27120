#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_log_newest_first.py CVMEM MAPS

Logs whose newest line is the first, as log servers and `journalctl --reverse` have them: the same
map as in the other order."""

import json
import os
import subprocess
import sys
import unittest

CVMEM = MAPS = None
GIB = 1 << 30
REMARK = "the newest line is the first: each map is read from its end"


def read(text):
    done = subprocess.run(
        [CVMEM, "map", "--json", "-"], input=text.encode(), capture_output=True, check=False
    )
    (file,) = json.loads(done.stdout)
    return file, done.returncode


def boot(top, clock="[    0.000000] "):
    ranges = [(0, 0x9EFFF, "usable"), (0x9F000, 0x9FFFF, "reserved"), (0x100000, 0x7FFFFFFF, "usable"),
              (0x80000000, 0x8FFFFFFF, "reserved"), (4 * GIB, top - 1, "usable")]  # fmt: skip
    lines = ["Linux version 6.12", "BIOS-provided physical RAM map:"]
    lines += [f"BIOS-e820: [mem 0x{start:016x}-0x{last:016x}] {kind}" for start, last, kind in ranges]
    return [clock + line for line in lines + ["NX (Execute Disable) protection: active"]]


def efi(top):
    ranges = [(4 * GIB, top - 1), (0x1000, 0x9FFFF), (0x100000, 0x7FFFFFFF)]
    return ["efi: EFI v2.7 by EDK II"] + [
        f"efi: mem{n:02}: [Conventional|   |WB] range=[0x{start:016x}-0x{last:016x}] (1MB)"
        for n, (start, last) in enumerate(ranges)
    ]


def maps_of(file):
    return [(found["source"], found["entries"], found["ranges"]) for found in file["maps"]]


class NewestFirst(unittest.TestCase):
    def same(self, lines, text=None, warnings=()):
        file, status = read(text or "\n".join(reversed(lines)))
        expected, _ = read("\n".join(lines))
        self.assertEqual((status, file["complete"]), (0, True))
        self.assertEqual(sorted(map(str, maps_of(file))), sorted(map(str, maps_of(expected))))
        self.assertEqual(file["warnings"], [REMARK, *warnings])
        self.assertNotIn(REMARK, expected["warnings"])
        return file

    def test_lines(self):
        for clock in "[    0.000000] ", "", "Jan  1 00:00:01 alpha kernel: ":
            with self.subTest(clock):
                file = self.same(boot(10 * GIB, clock))
                self.assertEqual(file["maps"][0]["usable_bytes"], 0x9F000 + 0x7FF00000 + 6 * GIB)

    def test_efi(self):
        self.assertEqual([m["entries"] for m in self.same(efi(6 * GIB))["maps"]], [3])
        self.same(efi(6 * GIB) + boot(6 * GIB))

    def test_several_boots(self):
        file = self.same(boot(10 * GIB) + boot(6 * GIB) + boot(8 * GIB))
        self.assertEqual([m["ranges"][-1]["end"] for m in file["maps"]], [8 * GIB, 6 * GIB, 10 * GIB])
        # Without a line that begins a boot.
        self.same(boot(10 * GIB)[2:-1] + ["reboot"] + boot(6 * GIB)[2:-1])

    def test_user_map_of_a_later_clock(self):
        user = [line.replace("BIOS-e820", "user") for line in boot(6 * GIB, "[    0.500000] ")[2:-1]]
        self.same(boot(10 * GIB) + ["[    0.500000] user-defined physical RAM map:"] + user)

    def test_objects_on_one_line(self):
        lines = boot(10 * GIB)
        values = [[str(n), line] for n, line in enumerate(lines)]
        self.same(lines, json.dumps({"data": {"values": values[::-1]}}))

    def test_several_machines(self):
        lines = []
        for one, two in zip(boot(10 * GIB), boot(6 * GIB)):
            lines += ["alpha: " + one, "beta: " + two]
        file, status = read("\n".join(reversed(lines)))
        self.assertEqual((status, sorted(m["ranges"][-1]["end"] for m in file["maps"])), (0, [6 * GIB, 10 * GIB]))

    def test_no_log_of_the_collection_is_one(self):
        for name in sorted(os.listdir(MAPS)):
            if name.endswith(".txt"):
                done = subprocess.run([CVMEM, "map", os.path.join(MAPS, name)], capture_output=True, check=False, text=True)
                with self.subTest(name):
                    self.assertNotIn(REMARK, done.stdout + done.stderr)


if __name__ == "__main__":
    CVMEM, MAPS = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
