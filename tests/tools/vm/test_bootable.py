#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_bootable.py CVMEM

What cannot boot is refused before the machine starts, with what to give instead."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from fake_qemu import VmTest, efi_program, main  # noqa: E402


class Bootable(VmTest):
    def refused(self, option, content, message, *others):
        path = self.make("file", content)
        done = self.vm(option, path, *others)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(f"cvmem vm: {path}: ", done.stderr)
        self.assertIn(message, done.stderr)
        self.assertFalse(os.path.exists(self.note))

    def accepted(self, option, content):
        self.assertEqual(self.vm(option, self.make("file", content)).returncode, 0)
        os.remove(self.note)

    def test_kernels(self):
        for machine, message in ((0xAA64, "arm64"), (0x5064, "riscv64"), (0x6264, "loongarch64"),
                                 (0x14C, "i386"), (0x1234, "another processor")):
            self.refused("--kernel", efi_program(machine), message)
        legacy = bytearray(8192)
        legacy[0x202:0x206] = b"HdrS"
        for content, message in (
            (bytes(legacy), "no EFI stub"),
            (b"", "is empty"),
            (b"\177ELF" + bytes(100), "arch/x86/boot/bzImage"),
            (b"text", "cvmem inspect"),
            (b"MZ" + bytes(58) + b"\xff\xff\xff\xff", "cvmem inspect"),
            (b"MZ" + bytes(100), "cvmem inspect"),
        ):
            self.refused("--kernel", content, message)
        self.accepted("--kernel", efi_program(0x8664, 4096))

    def test_elf_and_shim(self):
        """e_machine is at 18."""
        elf = bytearray(b"\177ELF\2\1\1".ljust(100, b"\0"))
        elf[18] = 62
        self.refused("--kernel", bytes(elf), "--firmware shim")
        path = self.make("file", bytes(elf))
        # Linux alone runs a command, and its firmware is shim by default.
        done = self.vm("--kernel", path, "--exec", "true")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("arch/x86/boot/bzImage", done.stderr)
        self.assertFalse(os.path.exists(self.note))
        self.assertEqual(self.vm("--kernel", path, "--firmware", "shim").returncode, 0)
        os.remove(self.note)
        elf[18] = 183
        self.refused("--kernel", bytes(elf), "another processor than x86-64", "--firmware", "shim")

    def test_disks(self):
        for content, message in (
            (b"", "is empty"),
            (b"\x1f\x8b\x08", "gzip"),
            (b"\xfd7zXZ\0", "xz"),
            (b"\x28\xb5\x2f\xfd", "zstd"),
            (b"conectix" + bytes(512), "qemu-img convert"),
            (b"vhdxfile" + bytes(512), "qemu-img convert"),
            (b"KDMV" + bytes(512), "qemu-img convert"),
            (bytes(64) + b"\x7f\x10\xda\xbe", "VDI"),
        ):
            self.refused("--disk", content, message)
        self.accepted("--disk", b"QFI\xfb" + bytes(4096))

    def test_disks_without_a_loader(self):
        """UEFI reads MBR, GPT, FAT, ISO 9660 and UDF."""
        message = "no partition table and no file system that the firmware reads"
        text = b"the notes of a day\n" * 4000
        for content in text, text[:100], bytes(4096):
            self.refused("--disk", content, message)
        for at, magic in ((510, b"\x55\xaa"), (0, b"\xeb\x3c\x90"), (0x8001, b"CD001"),
                          (0x8001, b"BEA01")):
            disk = bytearray(0x9000)
            disk[at:at + len(magic)] = magic
            self.accepted("--disk", bytes(disk))
        # One of several is enough.
        disk = self.make("disk", bytes(disk))
        self.assertEqual(self.vm("--disk", self.make("file", text), "--disk", disk).returncode, 0)
        os.remove(self.note)
        self.refused("--disk", text, message, "--disk", self.make("second", text))
        # The guest's own, which it need not boot from; and where more than UEFI and these disks is
        # there to boot.
        firmware = self.make("firmware", bytes(0x10000))
        for others in (("--kernel", self.kernel), ("--demo",), ("--firmware", firmware),
                       ("--", "-cdrom", "x")):
            done = self.vm("--disk", self.make("file", text), *others)
            self.assertEqual(done.returncode, 0, others)
            os.remove(self.note)

    def test_firmware(self):
        """Debian's OVMF_CODE_4M.fd has this size, OVMF.fd the other."""
        self.refused("--firmware", bytes(0x37C000), "are for flash devices")
        self.refused("--firmware", bytes(0x37C000), "give OVMF.fd, which is both")
        self.refused("--firmware", b"", "OVMF.fd")
        self.accepted("--firmware", bytes(0x400000))


if __name__ == "__main__":
    main()
