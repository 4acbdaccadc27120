#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""cvmem populate --model M --firmware FILE: the measurement of images made here, against Python's
hashlib (tests/qemu/mrtd.py, snp_measure.py), and images that cannot be launched.

usage: test_firmware.py CVMEM
"""

import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import unittest
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "qemu"))
sys.dont_write_bytecode = True

from mrtd import FOUR_GIB, OFFSET, TABLE, mrtd  # noqa: E402
import snp_measure  # noqa: E402

CVMEM = None
SIZE = 64 << 10
BASE = FOUR_GIB - SIZE
AT = 0x1000  # of a list of sections, before the end
ASEV = uuid.UUID("dc886566-984a-4798-a75e-5585a7bf67cc").bytes_le
HASHES = uuid.UUID("7255371f-3a3b-4b04-927b-1da6efa8d454").bytes_le
RESET = uuid.UUID("00f771de-1a7e-4fcb-890e-68c77e2fb44e").bytes_le
AP_IP, SIGNATURE = 0xfff41234, 0xa20f12
VOLUME, VARIABLES, TEMPORARY, HOB = (0, 1, 3, 2)


def entry(data, guid):
    return data + struct.pack("<H", len(data) + 18) + guid


def make(metadata, *entries):
    body = bytearray(random.Random(len(metadata)).randbytes(SIZE))
    body[SIZE - AT:SIZE - AT + len(metadata)] = metadata
    table = b"".join(entries)
    table += struct.pack("<H", len(table) + 18) + TABLE
    body[SIZE - 32 - len(table):SIZE - 32] = table
    return bytes(body)


def tdvf(*rows):
    """Sections: (address, size, type, whether it is measured). Volumes have all of their content."""
    metadata = struct.pack("<4sIII", b"TDVF", 16 + 32 * len(rows), 1, len(rows))
    for gpa, size, kind, measured in rows:
        raw = size if kind in (VOLUME, VARIABLES) else 0
        metadata += struct.pack("<IIQQII", (gpa - BASE) % SIZE, raw, gpa, size, kind, measured)
    return make(metadata, entry(struct.pack("<I", AT), OFFSET))


def sev(*rows):
    """Sections: (address, size, type)."""
    metadata = struct.pack("<4sIII", b"ASEV", 16 + 12 * len(rows), 1, len(rows))
    metadata += b"".join(struct.pack("<III", *row) for row in rows)
    return make(metadata, entry(struct.pack("<I", AT), ASEV),
                entry(struct.pack("<II", 0, 0), HASHES), entry(struct.pack("<I", AP_IP), RESET))


class Firmware(unittest.TestCase):
    def run_with(self, image, *options):
        with tempfile.NamedTemporaryFile() as file:
            file.write(image)
            file.flush()
            return subprocess.run([CVMEM, "populate", "--firmware", file.name, *options],
                                  capture_output=True, text=True, check=False)

    def measurement(self, image, *options):
        answers = set()
        for model in "linux", "seed":
            run = self.run_with(image, "--model", model, "--json", *options)
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            answers.add(json.loads(run.stdout)["measurement"])
        self.assertEqual(len(answers), 1)
        return answers.pop()

    def fails(self, image, word, *options):
        run = self.run_with(image, *options)
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertIn(word, run.stderr)

    def test_mrtd(self):
        rows = [(BASE + 0x8000, 0x8000, VOLUME, 1), (BASE, 0x4000, VARIABLES, 0),
                (0x810000, 0x3000, TEMPORARY, 0), (0x809000, 0x2000, HOB, 0)]
        for order in rows, rows[::-1]:
            self.assertEqual(self.measurement(tdvf(*order)), mrtd(tdvf(*order)))

    def test_launch_digest(self):
        rows = [(0x800000, 0x9000, 1), (0x80a000, 0x3000, 1), (0x80d000, 0x1000, 2),
                (0x80e000, 0x1000, 3)]
        for vcpus in 1, 3:
            image = sev(*rows)
            expected = snp_measure.measure(image, b"", b"", "", vcpus, SIGNATURE).hex()
            self.assertEqual(expected, self.measurement(image, "--platform", "snp", "--vcpus",
                                                        str(vcpus), "--vcpu-sig", str(SIGNATURE)))

    def test_no_launch(self):
        model = "--model", "linux"
        self.fails(bytes(SIZE), "no valid TDVF metadata", *model)
        self.fails(bytes(SIZE), "no valid SEV metadata", *model, "--platform", "snp")
        self.fails(bytes(SIZE + 1), "whole pages", *model)
        hob = 0x809000, 0x2000, HOB, 0
        self.fails(tdvf(hob, (0x40000000, 0x1000, TEMPORARY, 0)), "0x40000000: ", *model)
        self.fails(tdvf(hob, (2**64 - 0x1000, 0x1000, TEMPORARY, 0)), "0xfffffffffffff000: ", *model)
        self.fails(tdvf(hob, (0x80a000, 0x1000, TEMPORARY, 0)), "0x80a000: ", *model)
        missing = subprocess.run([CVMEM, "populate", *model, "--firmware", "/nonexistent"],
                                 stderr=subprocess.DEVNULL, check=False)
        self.assertEqual(missing.returncode, 1)
        self.assertEqual(self.run_with(bytes(SIZE)).returncode, 64)
        run = self.run_with(bytes(SIZE), *model, "--memory", "4G")
        self.assertEqual(run.returncode, 64)
        self.assertIn("at most 4032M", run.stderr)
        self.assertTrue(self.measurement(tdvf(hob), "--memory", "4032M"))


if __name__ == "__main__":
    CVMEM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
