#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_cmd.py CVMEM MAPS

The command line of cvmem, binary tables, directories, and what could stay unaccepted: each
against a calculation made here."""

import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import unittest

CVMEM = MAPS = None
UNIT = 2 << 20
SNP = "snp-guest-ovmf-unaccepted-hang.txt"


def cvmem(*arguments, data=None):
    return subprocess.run([CVMEM, *arguments], input=data, capture_output=True, check=False)


def json_of(*arguments, data=None):
    done = cvmem("map", "--json", *arguments, data=data)
    return json.loads(done.stdout)


def e820_table(entries):
    return b"".join(struct.pack("<QQI", *entry) for entry in entries)


def efi_map(entries, desc_size=48):
    """entries: (type, start, pages, attribute)"""
    return b"".join(
        struct.pack("<IIQQQQ", t, 0, start, 0, pages, attr).ljust(desc_size, b"\0")
        for t, start, pages, attr in entries
    )


def plan(usable):
    """(unaccepted, accepted at once, table size) by the stub's rule, unit by unit."""
    lazy = set()
    total = 0
    for start, end in usable:
        start, end = -(-start // 4096) * 4096, end // 4096 * 4096
        if start >= end:
            continue
        total += end - start
        if end - start >= 2 * UNIT:
            lazy.update(range(-(-start // UNIT), end // UNIT))
    table = 24 + (max(lazy) + 1 - min(lazy) + 7) // 8 if lazy else 0
    return len(lazy) * UNIT, total - len(lazy) * UNIT, table


class CommandLine(unittest.TestCase):
    def test_help_and_version(self):
        done = cvmem("--help")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn(b"map", done.stdout)
        self.assertRegex(cvmem("--version").stdout.decode(), r"^cvmem \d+\.\d+\.\d+(\+\S+)?\n$")
        self.assertIn(b"Usage: cvmem map", cvmem("map", "--help").stdout)

    def test_usage_errors(self):
        self.assertIn(b"did you mean 'map'?", cvmem("mpa").stderr)
        self.assertNotIn(b"did you mean", cvmem("frobnicate").stderr)
        for wrong in (
            [],
            ["mpa"],
            ["map"],
            ["map", "--no-such-option", "-"],
            ["map", "--format", "xml", "-"],
            ["map", "--format", "efi:41", "-"],
            ["map", "--to", "dmesg", "-"],
            ["map", "--to", "e820", "a", "b"],
            ["map", "--to", "e820", "--json", "-"],
            ["map", "--map", "0", "--to", "e820", "-"],
            ["map", "--output", "x", "-"],
        ):
            with self.subTest(wrong):
                done = cvmem(*wrong, data=b"")
                self.assertEqual((done.returncode, done.stdout), (64, b""))
                self.assertNotEqual(done.stderr, b"")

    def test_a_bad_file_does_not_stop_the_others(self):
        good = os.path.join(MAPS, SNP)
        done = cvmem("map", "/no/such/file", good)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"/no/such/file: No such file", done.stderr)
        self.assertIn(b"map 1: e820, line 2556, 25 entries", done.stdout)
        bad, ok = json_of("/no/such/file", good)
        self.assertEqual((bad["maps"], len(ok["maps"])), ([], 1))

    def test_tables_have_aligned_columns(self):
        lines = cvmem("map", os.path.join(MAPS, SNP)).stdout.decode().splitlines()
        table = [line for line in lines if line.startswith("  0x")]
        self.assertEqual(len(table), 25)
        self.assertEqual(len({line.index(line.split(None, 4)[4]) for line in table}), 1)
        self.assertNotIn("\x1b", "".join(lines))


class Plan(unittest.TestCase):
    def check(self, found):
        usable = [(r["start"], r["end"]) for r in found["ranges"] if r["type"] == "usable"]
        self.assertEqual(
            (found["unaccepted_bytes"], found["accepted_at_once_bytes"], found["table_bytes"]),
            plan(usable),
        )

    def test_real_map(self):
        (file,) = json_of(os.path.join(MAPS, SNP))
        (found,) = file["maps"]
        self.check(found)
        self.assertEqual(found["usable_bytes"], 8580837376)
        self.assertEqual(found["table_bytes"], 664)

    def test_edges(self):
        for start, size in (
            (0, UNIT), (0, 2 * UNIT - 1), (0, 2 * UNIT), (4096, 2 * UNIT), (4096, 2 * UNIT - 4096),
            (UNIT - 1, 2 * UNIT + 1), (UNIT + 1, 2 * UNIT), (UNIT // 2, 3 * UNIT), (0, 17 * UNIT),
        ):  # fmt: skip
            with self.subTest((start, size)):
                table = e820_table([(start, size, 1), (1 << 40, 4096, 2)])
                (file,) = json_of("--format", "e820", "-", data=table)
                self.check(file["maps"][0])

    def test_random_maps(self):
        chance = random.Random(1)
        for _ in range(50):
            entries, at = [], 0
            for _ in range(chance.randrange(1, 12)):
                at += chance.randrange(1, 3 * UNIT) & ~0x7FF
                size = chance.choice([4096, UNIT, 5 * UNIT]) + (chance.randrange(UNIT) & ~0x7FF)
                entries.append((at, size, chance.choice([1, 1, 2])))
                at += size
            (file,) = json_of("--format", "e820", "-", data=e820_table(entries))
            self.check(file["maps"][0])

    def test_only_what_the_map_calls_unaccepted(self):
        table = efi_map([(7, 0, 4096, 15), (15, 1 << 32, 8192, 15)])
        (file,) = json_of("-", data=table)
        (found,) = file["maps"]
        self.assertEqual(found["usable_bytes"], (4096 + 8192) * 4096)
        self.assertEqual((found["unaccepted_bytes"], found["table_bytes"]), (32 << 20, 24 + 2))


class Binary(unittest.TestCase):
    RAM = [(0, 0x9F000, 1), (0x9F000, 0x61000, 2), (0x100000, 0x7FF00000, 1), (1 << 32, 1 << 32, 1)]

    def test_e820_is_recognised(self):
        (file,) = json_of("-", data=e820_table(self.RAM))
        (found,) = file["maps"]
        self.assertEqual((found["source"], found["line"], found["entries"]), ("e820", 0, 4))
        self.assertEqual(found["usable_bytes"], 0x9F000 + 0x7FF00000 + (1 << 32))

    def test_efi_is_recognised_whatever_its_descriptors_measure(self):
        entries = [(7, 0, 0x9F, 15), (5, 0x9F000, 1, 1 << 63), (15, 1 << 32, 1 << 20, 15)]
        for size in 40, 48, 56, 64, 128:
            with self.subTest(size):
                (file,) = json_of("-", data=efi_map(entries, size))
                (found,) = file["maps"]
                self.assertEqual((found["source"], found["entries"]), ("efi", 3))
                self.assertEqual(found["ranges"][-1]["type"], "unaccepted")

    def test_formats_are_obeyed(self):
        table = e820_table([(0, 1 << 20, 99), (1 << 20, 1 << 20, 1)])
        self.assertEqual(json_of("-", data=table)[0]["maps"], [])
        (file,) = json_of("--format", "e820", "-", data=table)
        self.assertEqual(file["maps"][0]["entries"], 2)
        self.assertEqual(file["warnings"], ["entry 0: unknown E820 type 99: read as reserved"])
        self.assertEqual(json_of("--format", "e820", "-", data=table[:-1])[0]["maps"], [])
        table = efi_map([(7, 0, 1, 0)] * 3, 40)
        self.assertEqual(json_of("--format", "efi:40", "-", data=table)[0]["maps"][0]["entries"], 3)
        self.assertEqual(json_of("--format", "efi:56", "-", data=table)[0]["maps"], [])
        log = b"BIOS-e820: [mem 0x0-0xfff] usable\n"
        self.assertEqual(json_of("--format", "e820", "-", data=log)[0]["maps"], [])

    def test_bytes_that_are_no_map(self):
        chance = random.Random(2)
        for size in 20, 40, 48, 480, 4800:
            for data in bytes(size), b"\0" + chance.randbytes(size - 1):
                self.assertEqual(json_of("-", data=data)[0]["maps"], [])
        self.assertIn("gzip", json_of("-", data=b"\x1f\x8b\x08\0\0\0\0\0")[0]["error"])

    def test_written_and_read_again(self):
        log = os.path.join(MAPS, SNP)
        (original,) = json_of(log)
        for kind in "e820", "efi":
            with self.subTest(kind), tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "table")
                self.assertEqual(cvmem("map", "--to", kind, "--output", path, log).returncode, 0)
                (again,) = json_of(path)
                (found,) = again["maps"]
                self.assertEqual(found["source"], kind)
                self.assertEqual(found["ranges"], original["maps"][0]["ranges"])
                with open(path, "rb") as table:
                    self.assertEqual(cvmem("map", "--to", kind, log).stdout, table.read())

    def test_written_bytes(self):
        table = e820_table(self.RAM)
        self.assertEqual(cvmem("map", "--to", "e820", "-", data=table).stdout, table)
        entries = [(7, 0, 0x9F, 0), (15, 1 << 32, 1 << 20, 0)]
        self.assertEqual(
            cvmem("map", "--to", "efi", "-", data=efi_map(entries)).stdout, efi_map(entries)
        )

    def test_which_map_is_written(self):
        log = b"".join(
            b"BIOS-e820: [mem 0x%x-0x%x] usable\nLinux version 6\n" % (n << 20, (n << 20) + 0xFFF)
            for n in (1, 2)
        )
        for arguments, start in ([], 1), (["--map", "1"], 1), (["--map", "2"], 2):
            done = cvmem("map", "--to", "e820", *arguments, "-", data=log)
            self.assertEqual(done.stdout, e820_table([(start << 20, 4096, 1)]))
        done = cvmem("map", "--to", "e820", "--map", "3", "-", data=log)
        self.assertEqual((done.returncode, done.stdout), (1, b""))


class Directory(unittest.TestCase):
    def make(self, folder, entries):
        for number, (start, last, kind) in entries.items():
            os.mkdir(os.path.join(folder, number))
            for name, text in ("start", start), ("end", last), ("type", kind):
                with open(os.path.join(folder, number, name), "w", encoding="ascii") as file:
                    file.write(text + "\n")

    def test_like_sysfs(self):
        entries = {
            "10": ("0x100000000", "0x17fffffff", "Soft Reserved"),
            "0": ("0x0", "0x9fbff", "System RAM"),
            "2": ("0x9fc00", "0x9ffff", "Reserved"),
            "3": ("0x7ff00000", "0x7fffffff", "ACPI Non-volatile Storage"),
        }
        with tempfile.TemporaryDirectory() as folder:
            self.make(folder, entries)
            (file,) = json_of(folder)
        (found,) = file["maps"]
        self.assertEqual((found["source"], found["line"], found["entries"]), ("memmap", 0, 4))
        self.assertEqual(
            [(r["start"], r["end"], r["type"]) for r in found["ranges"]],
            [
                (0, 0x9FC00, "usable"),
                (0x9FC00, 0xA0000, "reserved"),
                (0x7FF00000, 0x80000000, "ACPI NVS"),
                (1 << 32, 0x180000000, "soft reserved"),
            ],
        )

    def test_others_are_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertIn("like /sys/firmware/memmap", json_of(folder)[0]["error"])
            self.make(folder, {"0": ("0x0", "nonsense", "System RAM")})
            (file,) = json_of(folder)
            self.assertEqual(file["maps"], [])
            self.assertEqual(file["warnings"], ["entry 0: start, end or type cannot be read"])

    def test_a_part_that_cannot_be_read(self):
        for name in "start", "end", "type":
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                self.make(folder, {"0": ("0x0", "0x7fffffff", "System RAM"),
                                   "1": ("0x80000000", "0xffffffff", "System RAM")})  # fmt: skip
                self.assertEqual((cvmem("map", folder).returncode, json_of(folder)[0]["complete"]), (0, True))
                os.remove(os.path.join(folder, "1", name))
                (file,) = json_of(folder)
                self.assertEqual(file["warnings"], ["entry 1: start, end or type cannot be read"])
                self.assertEqual((cvmem("map", folder).returncode, file["complete"]), (2, False))

    def test_this_machine(self):
        sysfs = "/sys/firmware/memmap"
        if not os.path.isdir(sysfs) or not os.listdir(sysfs):
            self.skipTest("no " + sysfs)
        (file,) = json_of(sysfs)
        self.assertEqual(file["maps"][0]["entries"], len(os.listdir(sysfs)))
        ram = 0
        for number in os.listdir(sysfs):
            with open(f"{sysfs}/{number}/type", encoding="ascii") as kind:
                if kind.read() != "System RAM\n":
                    continue
            with open(f"{sysfs}/{number}/start", encoding="ascii") as start:
                with open(f"{sysfs}/{number}/end", encoding="ascii") as end:
                    ram += int(end.read(), 16) - int(start.read(), 16) + 1
        self.assertEqual(file["maps"][0]["usable_bytes"], ram)


if __name__ == "__main__":
    CVMEM, MAPS = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
