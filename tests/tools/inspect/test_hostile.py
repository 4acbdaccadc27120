#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_hostile.py CVMEM

Files that lie: each is refused with its reason, within bounds of memory, and none crashes."""

import bz2
import os
import random
import struct
import subprocess

import inspect_case
import inspect_images as make
from inspect_case import Case, main

# In KiB: the limit of unpacked content, and the program.
RESIDENT = (1 << 20) + 65536


class Hostile(Case):
    def refused(self, image, *names):
        found = self.one(image)
        self.assertEqual((found["answer"], self.notes(found)), ("not readable", list(names)))
        return found

    def bounded(self, image):
        """The result, and that it took no more memory than is allowed."""
        path = self.write("bomb", image)
        with subprocess.Popen(
            [inspect_case.CVMEM, "inspect", path], stdout=subprocess.PIPE, text=True
        ) as process:
            output = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if not inspect_case.SANITIZED:
            self.assertLess(usage.ru_maxrss, RESIDENT)
        return process.returncode, output

    def test_nothing(self):
        self.assertEqual(self.notes(self.one(b"")), ["empty"])
        for size in [1, 2, 63, 64, 511, 512, 513, 4096]:
            self.refused(b"\0" * size, "unknown-format")

    def test_no_file(self):
        found = self.run_on("not-there")
        self.assertEqual(found["answer"], "not readable")
        self.assertEqual(self.notes(found["files"][0]), ["unreadable"])

    def test_kernels_that_are_cut_off(self):
        whole = make.linux("xz", fill=65536)
        for size in [0x270, 1536, 1600, 1900, len(whole) // 2, len(whole) - 512]:
            found = self.one(whole[:size])
            self.assertEqual(found["answer"], "not readable", size)
            self.assertIn("truncated", self.notes(found), size)
            self.assertFalse(found["readable"])
        # What a damaged file does not show says nothing.
        found = self.one(make.old_linux()[:-512])
        self.assertEqual(self.answers(found)[:2], "??")

    def test_streams_that_are_cut_off_or_corrupt(self):
        # Not so regular that a byte more or less would not matter.
        plain = make.kernel() + random.Random(1).randbytes(30000) + bytes(1000)
        for packing, pack in make.PACKERS.items():
            packed = pack(plain)
            with self.subTest(packing):
                for size in [4, 20, len(packed) // 2, len(packed) - 8]:
                    found = self.one(make.bzimage(packed[: max(size, 16)], len(plain), b""))
                    self.assertFalse(found["readable"], size)
                found = self.one(make.bzimage(packed[:10] + b"\xff" * 3000 + packed[3010:], len(plain), b""))
                self.assertFalse(found["readable"])

    def test_an_unknown_compression(self):
        for code, answer in [(make.stub(), "yes"), (b"\x90" * 64, "no")]:
            found = self.one(make.bzimage(b"??compressed" * 9, 100, code))
            self.assertEqual((self.notes(found), found["answer"]), (["unknown-compression"], answer))

    def test_a_payload_that_is_not_there(self):
        plain = make.kernel()
        for offset, length in [(0xFFFFFFFF, 16), (0, 0xFFFFFFFF), (0x7FFFFFFF, 0x80000001), (0, 0), (0, 3)]:
            image = make.bzimage(make.gzip(plain), len(plain), b"", offset=offset, length=length)
            self.assertEqual(self.notes(self.one(image)), ["payload-outside-file"], (offset, length))

    def test_a_size_that_lies(self):
        plain = make.kernel()
        found = self.one(make.bzimage(make.xz(plain), len(plain) - 1, b""))
        self.assertEqual(self.notes(found), ["too-large"])
        for size in [len(plain) + 1, 0xFFFFFFFF]:
            found = self.one(make.bzimage(make.xz(plain), size))
            self.assertEqual((self.notes(found), found["answer"]), (["payload-size"], "yes"))
        self.assertIn("too-large", self.notes(self.one(make.bzimage(make.xz(plain), 0, b""))))

    def test_bombs(self):
        bomb = make.lz4_zeros(160)  # 1.25 GiB
        for image in [
            make.bzimage(bomb, 1280 << 20, b""),
            make.uki(make.zboot(bomb, "lz4")),
        ]:
            status, output = self.bounded(image)
            self.assertEqual(status, 3)
            self.assertIn("bytes that are allowed", output)
        # A configuration of 32 MiB.
        plain = make.kernel(ikconfig=bytes(32 << 20))
        found = self.one(make.bzimage(make.gzip(plain), len(plain)))
        self.assertEqual((self.notes(found), found["answer"]), (["too-large"], "yes"))

    def test_bombs_in_a_row(self):
        """Each is within the limit of memory; together they are too much to search."""
        files = {"EFI/BOOT/BOOTX64.EFI": make.systemd_boot()}
        bomb = bz2.compress(bytes(32 << 20))
        files.update({f"EFI/Linux/{i}.efi": bomb for i in range(30)})
        status, output = self.bounded(make.Fat(files, 16, 512, 8).image())
        self.assertEqual(status, 3)
        self.assertIn("given up", output)

    def test_decoders_that_want_much_memory(self):
        # A dictionary of 4 GiB - 1: what lzma's and xz's headers can ask for.
        packed = bytearray(make.lzma_alone(make.kernel()))
        packed[3:5] = b"\xff\xff"
        status, _ = self.bounded(make.bzimage(bytes(packed), 10000, b""))
        self.assertEqual(status, 3)

    def test_elf_segments(self):
        image = bytearray(make.elf(make.kernel()))
        struct.pack_into("<Q", image, 64 + 32, 1 << 63)
        self.assertIn("truncated", self.notes(self.one(bytes(image))))
        image = bytearray(make.elf(make.kernel()))
        struct.pack_into("<Q", image, 32, 0xFFFFFFFFFFFFFFF0)
        struct.pack_into("<H", image, 56, 0xFFFF)
        self.assertIn("truncated", self.notes(self.one(bytes(image))))

    def test_pe_sections(self):
        image = make.uki(make.linux())
        self.assertIn("section-outside-file", self.notes(self.one(image[:-2048])))
        many = bytearray(make.systemd_boot())
        struct.pack_into("<H", many, 0x80 + 6, 0xFFFF)
        self.assertFalse(self.one(bytes(many))["readable"])

    def test_partitions(self):
        esp = make.Fat({"EFI/BOOT/BOOTX64.EFI": make.linux()}).image()
        disk = make.gpt([(make.ESP, esp)])
        self.assertEqual(self.one(disk)["answer"], "yes")
        self.refused(disk[: 40 * 512], "partition-outside-file")
        self.refused(make.gpt([(make.ESP, b"not FAT" * 1000)]), "no-fat")

    def test_circles_of_clusters(self):
        """A folder that holds itself, a chain without an end."""
        for bits in [12, 16, 32]:
            fat = make.Fat({"EFI/BOOT/BOOTX64.EFI": make.linux()}, bits)
            for cluster in list(fat.table):
                fat.table[cluster] = cluster
            found = self.one(fat.image())
            self.assertEqual(found["kind"], "fat")
            self.assertNotEqual(found["answer"], "yes")
            fat = make.Fat({"EFI/BOOT/BOOTX64.EFI": make.linux()}, bits)
            for cluster in list(fat.table):
                fat.table[cluster] = 0
            self.assertNotEqual(self.one(fat.image())["answer"], "yes")

    def test_a_file_system_that_is_cut_off(self):
        image = make.Fat({"EFI/BOOT/BOOTX64.EFI": make.linux(fill=65536)}).image()
        for size in [512, 1024, 8192, len(image) - 2048, len(image) - 600]:
            self.assertNotEqual(self.one(image[:size])["answer"], "yes", size)

    def test_names_cannot_reach_the_terminal(self):
        files = {"EFI/BOOT/BOOTX64.EFI": make.systemd_boot("1\x1b[2J\x07"), "EFI/Linux/\x1b]0;x.efi": make.linux()}
        path = self.write("disk", make.Fat(files).image())
        done = subprocess.run([inspect_case.CVMEM, "inspect", path], capture_output=True, check=False)
        self.assertNotIn(b"\x1b", done.stdout + done.stderr)
        self.assertNotIn(b"\x07", done.stdout + done.stderr)

    def test_versions_cannot_reach_the_terminal(self):
        found = self.one(make.shim("15\x1b[2J"))
        self.assertEqual(found["version"], "15?[2J")

    def test_random_damage(self):
        """No crash: the exit status is one of the four."""
        dice = random.Random(7)
        disk = make.Fat(
            {
                "EFI/BOOT/BOOTX64.EFI": make.systemd_boot(),
                "EFI/Linux/a.efi": make.uki(make.linux("lzo")),
                "loader/entries/a.conf": b"linux /k\noptions x\n",
                "k": make.linux("lz4"),
            }
        )
        seeds = [make.linux("zstd"), make.uki(make.linux("bzip2")), make.gpt([(make.ESP, disk.image())])]
        for _ in range(150):
            image = bytearray(dice.choice(seeds))
            for _ in range(dice.randrange(1, 30)):
                at = dice.randrange(min(len(image), dice.choice([600, 5000, len(image)])))
                image[at] = dice.choice([0, 0xFF, 0x80, dice.randrange(256)])
            self.one(bytes(image))


if __name__ == "__main__":
    main()
