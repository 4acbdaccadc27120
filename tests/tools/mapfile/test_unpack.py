#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_unpack.py CVMEM MAPS

`cvmem map` on packed logs: the same map as from the log itself; a damaged or shortened file is
said to be that."""

import bz2
import gzip
import json
import lzma
import os
import shutil
import subprocess
import sys
import unittest

CVMEM = MAPS = None
LOG = "snp-guest-ovmf-unaccepted-hang.txt"


def read(data, *options):
    done = subprocess.run(
        [CVMEM, "map", "--json", *options, "-"], input=data, capture_output=True, check=False
    )
    (file,) = json.loads(done.stdout)
    return file, done.returncode


def by_program(*command):
    def pack(data):
        return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout

    return pack if shutil.which(command[0]) else None


# RFC 8878, 3.1.1: a frame of blocks that are not compressed.
def zstd_stored(data):
    out = b"\x28\xb5\x2f\xfd\x00\x58"
    for i in range(0, len(data), 1 << 17):
        part = data[i : i + (1 << 17)]
        last = i + (1 << 17) >= len(data)
        out += (len(part) << 3 | last).to_bytes(3, "little") + part
    return out


# lz4_Frame_format.md: a frame without checksums of blocks that are not compressed. 0x82 is the
# second byte of xxHash-32 of the descriptor "\x60\x70" (FLG: version 1, independent blocks).
def lz4_stored(data):
    out = b"\x04\x22\x4d\x18\x60\x70\x73"
    for i in range(0, len(data), 4 << 20):
        part = data[i : i + (4 << 20)]
        out += (len(part) | 1 << 31).to_bytes(4, "little") + part
    return out + b"\0\0\0\0"


PACKERS = {
    "gzip": gzip.compress,
    "gzip, two members": lambda data: gzip.compress(data[:1000]) + gzip.compress(data[1000:]),
    "xz": lzma.compress,
    "xz, two streams": lambda data: lzma.compress(data[:1000]) + lzma.compress(data[1000:]),
    "bzip2": bz2.compress,
    "bzip2, two streams": lambda data: bz2.compress(data[:1000]) + bz2.compress(data[1000:]),
    "zstd, stored": zstd_stored,
    "zstd, two frames": lambda data: zstd_stored(data[:1000]) + zstd_stored(data[1000:]),
    "lz4, stored": lz4_stored,
    "zstd": by_program("zstd", "-q", "-c"),
    "lz4": by_program("lz4", "-q", "-c"),
    "gzip of xz": lambda data: gzip.compress(lzma.compress(data)),
}


class Packed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(os.path.join(MAPS, LOG), "rb") as log:
            cls.data = log.read()
        cls.plain, _ = read(cls.data)

    def test_each(self):
        for name, pack in PACKERS.items():
            if not pack:
                continue
            with self.subTest(name):
                packed = pack(self.data)
                self.assertNotEqual(packed, self.data)
                file, status = read(packed)
                self.assertEqual((status, file), (0, self.plain))
                self.assertEqual(read(packed, "--format", "text")[0], self.plain)

    def test_a_packed_table(self):
        table = subprocess.run(
            [CVMEM, "map", "--to", "e820", "-"], input=self.data, capture_output=True, check=True
        ).stdout
        file, status = read(gzip.compress(table))
        self.assertEqual((status, file["maps"][0]["ranges"]), (0, self.plain["maps"][0]["ranges"]))

    def test_cut_off(self):
        for name, pack in PACKERS.items():
            if not pack or "two" in name or "of" in name:
                continue
            packed = pack(self.data)
            with self.subTest(name):
                # Nothing of it, and then all of the map but not of the log.
                file, status = read(packed[:20])
                self.assertEqual((status, file["maps"]), (1, []))
                self.assertRegex(file["error"], "^packed with [a-z0-9]+, and cannot be unpacked: .")
        file, status = read(gzip.compress(self.data)[:-40])
        self.assertEqual((status, file["complete"]), (2, False))
        self.assertEqual(file["maps"], self.plain["maps"])
        self.assertRegex(file["warnings"][0], "^packed with gzip, and only [0-9]+ bytes could be")

        # Of a log that is read again from its end, too.
        newest_first = b"\n".join(reversed(self.data.splitlines()))
        file, status = read(gzip.compress(newest_first)[:-40])
        self.assertEqual((status, file["complete"]), (2, False))
        self.assertIn("bytes could be unpacked", str(file["warnings"]))

    def test_damaged(self):
        for name, magic in (
            ("gzip", b"\x1f\x8b"), ("xz", b"\xfd7zXZ\0"), ("zstd", b"\x28\xb5\x2f\xfd"),
            ("bzip2", b"BZh9"), ("lz4", b"\x04\x22\x4d\x18"),
        ):  # fmt: skip
            with self.subTest(name):
                file, status = read(magic + b"\xff\xfe\x12\x34" * 20)
                self.assertEqual((status, file["maps"]), (1, []))
                self.assertRegex(file["error"], f"^packed with {name}, and cannot be unpacked: .")

    def test_packed_for_ever(self):
        data = self.data
        for pack in gzip.compress, lzma.compress, gzip.compress:
            data = pack(data)
        self.assertEqual(read(data)[1], 0)
        file, status = read(lzma.compress(data))
        self.assertEqual((status, file["maps"]), (1, []))
        self.assertIn("packed more than 3 times", file["error"])

    def test_a_bomb(self):
        file, status = read(gzip.compress(bytes(260 << 20), 1))
        self.assertEqual((status, file["maps"]), (1, []))


if __name__ == "__main__":
    CVMEM, MAPS = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
