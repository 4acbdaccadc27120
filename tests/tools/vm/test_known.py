#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_known.py CVMEM

What is known to be bad of a kernel and a firmware that are named is said at the start, and again when
the guest did not end in order; not of another platform, nor of a machine that is too small."""

import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../inspect/firmware")]

import fw_images as fw  # noqa: E402
from fake_qemu import VmTest, efi_program, main  # noqa: E402


def kernel(version):
    """Documentation/arch/x86/boot.rst: kernel_version, at 0x20e, counts from 0x200."""
    data = bytearray(efi_program(0x8664))
    data[0x202:0x206] = b"HdrS"
    data[0x20E:0x210] = (0x3000).to_bytes(2, "little")
    text = version.encode() + b" (builder@host) #1 SMP\0"
    data[0x3200 : 0x3200 + len(text)] = text
    return bytes(data)


class Known(VmTest):
    def known(self, *arguments, **environment):
        lines = self.vm(*arguments, **environment).stderr.splitlines()
        return [line.partition("known of ")[2] for line in lines if "known of " in line]

    def test_kernels(self):
        path = self.make("kernel", kernel("6.12.43+deb13-cloud-amd64"))
        self.assertEqual(self.known("--kernel", path), [])
        (line,) = self.known("--kernel", path, "--memory=128G")
        self.assertRegex(line, "^Linux 6.12.43.deb13-cloud-amd64: panics.*; take 6.12.107.*canonical/tdx#421")
        self.assertEqual(self.known("--kernel", path, "--memory=128G", "--plain"), [])
        self.assertEqual(len(self.known("--kernel", path, "--memory=128G", FAKE_DO="guest-reset")), 2)
        self.assertEqual(len(self.known("--kernel", path, "--memory=128G", "--quiet")), 0)
        (line,) = self.known("--kernel", self.make("next", kernel("7.2.12")), "--hot-add=1G", FAKE_DO="plug",
                             FAKE_CONSOLE="[    0.000000] Linux version 7.2\n")
        self.assertIn("does not accept memory that is added", line)
        for content in kernel(""), kernel("a kernel"), efi_program(0x8664, 0x3000):
            self.assertEqual(self.known("--kernel", self.make("other", content), "--memory=128G"), [])

    def test_elf(self):
        """By the shim it starts at its entry for PVH; e_machine is at 18."""
        head = bytearray(b"\177ELF\2\1\1".ljust(64, b"\0"))
        head[18] = 62
        linux = self.make("vmlinux", bytes(head) + b"Linux version 7.2.12-amd64 (builder@host)\n\0")
        for platform, why in ("tdx", "TDX guest: it executes CPUID"), ("snp", "no C-bit"):
            (line,) = self.known("--kernel", linux, "--firmware=shim", "--platform", platform)
            self.assertRegex(line, f"^Linux 7.2.12-amd64: its entry for PVH.*{why}.*; give .*bzImage")
        self.assertEqual(self.known("--kernel", linux, "--firmware=shim", "--quiet"), [])
        other = self.make("other", bytes(head) + b"a unikernel")
        self.assertEqual(self.known("--kernel", other, "--firmware=shim"), [])

    def test_firmware(self):
        """Of November 2022, as its drivers show."""
        files = [*fw.drivers(sev=()), fw.module(fw.SECURE_BOOT, fw.DRIVER, "SecureBootConfigDxe")]
        image = fw.image(main=fw.main_volume(files))
        path = self.make("firmware", bytes(-len(image) % 0x10000) + image)
        self.assertEqual(self.known("--firmware", path), [])
        lines = self.known("--firmware", path, "--platform=snp")
        self.assertEqual(len(lines), 3)
        self.assertRegex(lines[2], "^the firmware: with Secure Boot built in.*; take 2024.11 .*edk2#6285")
        self.assertEqual(len(self.known("--firmware", path, "--platform=snp", "--memory=513G")), 4)
        self.assertEqual(self.known("--firmware", self.make("none", bytes(0x10000)), "--platform=snp"), [])


if __name__ == "__main__":
    main()
