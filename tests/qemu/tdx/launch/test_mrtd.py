#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_mrtd.py SAMPLE-MRTD

MRTD as the plugin computes it against mrtd.py, for images made here and, where it has been fetched,
Debian's OVMF."""

import os
import random
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.dont_write_bytecode = True

from machine import cache  # noqa: E402
from mrtd import FOUR_GIB, OFFSET, TABLE, mrtd  # noqa: E402

PROGRAM = None
SIZE = 64 << 10


def entry(data, guid):
    return data + struct.pack("<H", len(data) + 18) + guid


def make(rows, seed):
    """A firmware image with these sections: (raw size, address, size, type, attributes)."""
    body = bytearray(random.Random(seed).randbytes(SIZE))
    metadata = struct.pack("<4sIII", b"TDVF", 16 + 32 * len(rows), 1, len(rows))
    for raw, gpa, size, kind, attributes in rows:
        metadata += struct.pack("<IIQQII", 0, raw, gpa, size, kind, attributes)
    at = SIZE - 0x1000
    body[at:at + len(metadata)] = metadata
    table = entry(b"\x55" * 6, bytes(range(16))) + entry(struct.pack("<I", 0x1000), OFFSET)
    table += struct.pack("<H", len(table) + 18) + TABLE
    body[SIZE - 32 - len(table):SIZE - 32] = table
    return bytes(body)


class Mrtd(unittest.TestCase):
    def computed(self, image):
        with tempfile.NamedTemporaryFile() as file:
            file.write(image)
            file.flush()
            return subprocess.run([PROGRAM, file.name], check=True, capture_output=True,
                                  text=True).stdout.strip()

    def test_made(self):
        base = FOUR_GIB - SIZE
        rows = [
            (0x8000, base + 0x8000, 0x8000, 0, 1),
            (0x4000, base, 0x4000, 1, 0),
            (0, 0x810000, 0x3000, 3, 0),
            (0, 0x809000, 0x2000, 2, 0),
        ]
        orders = [rows, rows[::-1], rows[1:] + rows[:1]]
        orders.append([(*row[:4], 1) if row[3] < 2 else row for row in rows])
        found = set()
        for seed, order in enumerate(orders + [rows]):
            image = make(order, seed)
            self.assertEqual(self.computed(image), mrtd(image))
            found.add(mrtd(image))
        self.assertEqual(len(found), len(orders) + 1)

    def test_ovmf(self):
        path = cache("guest", "usr", "share", "ovmf", "OVMF.fd")
        if not os.path.exists(path):
            self.skipTest("OVMF has not been fetched: cvmem vm --setup")
        with open(path, "rb") as file:
            image = file.read()
        self.assertEqual(self.computed(image), mrtd(image))


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
