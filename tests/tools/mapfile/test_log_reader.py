#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_log_reader.py CVMEM MAPS

`cvmem map` on logs in the formats of kernels from 2.4 to 7, behind the prefixes that logging
programs put before them, and broken by mail programs. What to expect was worked out by hand."""

import json
import os
import re
import subprocess
import sys
import unittest

CVMEM = MAPS = None
KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


def read(data, *options):
    """The one object of --json for a text, given on the standard input, and the exit status."""
    if isinstance(data, str):
        data = data.encode()
    done = subprocess.run(
        [CVMEM, "map", "--json", *options, "-"], input=data, capture_output=True, check=False
    )
    (file,) = json.loads(done.stdout)
    return file, done.returncode


def extra(name):
    with open(os.path.join(MAPS, "extra", name), "rb") as log:
        return read(log.read())[0]


def summary(file):
    return [(m["source"], m["line"], m["entries"], m["usable_bytes"]) for m in file["maps"]]


def ranges(found):
    return [(r["start"], r["end"], r["type"]) for r in found["ranges"]]


def e820(start, last, kind="usable"):
    return f"BIOS-e820: [mem 0x{start:016x}-0x{last:016x}] {kind}\n"


class Formats(unittest.TestCase):
    def test_size_at_start(self):
        file = extra("linux-2.4-size-at.txt")
        self.assertEqual(summary(file), [("e820", 3, 6, 0x9FC00 + 0x7EF0000)])
        self.assertEqual(
            ranges(file["maps"][0])[-2:],
            [(0x7FF0000, 0x7FF3000, "ACPI data"), (0x7FF3000, 0x8000000, "ACPI NVS")],
        )

    def test_e801_and_a_clock_that_begins_high(self):
        file = extra("linux-2.6-e801-clock.txt")
        self.assertEqual(
            summary(file),
            [("e801", 3, 2, 0x9F000 + 127 * MIB), ("user", 7, 2, 0x9F000 + 63 * MIB)],
        )
        self.assertEqual(file["warnings"], [])

    def test_modified_and_efi_of_2_6(self):
        file = extra("linux-2.6-modified-efi.txt")
        low, high = 0xA0000 + 0xDFB50000 - MIB, 0x120000000
        self.assertEqual(
            summary(file),
            [
                ("e820", 4, 7, low + high),
                ("efi", 11, 4, low),
                ("modified", 17, 3, low - 4096),
            ],
        )
        self.assertIn((0xDFBA0000, 0xE0000000, "unusable"), ranges(file["maps"][0]))
        self.assertEqual(file["warnings"], ["line 9: unknown E820 type 9: read as reserved"])

    def test_xen(self):
        file = extra("xen-dom0.txt")
        self.assertEqual(summary(file), [("xen", 4, 4, 0x99000 + 0x80061000 - MIB)])
        self.assertEqual(
            file["warnings"], ["line 5: starts at 0x99400, not a multiple of 4 KiB"]
        )

    def test_prefixes(self):
        tops = [0x20000000, 0x30000000, 0x40000000, 0x50000000, 0x60000000]
        file = extra("prefixes.txt")
        self.assertEqual(
            [(m["source"], m["entries"], m["ranges"][-1]["end"]) for m in file["maps"]],
            [("e820", 2, top) for top in tops] + [("e820", 1, 0x70000000), ("e820", 1, 0x90000000)],
        )
        self.assertEqual(file["warnings"], [])

    def test_wrapped_in_mail(self):
        file = extra("mail-wrapped.txt")
        self.assertEqual(
            summary(file),
            [
                ("e820", 3, 5, 0xA0000 + 2 * GIB - MIB),
                ("e801", 16, 2, 0x9F000 + 0x7FF0000 - MIB),
                ("efi", 23, 3, MIB),
            ],
        )
        self.assertEqual(
            ranges(file["maps"][0])[-2:],
            [(0x80000000, 0x80010000, "ACPI NVS"), (0x80010000, 0x80020000, "ACPI data")],
        )
        self.assertEqual([r["end"] for r in file["maps"][2]["ranges"]], [2 * MIB, 3 * MIB, 4 * MIB])
        self.assertEqual(file["maps"][2]["ranges"][1]["type"], "soft reserved")
        self.assertEqual(file["warnings"], [])

    def test_types_of_7(self):
        file = extra("linux-7-types.txt")
        self.assertEqual(
            [(m["source"], m["entries"], m["gaps"]) for m in file["maps"]],
            [("e820", 10, 3), ("efi", 5, 0)],
        )
        self.assertEqual(
            [r["type"] for r in file["maps"][0]["ranges"]],
            ["usable", "usable", "ACPI data", "ACPI NVS", "reserved", "soft reserved"]
            + [r["type"] for r in file["maps"][0]["ranges"]][6:8]
            + ["unusable", "reserved"],
        )
        persistent, legacy = (r["type"] for r in file["maps"][0]["ranges"][6:8])
        self.assertNotIn(persistent, ("reserved", legacy))
        self.assertNotEqual(legacy, "reserved")
        efi = ranges(file["maps"][1])
        self.assertEqual(efi[1][:2], (4 * GIB, 10 * GIB))
        self.assertEqual([r[2] for r in efi[1:3]], ["unaccepted", "soft reserved"])
        self.assertEqual(
            file["warnings"],
            [
                "line 10: the gap does not fit: 0x100000000 comes after 0xfffff000",
                "line 14: unknown E820 type 20: read as reserved",
                "line 19: unknown EFI type 2147483648: read as reserved",
            ],
        )


class Odd(unittest.TestCase):
    def test_each_has_its_warning(self):
        file = extra("odd-entries.txt")
        self.assertEqual(summary(file), [("e820", 1, 12, 2 * GIB + 256 * MIB - 2 * MIB)])
        self.assertEqual(
            ranges(file["maps"][0])[-2:],
            [(0xF1000000, 0xF2000000, "reserved"), (0xFFFFFFF000000, 1 << 52, "reserved")],
        )
        expected = {
            1: "64 bits",
            4: "out of order: 0x60000000 after 0x80000000",
            5: "out of order",
            6: "zero length",
            7: "ends before it starts",
            8: "ends at 0xe0000800",
            9: "beyond 2^52, the end of physical addresses: left out",
            10: "beyond 2^52, the end of physical addresses: cut off",
            11: "64 bits",
            12: "unknown type",
            13: "the rest of it is missing",
            14: "left out here",
            15: "the rest of it is missing",
        }
        for line, text in expected.items():
            with self.subTest(line):
                of_line = [w for w in file["warnings"] if w.startswith(f"line {line}: ")]
                self.assertTrue(any(text in w for w in of_line), of_line)
        self.assertIn("line 5: overlaps line 2", file["warnings"])

    def test_what_the_kernel_calls_invalid(self):
        line = "efi: mem{}: [Conventional|  |WB] range=[0x{}00000-0x{}fffff] (1MB){}\n"
        file, _ = read(line.format("00", 1, 1, "") + line.format("01", 2, 2, " (invalid)"))
        self.assertEqual(summary(file), [("efi", 1, 2, MIB)])
        self.assertEqual(
            file["warnings"], ["line 2: left out of the map: the kernel found it invalid"]
        )

    def test_the_more_restrictive_type_wins(self):
        file, _ = read(e820(0, 0xFFFFFF) + e820(0x400000, 0x7FFFFF, "ACPI NVS"))
        self.assertEqual(
            ranges(file["maps"][0]),
            [
                (0, 0x400000, "usable"),
                (0x400000, 0x800000, "ACPI NVS"),
                (0x800000, 0x1000000, "usable"),
            ],
        )
        self.assertIn("line 2: overlaps line 1", file["warnings"])

    def test_a_repeated_map(self):
        file, _ = read((e820(0, 0xFFFFF) + e820(0x100000, 0xFFFFFF)) * 2)
        self.assertEqual([m["line"] for m in file["maps"]], [1, 3])
        self.assertEqual(file["warnings"], ["line 3: the same e820 map as on line 1"])

    def test_a_clock_that_goes_back_begins_a_map(self):
        text = f"[    0.0] {e820(0x100000, 0x1FFFFF)}[  100.5] end\n[    0.0] {e820(0x200000, 0x2FFFFF)}"
        self.assertEqual([m["line"] for m in read(text)[0]["maps"]], [1, 3])
        self.assertEqual(len(read(text.replace("100.5", "0.05"))[0]["maps"]), 1)

    def test_out_of_order_or_another_map(self):
        high, low = e820(0x40000000, 0x4FFFFFFF), e820(0x20000000, 0x2FFFFFFF)
        for between, maps in ("", 1), ("\n\n", 1), ("something else\n", 2), ("# second\n", 2):
            with self.subTest(between):
                self.assertEqual(len(read(high + between + low)[0]["maps"]), maps)
        self.assertEqual(len(read(high + e820(0, 0x9FFFF))[0]["maps"]), 2)

    def test_quoted_printable(self):
        text = (
            "> > user: [mem 0x0000000000100000-0x00000000bffd6fff=\n] usable\n"
            "> > user: [mem 0x00000000ce941000-0x00000000ceb94fff] ACPI =\nNVS\n"
            "> > user: [mem 0x00000000d0000000-0x00000000d0ffffff] reserved=20\n"
        )
        file, _ = read(text)
        self.assertEqual(
            [r["type"] for r in file["maps"][0]["ranges"]], ["usable", "ACPI NVS", "reserved"]
        )
        self.assertEqual((file["maps"][0]["source"], file["warnings"]), ("user", []))

    def test_cut_by_the_edge_of_a_terminal(self):
        for line, first in (
            (e820(0x100000, 0x7FFDBFFF).rstrip("\n"), "BIOS-e820:"),
            ("user: 0000000000100000 - 000000007ffdc000 (usable)", "user: 0"),
            ("efi: mem07: [Boot Code|  |WB|UC] range=[0x100000-0x7ffdbfff] (2GB)", "efi: mem07: ["),
            ("efi: mem07: type=7, attr=0xf, range=[0x100000-0x7ffdc000)", "efi: mem07: type="),
        ):
            for edge in range(len(first), len(line)):
                with self.subTest(line[:edge]):
                    file, _ = read(line[:edge] + "\n" + line[edge:] + "\nanother line\n")
                    self.assertEqual(
                        ranges(file["maps"][0]), [(0x100000, 0x7FFDC000, "usable")]
                    )
                    self.assertEqual(file["warnings"], [])

    def test_efi_numbers_begin_a_map(self):
        line = "efi: mem{:02}: [Conventional|   |WB] range=[0x{:x}-0x{:x}] (1MB)\n"
        lines = [line.format(n % 3, n << 20, (n + 1 << 20) - 1) for n in range(6)]
        self.assertEqual([m["line"] for m in read("".join(lines))[0]["maps"]], [1, 4])

    def test_crlf_and_nul(self):
        text = e820(0, 0x9FFFF) + e820(0x100000, 0x1FFFFF, "reserved")
        plain, _ = read(text)
        for changed in text.replace("\n", "\r\n"), "\0\0" + text.replace("\n", "\0\n"), text[:-1]:
            self.assertEqual(read(changed, "--format", "text")[0]["maps"], plain["maps"])

    def test_lines_without_end(self):
        start = "x" * 3000000
        file, status = read(start + " " + e820(0, 0xFFFFF) + start)
        self.assertEqual((status, file["maps"][0]["entries"]), (0, 1))

    def test_too_many_entries(self):
        text = "".join(e820(n << 13, (n << 13) + 4095) for n in range(16384 + 2000))
        file, _ = read(text)
        self.assertEqual(file["maps"][0]["entries"], 16384)
        self.assertIn("more than 16384 entries", file["warnings"][0])
        self.assertLess(len(file["warnings"]), 1100)

    def test_too_many_maps(self):
        file, _ = read("efi: mem00: [Conventional|  ] range=[0x0-0xfff] (0MB)\n" * 4100)
        self.assertEqual(len(file["maps"]), 4096)
        self.assertLess(len(file["warnings"]), 1100)

    def test_prose_is_no_map(self):
        for text in (
            "",
            "\n\n",
            "the BIOS-e820: lines of user: root\n",
            "e820: update [mem 0x00000000-0x00000fff] usable ==> reserved\n",
            "efi: Remove mem68: MMIO range=[0xe0000000-0xefffffff] (256MB) from e820 map\n",
            "BIOS-e820: [gap 0x0000000000000000-0x0000000000000fff]\n",
        ):
            with self.subTest(text):
                file, status = read(text)
                self.assertEqual((status, file["maps"]), (1, []))


class Arm64(unittest.TestCase):
    """Logs of Debian's Linux 7.2 on QEMU's machine `virt`, whose 2 GiB begin at 1 GiB."""

    RAM, END = GIB, 3 * GIB

    def test_efi_map(self):
        file = extra("arm64-efi.txt")
        self.assertEqual(summary(file), [("efi", 21, 33, 2140274688)])
        self.assertEqual(file["warnings"], [])
        found = ranges(file["maps"][0])
        # QEMU's flash for variables, and its clock.
        self.assertEqual(
            found[:2], [(0x4000000, 0x8000000, "MMIO"), (0x9010000, 0x9011000, "MMIO")]
        )
        # The map has all memory of the machine, in one piece.
        self.assertEqual([r[0] for r in found[2:]], [self.RAM] + [r[1] for r in found[2:-1]])
        self.assertEqual(found[-1][1], self.END)
        # The kernel made its nodes of the same: each begins where memory has another use.
        with open(os.path.join(MAPS, "extra", "arm64-efi.txt"), encoding="utf-8") as log:
            nodes = re.findall(r"  node   0: \[mem 0x(\w+)-0x(\w+)\]", log.read())[1:]
        starts = [r[0] for r in found if r[2] in ("usable", "EFI runtime")]
        self.assertLessEqual({int(start, 16) for start, _ in nodes}, set(starts))

    def test_memory_nodes(self):
        file = extra("arm64-nodes.txt")
        self.assertEqual(summary(file), [("nodes", 25, 2, 2 * GIB)])
        self.assertEqual(ranges(file["maps"][0]), [(self.RAM, self.END, "usable")])
        (warning,) = file["warnings"]
        self.assertIn("line 25: the kernel's memory nodes", warning)

    def test_reserved_by_the_device_tree(self):
        """The device tree was given /reserved-memory with these two, and a CMA pool."""
        file = extra("arm64-device-tree.txt")
        self.assertEqual(
            ranges(file["maps"][0]),
            [
                (self.RAM, 0x70000000, "usable"),
                (0x70000000, 0x70200000, "reserved"),
                (0x70200000, 0x78000000, "usable"),
                (0x78000000, 0x78100000, "reserved"),
                (0x78100000, self.END, "usable"),
            ],
        )
        self.assertEqual(len(file["warnings"]), 1)

    def test_nodes_are_no_map_beside_one(self):
        node = "  node   0: [mem 0x0000000000100000-0x00000000001fffff]\n"
        file, _ = read(e820(0x100000, 0x2FFFFF) + node)
        self.assertEqual(summary(file), [("e820", 1, 1, 2 * MIB)])
        self.assertEqual(file["warnings"], [])
        # Nor where the map could not be read.
        file, status = read("BIOS-provided physical RAM map:\n" + node)
        self.assertEqual((status, file["maps"]), (1, []))

    def test_two_boots(self):
        boot = "[    0.000000] Linux version 7.2.12\n[    0.000001]   node   0: [mem 0x{:x}-0x{:x}]\n"
        file, _ = read(boot.format(GIB, 2 * GIB - 1) + boot.format(GIB, 3 * GIB - 1))
        self.assertEqual(summary(file), [("nodes", 2, 1, GIB), ("nodes", 4, 1, 2 * GIB)])


if __name__ == "__main__":
    CVMEM, MAPS = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
