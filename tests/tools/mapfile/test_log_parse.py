#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_log_parse.py CVMEM MAPS

`cvmem map` on maps of other programs than Linux, each printed here as that program prints it
(the source file is named), and on lines that hold several entries."""

import itertools
import json
import subprocess
import sys
import unittest

CVMEM = MAPS = None
MIB, GIB = 1 << 20, 1 << 30

# One machine: (start, end, EFI type).
MACHINE = [
    (0x1000, 0xA0000, 7),
    (0x100000, 0x800000, 7),
    (0x800000, 0x808000, 10),
    (0x808000, 0x7E600000, 7),
    (0x7E600000, 0x7E800000, 6),
    (0x7E800000, 0x7EA00000, 0),
    (0x7EA00000, 0x7EB00000, 9),
    (0x7EB00000, 0x80000000, 4),
    (0xFEC00000, 0xFEC01000, 11),
    (0x100000000, 0x280000000, 15),
]
# What that is as E820: RAM 1, reserved 2, ACPI 3, NVS 4, unaccepted 8.
AS_E820 = {0: 2, 4: 1, 6: 2, 7: 1, 9: 3, 10: 4, 11: 2, 15: 8}
USABLE = sum(end - start for start, end, kind in MACHINE if kind in (4, 7, 15))
UNACCEPTED = 6 * GIB


def read(data):
    done = subprocess.run(
        [CVMEM, "map", "--json", "-"],
        input=data if isinstance(data, bytes) else data.encode(),
        capture_output=True,
        check=False,
    )
    (file,) = json.loads(done.stdout)
    return file, done.returncode


# EDK II, ShellPkg/Library/UefiShellDebug1CommandsLib/MemMap.c and its .uni.
SHELL = "Reserved LoaderCode LoaderData BS_Code BS_Data RT_Code RT_Data Available Unusable ACPI_Recl ACPI_NVS MMIO MMIO_Port PalCode Persistent Unaccepted".split()


def efi_shell():
    lines = ["Shell> memmap", "Type       Start            End              # Pages          Attributes"]
    for start, end, kind in MACHINE:
        pages = (end - start) >> 12
        lines.append(f"{SHELL[kind]:10} {start:016X}-{end - 1:016X} {pages:016X} {15:016X}")
    lines += ["", "  Reserved  :            512 Pages (2,097,152 Bytes)", "Total Memory: 8159 MB"]
    return "\r\n".join(lines)


SHELL_FULL = {**dict(enumerate(SHELL)), 4: "BootServiceData", 6: "RuntimeData", 9: "ACPIReclaimMemory", 10: "ACPIMemoryNVS", 11: "MemoryMappedIO"}


def efi_shell_sfo():
    lines = ['ShellCommand,"memmap"']
    for start, end, kind in MACHINE:
        lines.append(f'MemoryMap,"{SHELL_FULL[kind]}","{start:X}","{end - 1:X}","{(end - start) >> 12:X}","F"')
    return "\n".join(lines)


# GRUB, grub-core/commands/efi/lsefimmap.c: it knows 15 types.
GRUB = "reserved ldr-code ldr-data BS-code BS-data RT-code RT-data conv-mem unusable ACPI-rec ACPI-nvs MMIO IO-ports PAL-code persist".split()


def grub_efi():
    lines = ["grub> lsefimmap", "Type      Physical start  - end             #Pages        Size Attributes"]
    for start, end, kind in MACHINE:
        name = f"{GRUB[kind]:8} " if kind < len(GRUB) else f"Unk {kind:02x}   "
        lines.append(f"{name} {start:016x}-{end - 1:016x} {(end - start) >> 12:08x} {(end - start) >> 10:6}KiB UC WC WT WB")
    return "\n".join(lines)


# GRUB, grub-core/commands/lsmmap.c. Unaccepted memory has no name there.
def grub():
    names = {1: "available RAM", 2: "reserved RAM", 3: "ACPI reclaimable RAM", 4: "ACPI non-volatile storage RAM"}
    lines = ["grub> lsmmap"]
    for start, end, kind in MACHINE:
        kind = AS_E820[kind]
        lines.append(f"base_addr = 0x{start:x}, length = 0x{end - start:x}, {names.get(kind, f'type = 0x{kind:x}')}")
    return "\n".join(lines)


# FreeBSD, sys/amd64/amd64/machdep.c.
def freebsd():
    lines = ["Copyright (c) 1992-2023 The FreeBSD Project."]
    lines += [f"SMAP type={AS_E820[kind]:02x} base={start:016x} len={end - start:016x}" for start, end, kind in MACHINE]
    return "\n".join(lines + ["VT(efifb): resolution 1024x768"])


# Xen, xen/arch/x86/e820.c, before and since 4.14; xen/common/efi/boot.c.
XEN = {1: "usable", 2: "reserved", 3: "ACPI data", 4: "ACPI NVS"}


def xen(clock=""):
    lines = [f"(XEN) {clock}Xen version 4.17.5", f"(XEN) {clock}Xen-e820 RAM map:"]
    for start, end, kind in MACHINE:
        kind = AS_E820[kind]
        lines.append(f"(XEN) {clock} [{start:016x}, {end - 1:016x}] ({XEN.get(kind, f'type {kind}')})")
    return "\n".join(lines + [f"(XEN) {clock}System RAM: 8159MB (8355584kB)"])


def old_xen():
    lines = ["(XEN) TBOOT RAM map:"]
    for start, end, kind in MACHINE:
        kind = AS_E820[kind]
        lines.append(f"(XEN)  {start:016x} - {end:016x} ({XEN.get(kind, f'type {kind}')})")
    return "\n".join(lines)


def xen_efi():
    lines = ["(XEN) EFI memory map: (mapping BootServices)"]
    lines += [f"(XEN)  {start:013x}-{end - 1:013x} type={kind} attr={15:016x}" for start, end, kind in MACHINE]
    return "\n".join(lines)


# U-Boot, cmd/efidebug.c (the end excluded) and arch/x86/lib/zimage.c.
U_BOOT = ["RESERVED", "LOADER CODE", "LOADER DATA", "BOOT CODE", "BOOT DATA", "RUNTIME CODE", "RUNTIME DATA", "CONVENTIONAL", "UNUSABLE MEM", "ACPI RECLAIM MEM", "ACPI MEM NVS", "IO", "IO PORT", "PAL", "PERSISTENT", "UNACCEPTED"]


def u_boot_efi():
    lines = ["=> efidebug memmap", "Type             Start            End              Attributes", "=" * 16 + " " + "=" * 16 + " " + "=" * 16 + " ==========="]
    lines += [f"{U_BOOT[kind]:16} {start:016x}-{end:016x} WB" for start, end, kind in MACHINE]
    return "\n".join(lines)


def u_boot():
    names = {1: "RAM", 2: "Reserved", 3: "ACPI", 4: "NVS", 8: "8"}
    lines = ["Setup located at 0000000000090000:", "", f"E820: {len(MACHINE)} entries", f"{'Addr':>18}  {'Size':>16}  Type"]
    lines += [f"{start:12x}  {end - start:10x}  {names[AS_E820[kind]]}" for start, end, kind in MACHINE]
    return "\n".join(lines + ["Setup sectors       : 1e", "Sys size            : 63420"])


# SeaBIOS, src/e820map.c.
def seabios():
    names = {1: "RAM", 2: "RESERVED", 3: "ACPI", 4: "NVS", 8: "UNKNOWN"}
    lines = [f"e820 map has {len(MACHINE)} items:"]
    for number, (start, end, kind) in enumerate(MACHINE):
        lines.append(f"  {number}: {start:016x} - {end:016x} = {AS_E820[kind]} {names[AS_E820[kind]]}")
    return "\n".join(lines + ["enter handle_19:"])


# Linux, kernel/resource.c: what lies within another is indented.
def iomem():
    names = {1: "System RAM", 2: "Reserved", 3: "ACPI Tables", 4: "ACPI Non-volatile Storage", 8: "System RAM"}
    lines = []
    for start, end, kind in MACHINE:
        lines.append(f"{start:08x}-{end - 1:08x} : {names[AS_E820[kind]]}")
        if start == 0x808000:
            lines += ["  01000000-01e01067 : Kernel code", "  76000000-7e0fffff : Reserved"]
    lines.insert(-1, "80000000-afffffff : PCI Bus 0000:00")
    return "\n".join(lines)


# EDK II, OvmfPkg/Library/PlatformInitLib/IntelTdx.c, and HobPrintLib.
def ovmf_tdx(separator=": ", named=False):
    names = {0: "EFI_RESOURCE_SYSTEM_MEMORY", 5: "EFI_RESOURCE_MEMORY_RESERVED", 7: "EFI_RESOURCE_MEMORY_UNACCEPTED", 1: "EFI_RESOURCE_MEMORY_MAPPED_IO"}
    lines = ["TdxHelper: the TdHob is at 0x809000"]
    for start, end, kind in MACHINE:
        resource = {1: 0, 8: 7}.get(AS_E820[kind], 5)
        lines += [
            f"ResourceType{separator}{names[resource] if named else hex(resource)}",
            f"ResourceAttribute{separator}0x7",
            f"PhysicalStart{separator}0x{start:x}",
            f"ResourceLength{separator}0x{end - start:x}",
            *([] if named else ["Owner: 00000000-0000-0000-0000-000000000000", ""]),
        ]
    # Details of some types only.
    return "\n".join(lines + ["ResourceType: 0x1", "", "ResourceType: 0x1", "another line"])


FORMATS = {
    "efi-shell": [efi_shell, efi_shell_sfo],
    "grub-efi": [grub_efi],
    "grub": [grub],
    "freebsd": [freebsd],
    "xen-host": [xen, old_xen, lambda: xen("[0000001b4a3297f3] ")],
    "xen-efi": [xen_efi],
    "u-boot-efi": [u_boot_efi],
    "u-boot": [u_boot],
    "seabios": [seabios],
    "iomem": [iomem],
    "ovmf": [ovmf_tdx, lambda: ovmf_tdx("      = ", True)],
}
# To Linux, unaccepted memory is RAM.
NO_UNACCEPTED = {"iomem": 0}


class Formats(unittest.TestCase):
    def test_each(self):
        for source, writers in FORMATS.items():
            for writer in writers:
                with self.subTest(source):
                    self.check(source, writer())

    def check(self, source, text):
        file, status = read(text)
        self.assertEqual((status, file["complete"]), (0, True), file)
        (found,) = file["maps"]
        self.assertEqual((found["source"], found["entries"]), (source, len(MACHINE)))
        by_type = {}
        for part in found["ranges"]:
            by_type[part["type"]] = by_type.get(part["type"], 0) + part["end"] - part["start"]
        self.assertEqual(by_type.get("usable", 0) + by_type.get("unaccepted", 0), USABLE)
        self.assertEqual(by_type.get("unaccepted", 0), NO_UNACCEPTED.get(source, UNACCEPTED))
        self.assertEqual(found["ranges"][-1]["end"], 0x280000000)
        self.assertEqual(found["ranges"][0]["start"], 0x1000)

    def test_behind_the_prefixes_of_a_serial_log(self):
        for source in FORMATS:
            # U-Boot's rows and /proc/iomem are not printed on a console with prefixes.
            if source in ("u-boot", "iomem", "ovmf"):
                continue
            text = FORMATS[source][0]()
            prefixed = "\n".join("2025-01-01T00:00:01Z vm1: " + line for line in text.splitlines())
            with self.subTest(source):
                self.check(source, prefixed)

    def test_twice(self):
        for source in set(FORMATS) - {"ovmf"}:
            text = FORMATS[source][0]()
            with self.subTest(source):
                file, _ = read(text + "\nsomething else\n" + text)
                self.assertEqual([m["entries"] for m in file["maps"]], [len(MACHINE)] * 2)

    def test_ovmf_without_a_td(self):
        text = (
            "PlatformGetLowMemoryCB: LowMemory=0x80000000\n"
            "PlatformAddHobCB: Reserved [0xFEFFC000, 0xFF000000)\n"
            "PlatformAddHobCB: HighMemory [0x100000000, 0x280000000)\n"
        )
        # Several phases print it.
        file, status = read(text * 2)
        self.assertEqual((status, file["warnings"]), (0, []))
        (found,) = file["maps"]
        self.assertEqual((found["source"], found["entries"]), ("ovmf", 3))
        self.assertEqual(found["usable_bytes"], 8 * GIB)
        # The kernel's map has all of it.
        file, _ = read(text + "BIOS-e820: [mem 0x100000-0x7fffffff] usable\n")
        self.assertEqual([m["source"] for m in file["maps"]], ["e820"])

    def test_ovmf_resources(self):
        """Ports are no memory, the second version of a descriptor counts, and of two types of one
        range the more restrictive one."""

        def hob(kind, start, size, third="ResourceAttribute"):
            return (f"   ResourceType      = {kind}\n   {third} = 0x7\n"
                    f"   PhysicalStart     = 0x{start:x}\n   ResourceLength    = 0x{size:x}\n")

        memory = "EFI_RESOURCE_SYSTEM_MEMORY"
        file, status = read(
            hob(memory, 0, 0xA0000)
            + hob("EFI_RESOURCE_IO", 0x6000, 0xA000)
            + hob("EFI_RESOURCE_IO_RESERVED ", 0x1000, 0x1000)
            + hob(memory, MIB, 2 * GIB - MIB, "ResourceCapabilities")
            + hob("EFI_RESOURCE_MAX_MEMORY_TYPE", 4 * GIB, 6 * GIB)
            + hob("0x0", 10 * GIB, GIB) + hob("0x7", 10 * GIB, GIB)
        )
        self.assertEqual(status, 0)
        (found,) = file["maps"]
        self.assertEqual(
            [(r["start"], r["end"], r["type"]) for r in found["ranges"]],
            [(0, 0xA0000, "usable"), (MIB, 2 * GIB, "usable"), (4 * GIB, 11 * GIB, "unaccepted")],
        )

    def test_u_boot_names(self):
        """Those of other releases as well, and of E820 as zimage.c prints it."""
        old = {"ACPI MEM NVS": "ACPI NVS", "ACPI RECLAIM MEM": "ACPI RECLAIM"}
        text = u_boot_efi()
        for name, other in old.items():
            text = text.replace(f"{name:16}", f"{other:16}")
        self.assertEqual(read(text), read(u_boot_efi()))
        self.assertEqual(read(u_boot().replace("  NVS", "  ACPI NVS")), read(u_boot()))

    def test_shell_that_has_no_name_for_a_type(self):
        name = f"{SHELL[15]:10}"
        for number in "0000000F   ", "0000000f   ":
            self.assertEqual(read(efi_shell().replace(name, number)), read(efi_shell()))
        file, _ = read(efi_shell().replace(name, "80000001   "))
        self.assertIn("read as reserved", str(file["warnings"]))

    def test_rows_in_any_order(self):
        """As firmware has them; the map is the same."""
        for source in "efi-shell", "grub-efi", "u-boot-efi":
            for writer in FORMATS[source]:
                lines = writer().splitlines()
                rows = [line for line in lines if "-0000" in line or line.startswith("MemoryMap")]
                mixed = [line for line in lines if line not in rows] + rows[3:] + rows[:3]
                (found,) = read("\n".join(mixed))[0]["maps"]
                (sorted_one,) = read(writer())[0]["maps"]
                self.assertEqual(found["ranges"], sorted_one["ranges"], source)

    def test_iomem_of_an_unknown_type(self):
        text = "00001000-0009ffff : System RAM\n80000000-8fffffff : Unknown E820 type\n"
        file, status = read(text)
        self.assertEqual(status, 0)
        self.assertIn("line 2: an unknown type: read as reserved", file["warnings"])
        self.assertEqual(file["maps"][0]["ranges"][-1]["type"], "reserved")

    def test_places_on_a_screen(self):
        """Control sequences of a terminal right before a row, other than colours."""
        rows = efi_shell().split("\r\n")
        for sequence in "\x1b[01;01H", "\x1b[0K", "\x1b[2J\x1b[4;1H", "\x1b[?25l":
            text = "\r\n".join(rows[:2] + [sequence + row for row in rows[2:]])
            self.assertEqual(read(text), read(efi_shell()), repr(sequence))

    def test_hidden_addresses(self):
        text = "00000000-00000000 : System RAM\n  00000000-00000000 : Kernel code\n"
        file, status = read(text)
        self.assertEqual((status, file["maps"]), (1, []))
        self.assertIn("read /proc/iomem as root", file["error"])

    def test_rows_that_are_damaged(self):
        for line in (
            "base_addr = 0x100000, size = 0x1000, available RAM",
            "SMAP type=01 base=0000000000100000 length=1",
            "  3: 0000000000100000 - 00000000001 = 1 RAM and more text behind it",
            'MemoryMap,"Available","1000"',
            "Available  0000000000100000-0000000000zzzzzz 0000000000000010 000000000000000F",
        ):
            good = "BIOS-e820: [mem 0x100000-0x7fffffff] usable\n"
            with self.subTest(line):
                file, status = read(good + line + "\n")
                self.assertEqual((status, file["complete"]), (2, False))
                self.assertRegex(file["warnings"][0], "^line 2: not read, though it looks like an entry: ")

    def test_prose_is_no_map(self):
        for text in (
            "Reserved for later\nAvailable 1\nUnaccepted\n",
            "E820: 3 entries\n\nno rows\n",
            "00100000-7fffffff : PCI Bus 0000:00\n0000-001f : dma1\n",
            "[0000000000001000, 0000000000002000] is a range\n",
        ):
            with self.subTest(text):
                file, status = read(text)
                self.assertEqual((status, file["maps"]), (1, []))


E820 = [
    (0, 0x9FFFF, "usable"),
    (0xF0000, 0xFFFFF, "reserved"),
    (0x100000, 0x7FFFFFFF, "usable"),
    (0x80000000, 0x8FFFFFFF, "ACPI NVS"),
    (0x100000000, 0x27FFFFFFF, "usable"),
]


def log_lines(clock="[    0.000000] "):
    return [clock + "BIOS-provided physical RAM map:"] + [
        f"{clock}BIOS-e820: [mem 0x{start:016x}-0x{last:016x}] {kind}" for start, last, kind in E820
    ]


class SeveralOnALine(unittest.TestCase):
    def check(self, text, lines=None):
        file, status = read(text)
        self.assertEqual((status, file["complete"], file["warnings"]), (0, True, []))
        (found,) = file["maps"]
        self.assertEqual((found["source"], found["entries"]), ("e820", len(E820)))
        self.assertEqual(found["ranges"][-1], {"start": 4 * GIB, "end": 10 * GIB, "type": "usable"})

    def test_line_ends_lost(self):
        for clock in "[    0.000000] ", "", "Jan  1 00:00:01 host kernel: [    0.000000] ":
            for separator in " ", "", "; ", ", ":
                with self.subTest((clock, separator)):
                    self.check(separator.join(log_lines(clock)))

    def test_only_some_line_ends_lost(self):
        lines = log_lines()
        for ends in itertools.product("\n ", repeat=len(lines) - 1):
            self.check("".join(a + b for a, b in zip(lines, [*ends, "\n"])))

    def test_a_new_boot_on_the_same_line(self):
        text = " ".join(log_lines() + ["[    0.000000] Linux version 6.12"] + log_lines())
        file, _ = read(text)
        self.assertEqual([m["entries"] for m in file["maps"]], [len(E820)] * 2)

    def test_old_formats(self):
        text = " ".join(f"BIOS-e820: {start:016x} - {last + 1:016x} ({kind})" for start, last, kind in E820)
        self.check(text)
        text = " ".join(
            f"efi: mem{n:02}: [Conventional|   |WB] range=[0x{n << 20:x}-0x{(n + 1 << 20) - 1:x}] (1MB)"
            for n in range(5)
        )
        (found,) = read(text)[0]["maps"]
        self.assertEqual((found["entries"], found["usable_bytes"]), (5, 5 * MIB))

    def test_one_that_is_invalid_does_not_spoil_its_neighbours(self):
        line = "efi: mem{:02}: [Conventional|  |WB] range=[0x{}00000-0x{}fffff] (1MB){} "
        text = line.format(0, 1, 1, "") + line.format(1, 2, 2, " (invalid)") + line.format(2, 3, 3, "")
        (found,) = read(text)[0]["maps"]
        self.assertEqual((found["entries"], found["usable_bytes"]), (3, 2 * MIB))

    def test_many(self):
        entry = "BIOS-e820: [mem 0x{:x}-0x{:x}] usable "
        text = "".join(entry.format(n << 13, (n << 13) + 4095) for n in range(16000))
        (found,) = read(text)[0]["maps"]
        self.assertEqual(found["entries"], 16000)


if __name__ == "__main__":
    CVMEM, MAPS = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
