#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: inspect_seeds.py FOLDER

Writes what the fuzzers of `cvmem inspect` start from: fuzz/corpus/fuzz_NAME for each format."""

import os
import sys

import inspect_images as make


def small(packing):
    return make.linux(packing, fill=256, ikconfig=make.config(True, True))


def disk(bits=12):
    return make.Fat(
        {
            "EFI/BOOT/BOOTX64.EFI": make.systemd_boot(),
            "EFI/Linux/a long name.efi": make.uki(make.old_linux()),
            "loader/loader.conf": b"default a*\n",
            "loader/entries/a.conf": b"title A\nlinux /k\noptions quiet\n",
            "k": small("gzip"),
        },
        bits,
    ).image()


ARM = make.arm64_image(make.kernel(unaccepted=False, tdx=False, snp=False, fill=256))
MENU = b"""set default=0
menuentry 'One' --class os $menuentry_id_option 'one' {
\tlinux /boot/vmlinuz root=UUID=1 quiet
\tinitrd /boot/initrd
}
submenu "More" { menuentry "Two" --id two { linuxefi (hd0,gpt1)/vmlinuz "a b" \\
 accept_memory=eager
} }
blscfg
"""
SEEDS = {
    "grub_cfg/menu": lambda: MENU,
    "mbr/two": lambda: make.mbr([(0xEF, disk())], ((0x83, b"data" * 128), (0xEF, disk())), 1),
    "iso/efi": lambda: make.iso(disk()),
    "bios/seabios": lambda: b"SeaBIOS (version 1.16)\0".ljust(65536 - 16, b"\0") + b"\xea".ljust(16, b"\0"),
    "bios/u-boot": lambda: b"U-Boot 2023.01 (Jun 22 2026)\0".ljust(1024, b"\0"),
    **{f"bzimage/{name}": lambda name=name: small(name) for name in make.PACKERS},
    "bzimage/old": make.old_linux,
    "vmlinux/amd64": lambda: make.elf(make.kernel(fill=256, ikconfig=make.config(True, False))),
    "vmlinux/arm64": lambda: make.elf(make.kernel(fill=256), machine=183),
    **{f"zboot/{name}": lambda pack=pack, name=name: make.zboot(pack(ARM), name) for name, pack in make.PACKERS.items()},
    "arm64_image/plain": lambda: ARM,
    **{f"packed/{name}": lambda pack=pack: pack(make.elf(make.kernel(fill=256))) for name, pack in make.PACKERS.items()},
    "pe/uki": lambda: make.uki(small("lzo"), "accept_memory=eager"),
    "pe/systemd-boot": make.systemd_boot,
    "pe/shim": make.shim,
    "pe/grub": lambda: make.grub(b"loader/efi/linux.c\0"),
    "fat/fat12": disk,
    "fat/fat16": lambda: disk(16),
    "gpt/esp": lambda: make.gpt([(make.LINUX_DATA, b"x" * 512), (make.ESP, disk())], entries=8),
}

for path, image in SEEDS.items():
    place = os.path.join(sys.argv[1], "fuzz_" + path)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(place, "wb") as file:
        file.write(image())
