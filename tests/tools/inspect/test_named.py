#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_named.py CVMEM

Images that are no kernel, loader or disk of a confidential guest: each is called what it is."""

import gzip
import io
import struct
import tarfile

import inspect_images as make
from inspect_case import Case, main


def program(text=b"", version=0x20C, build=b""):
    """A boot header without a payload, as memtest86+ and iPXE have it."""
    setup = bytearray(0x3000)
    setup[0x1F1] = 7
    struct.pack_into("<H", setup, 0x1FE, 0xAA55)
    setup[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", setup, 0x206, version)
    if build:
        struct.pack_into("<H", setup, 0x20E, 0x100)
        setup[0x300 : 0x300 + len(build)] = build
    setup[0x2000 : 0x2000 + len(text)] = text
    return bytes(setup)


def tar(data):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo("disk.raw")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


class Named(Case):
    def test_pvh(self):
        """Xen, public/elfnote.h: XEN_ELFNOTE_PHYS32_ENTRY is 18."""
        entry = make.note(18, b"Xen\0", struct.pack("<I", 1 << 20))
        other = make.note(1, b"GNU\0", b"12345")
        found = self.one(make.pvh(other + entry))
        self.assertEqual((found["kind"], found["format"]), ("pvh", "ELF kernel with an entry for PVH"))
        self.assertEqual((self.answers(found), found["answer"]), ("nn??", "no"))
        self.assertRegex(found["verdict"], "does not boot: it starts by PVH alone")
        self.assertRegex(found["advice"], "--firmware shim")
        wide = make.note(1, b"GNU\0", b"1", 8) + make.note(18, b"Xen\0", struct.pack("<Q", 1 << 20), 8)
        self.assertEqual(self.one(make.pvh(wide, alignment=8))["kind"], "pvh")
        for image in (
            make.pvh(other), make.pvh(make.note(18, b"GNU\0", b"1234")), make.pvh(make.note(17, b"Xen\0", b"1234")),
            make.pvh(other + entry, size=1 << 40), make.pvh(other + entry, machine=183), make.pvh(entry)[:-24],
            make.pvh(struct.pack("<III", 0xFFFFFFFC, 4, 1) + entry),
        ):  # fmt: skip
            self.assertEqual(self.one(image)["kind"], "unknown")

    def test_programs_with_a_boot_header(self):
        for image, name in (
            (program(b"Memtest86+ v6.10"), "memtest86+"),
            (program(version=0x207, build=b"iPXE 1.21.1"), "iPXE"),
            (program(b"Installation failed - cannot continue", 0x207, b"1.0.0+git"), "iPXE"),
            (program(), "a program"),
        ):
            found = self.one(image)
            self.assertEqual((found["kind"], found["answer"]), ("program", "no"))
            self.assertEqual(found["format"], name + " with Linux's boot header, but not Linux")
            self.assertEqual(self.answers(found), "nnnn")

    def test_linux_for_other_processors(self):
        for offset, magic, name, processor in (
            (0x38, b"RSC\x05", "riscv64 Image", "riscv64"),
            (0x38, b"\xcd\x23\x82\x81", "loongarch64 Image", "loongarch64"),
            (0x24, b"\x18\x28\x6f\x01", "arm zImage", "arm"),
        ):
            image = bytearray(4096)
            image[:2] = b"MZ"
            image[offset : offset + 4] = magic
            image[1024:1050] = b"Linux version 6.12.1 (gcc)"
            for data in bytes(image), gzip.compress(bytes(image)):
                found = self.one(data)
                self.assertEqual((found["kind"], found["format"]), ("linux", f"Linux kernel ({name})"))
                self.assertEqual((found["version"], found["facts"]["processor"]), ("6.12.1", processor))
                self.assertEqual(found["answer"], "no")

    def test_x86_is_not_loongarch(self):
        """Its header has the same magic number; the PE header behind it has the processor."""
        for machine, name in (0x8664, None), (0x6264, "Linux kernel (loongarch64 Image)"):
            image = bytearray(make.pe({".text": bytes(64)}))
            image[0x38:0x3C] = b"\xcd\x23\x82\x81"
            (header,) = struct.unpack_from("<I", image, 0x3C)
            struct.pack_into("<H", image, header + 4, machine)
            found = self.one(bytes(image))
            if name:
                self.assertEqual(found["format"], name)
            else:
                self.assertNotIn("loongarch", found["format"])

    def test_disks_to_be_converted(self):
        for magic, at, name in (
            (b"QFI\xfb", 0, "qcow2"), (b"KDMV", 0, "VMDK"), (b"vhdxfile", 0, "VHDX"),
            (b"conectix", 0, "VHD"), (b"\x7f\x10\xda\xbe", 0x40, "VDI"), (b"QED\0", 0, "QED"),
        ):  # fmt: skip
            image = bytearray(4096)
            image[at : at + len(magic)] = magic
            found = self.one(bytes(image))
            self.assertEqual((self.notes(found), found["answer"]), (["container"], "not readable"))
            self.assertRegex(found["verdict"], name + ".*qemu-img convert -O raw")

    def test_archives_and_others(self):
        disk = make.Fat({"EFI/BOOT/BOOTX64.EFI": make.linux()}).image()
        for image, words in (
            (tar(disk), "a tar archive; extract"), (gzip.compress(tar(disk)), "a tar archive; extract"),
            (b"PK\3\4".ljust(100, b"x"), "ZIP"), (b"!<arch>\ndebian-binary", "dpkg -x"),
            (b"\xed\xab\xee\xdb".ljust(100, b"\0"), "rpm2cpio"), (b"070701".ljust(200, b"0"), "initrd"),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
            (b"/annex/objects/SHA256E-s1--0\n", "git annex get"), (b"<!DOCTYPE html><html>", "failed download"),
            (b"<!doctype html>", "failed download"), (b"<html><head>", "failed download"),
            (b'<?xml version="1.0"?><Error>', "failed download"), (b"KDUMP   ".ljust(200, b"\0"), "kdump"),
            (b"[    0.000000] Linux version 6.12", "cvmem map"),
            (b"#\n# Automatically generated file; DO NOT EDIT.\n# Linux/x86 6.12 Kernel", "config-VERSION"),
            (b"hsqs".ljust(200, b"\0"), "SquashFS"), (b"LUKS\xba\xbe".ljust(200, b"\0"), "cryptsetup"),
        ):  # fmt: skip
            found = self.one(image)
            self.assertEqual((self.notes(found), found["answer"]), (["other-format"], "not readable"))
            self.assertIn(words, found["verdict"])
        # A disk that is packed as a whole is read.
        self.assertEqual(self.one(gzip.compress(disk))["answer"], "yes")

    def test_firmware_without_guests(self):
        bios = bytearray(131072)
        bios[-16] = 0xEA
        for text, name in (b"SeaBIOS (version 1.16)", "SeaBIOS"), (b"U-Boot 2023.01 (Jun", "U-Boot"), (b"", "BIOS"):
            bios[4096 : 4096 + 32] = text.ljust(32, b"\0")
            found = self.one(bytes(bios))
            self.assertEqual((found["kind"], found["format"]), ("firmware", name))
            self.assertEqual(found["verdict"], "no: it is firmware of neither a TDX nor an SEV-SNP guest")
        rom = bytearray(2048)
        rom[:3], rom[0x18:0x1A], rom[0x40:0x44] = b"\x55\xaa\x04", b"\x40\0", b"PCIR"
        self.assertEqual(self.one(bytes(rom))["format"], "option ROM")

    def test_efi_programs(self):
        for text, name in (b"iPXE 1.21", "iPXE"), (b"U-Boot 2023.01", "U-Boot"):
            found = self.one(make.pe({".text": text}))
            self.assertEqual((found["kind"], found["format"], found["answer"]), ("pe", name, "unknown"))


class Known(Case):
    def kernel(self, version):
        plain = make.kernel(version=version)
        return make.bzimage(make.gzip(plain), len(plain), version=version + " (b@example.invalid) #1 SMP")

    def test_versions(self):
        for version, names in (
            ("6.12.43+deb13-amd64", ["table-longer-than-page"]),
            ("6.12.107", []), ("6.12.106", ["table-longer-than-page"]), ("6.16.3", ["table-longer-than-page"]),
            ("7.0.1", []), ("7.2.12", []), ("6.5.1", ["parallel-lockup", "endless-reclaim"]),
            ("6.6.9", ["endless-reclaim"]), ("6.11.2", []),
        ):  # fmt: skip
            found = self.one(self.kernel(version))
            self.assertEqual(self.notes(found), names, version)
            self.assertEqual(found["answer"], "yes")
        (note,) = self.one(self.kernel("6.12.43"))["notes"]
        self.assertRegex(note["text"], "with more than 64 GiB it panics.*6.12.107.*canonical/tdx#421")
        # What it cannot take cannot break.
        self.assertEqual(self.one(make.old_linux())["notes"], [])

    def test_options(self):
        for option, answers, name in (
            ("CONFIG_X86_PAT", "yyyn", "no-pat"),
            ("CONFIG_EFI_STUB", "nnyy", "no-efi-stub"),
        ):
            config = make.config(True, True) + f"# {option} is not set\n".encode()
            found = self.one(self.with_config(config))
            self.assertEqual(self.answers(found), answers)
            self.assertIn(name, self.notes(found))
        found = self.one(self.with_config(make.config(True, True) + b"CONFIG_X86_PAT=y\nCONFIG_EFI_STUB=y\n"))
        self.assertEqual((self.answers(found), self.notes(found)), ("yyyy", []))

    def with_config(self, config):
        plain = make.kernel(ikconfig=config)
        return make.bzimage(make.gzip(plain), len(plain))


if __name__ == "__main__":
    main()
