# SPDX-License-Identifier: MIT
"""Disks with a loader that does not accept memory, and the EFI images of efi/ before it, which
`cvmem efi` installs."""

import os
import re
import struct
import subprocess

import images
from machine import Skipped, cache, expect

MEMORY = 4 << 30
COMMAND_LINE = "console=ttyS0 no_timer_check cvmem_fill=0"


def demonstration(machine):
    return images.Initrd(machine, "demonstration", images.DEMONSTRATION).write()


def grub(machine, version, kernel, command="linux"):
    """The image that Debian signs, with its menu in the folder that it looks in."""
    image = cache(f"grub-{version}", "usr", "lib", "grub", "x86_64-efi", "monolithic",
                  "grubx64.efi")
    if not os.path.exists(image):
        raise Skipped(f"GRUB {version} has not been fetched: scripts/vm-setup "
                      f"~/.cache/cvmem/vm grub-{version}")
    initrd = command.replace("linux", "initrd")
    menu = (f"set timeout=0\nmenuentry Linux {{\n"
            f"search --no-floppy --file --set=root /vmlinuz\n"
            f"{command} /vmlinuz {COMMAND_LINE}\n{initrd} /initrd\n}}\n")
    return {"EFI/BOOT/BOOTX64.EFI": image, "EFI/debian/grub.cfg": menu.encode(),
            "vmlinuz": kernel, "initrd": demonstration(machine)}


def systemd_boot(machine, kernel):
    loader = images.extra("lib", "systemd", "boot", "efi", "systemd-bootx64.efi")
    entry = f"title Linux\nlinux /vmlinuz\ninitrd /initrd\noptions {COMMAND_LINE}\n"
    return {"EFI/BOOT/BOOTX64.EFI": loader, "loader/entries/linux.conf": entry.encode(),
            "loader/loader.conf": b"timeout 0\n", "vmlinuz": kernel,
            "initrd": demonstration(machine)}


def uki(machine, kernel):
    """A unified kernel image: systemd's stub, with sections behind its own."""
    images.need("objcopy")
    stub = images.extra("lib", "systemd", "boot", "efi", "linuxx64.efi.stub")
    with open(stub, "rb") as file:
        data = file.read()
    header, = struct.unpack_from("<I", data, 0x3c)
    base, = struct.unpack_from("<Q", data, header + 24 + 24)
    size, = struct.unpack_from("<I", data, header + 24 + 56)
    line = machine.file("cmdline")
    with open(line, "w", encoding="ascii") as file:
        file.write(COMMAND_LINE)
    words, at = [], base + size
    for name, path in ((".cmdline", line), (".initrd", demonstration(machine)),
                       (".linux", kernel)):
        at = (at + 0xffff) & ~0xffff
        words += ["--add-section", f"{name}={path}", "--change-section-vma", f"{name}={at:#x}"]
        at += os.path.getsize(path)
    image = machine.file("uki")
    images.run("objcopy", *words, stub, image)
    return {"EFI/BOOT/BOOTX64.EFI": image}


def limine():
    """It is in no package of Debian's: BOOTX64.EFI of the project's branch v8.x-binary."""
    image = cache("limine", "BOOTX64.EFI")
    if not os.path.exists(image):
        raise Skipped("Limine's BOOTX64.EFI is not in ~/.cache/cvmem/vm/limine")
    menu = (f"timeout: 0\n\n/Linux\n    protocol: linux\n    kernel_path: boot():/vmlinuz\n"
            f"    cmdline: {COMMAND_LINE}\n")
    return {"EFI/BOOT/BOOTX64.EFI": image, "limine.conf": menu.encode(),
            "vmlinuz": images.kernel()}


def ends_in_limine(booted):
    """It uses ports after boot services have ended, and has no handler of #VC and #VE."""
    kept_the_rules(booted)
    booted.says("cvmem: 2048 MiB accepted", "triple fault at RIP .*; its last #V[CE], for")
    expect(booted.run["ended"] == "triple-fault", f"the machine's end: {booted.run['ended']}")
    expect("Linux version" not in booted.console, "Linux has begun")


# The application's line.
MISSING = r"cvmem: \\EFI\\BOOT\\cvmem-next\.efi cannot be loaded: not found \(0x800000000000000e\)"


def alone(machine):
    """The application, with nothing to start."""
    image = os.path.join(machine.build, "efi", "cvmem-chainx64.efi")
    if not os.path.exists(image):
        raise Skipped("the EFI images are not built: clang or lld-link is missing")
    return images.fat_disk(machine, "img", {"EFI/BOOT/BOOTX64.EFI": image})


def tells_what_is_missing(booted):
    expect(booted.matched, "the application has not said what is missing")
    kept_the_rules(booted)
    booted.says(r"cvmem: 2048 MiB to accept", r"cvmem: 2048 MiB accepted in \d+\.\d s")
    expect(booted.run["unaccepted_bytes"] < 4 << 20, "memory is left unaccepted")


def make(machine, files, *install):
    """A disk, and the image before its loader."""
    disk = images.fat_disk(machine, "img", files)
    if install:
        subprocess.run([os.path.join(machine.build, "cvmem"), "efi", "--install", disk, *install],
                       check=True, stdout=subprocess.DEVNULL)
    return disk


def boot(machine, disk, *options, until=None):
    booted = machine.boot("--platform", machine.platform, "--disk", disk, *options, until=until)
    os.remove(disk)
    return booted


def boot_grub(machine, version, command="linux", part="linux"):
    """With the application before it."""
    return boot(machine, make(machine, grub(machine, version, images.kernel(part), command),
                              "--chain"))


def memory(booted):
    """What Linux has found, and what is left of it for programs, in bytes."""
    found = re.search(r"Memory: \d+K/(\d+)K available", booted.console)
    total = re.search(r"at the first process +(\d+)", booted.console)
    expect(found and total, "Linux has not come to its first process")
    return int(found.group(1)) << 10, int(total.group(1)) << 10


def kept_the_rules(booted):
    for name in "touch_before_accept", "double_accepts":
        expect(booted.run[name] == 0, f"{name}: {booted.run[name]}")


def has_all(booted):
    """All of the machine's memory, and nothing of it was left to the kernel."""
    expect(booted.status == 0, f"exit status {booted.status}")
    kept_the_rules(booted)
    booted.says(r"cvmem: \d+ MiB to accept", r"cvmem: 2048 MiB accepted in \d+\.\d s",
                "cvmem: done")
    found, total = memory(booted)
    expect(found > MEMORY * 98 // 100, f"Linux has found {found >> 20} MiB")
    # Without Linux itself and its bounce buffer.
    expect(total > MEMORY * 90 // 100, f"MemTotal is {total >> 20} MiB")
    expect(booted.run["unaccepted_bytes"] < 4 << 20, "memory is left unaccepted")


def has_half(booted):
    """The loader takes what is unaccepted for reserved."""
    kept_the_rules(booted)
    found, _ = memory(booted)
    expect(MEMORY * 40 // 100 < found < MEMORY * 60 // 100, f"Linux has found {found >> 20} MiB")


def is_left_alone(booted):
    """The kernel accepts by itself, and when it needs memory."""
    expect(booted.status == 0, f"exit status {booted.status}")
    booted.is_clean()
    booted.says("cvmem: nothing is accepted: the next image does it itself", "cvmem: done")
    found, _ = memory(booted)
    expect(found > MEMORY * 98 // 100, f"Linux has found {found >> 20} MiB")
    expect(booted.run["unaccepted_bytes"] > 1 << 30, "nothing was left unaccepted")
