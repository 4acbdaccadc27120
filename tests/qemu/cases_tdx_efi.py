# SPDX-License-Identifier: MIT
"""What only happens to TDs, and Secure Boot: beside cases_both_efi.py."""

import os
import shutil

import efi
import images
import secure_boot
from machine import cache, expect


def efi_grub_2_06(machine):
    """It enters Linux in 32 bits, where the first #VE is a triple fault: a line says so before."""
    booted = efi.boot_grub(machine, "2.06")
    efi.kept_the_rules(booted)
    booted.says("cvmem: this GRUB resets a TD at its command linux: its menu must say linuxefi and "
                "initrdefi", "cvmem: 2048 MiB accepted")
    expect(booted.run["ended"] == "triple-fault", f"the machine's end: {booted.run['ended']}")


def signed_disk(machine, key, image, *install, sign=True):
    """A disk whose loader and kernel are signed, and an image of efi/ that may be."""
    files = efi.systemd_boot(machine, key.sign(images.kernel(), machine.file("vmlinuz")))
    files["EFI/BOOT/BOOTX64.EFI"] = key.sign(files["EFI/BOOT/BOOTX64.EFI"], machine.file("loader"))
    folder = machine.file("images")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(os.path.join(machine.build, "efi"), folder,
                    ignore=lambda _, names: [name for name in names if not name.endswith(".efi")])
    if sign:
        key.sign(os.path.join(folder, image), os.path.join(folder, image))
    return efi.make(machine, files, "--from", folder, *install)


def secure(machine, image, *install):
    """With Secure Boot on: the image without a signature is refused, the one that is signed by an
    enrolled key runs. The firmware is Debian's for TDX alone, which has a store of variables."""
    key = secure_boot.Key(machine)
    firmware = secure_boot.enrol(cache("guest", "usr", "share", "ovmf", "OVMF.inteltdx.ms.fd"),
                                 key, machine.file("fd"))
    booted = efi.boot(machine, signed_disk(machine, key, image, *install), "--firmware", firmware)
    efi.has_all(booted)
    booted.says("Secure Boot is enabled|[Ss]ecure boot enabled")
    disk = signed_disk(machine, key, image, *install, sign=False)
    return lambda until: efi.boot(machine, disk, "--firmware", firmware, until=until)


def efi_secure_boot_driver(machine):
    """systemd-boot goes on without it."""
    booted = secure(machine, "cvmem-acceptx64.efi", "--driver")("cvmem: done")
    booted.kept_the_rules()
    expect("MiB to accept" not in booted.console, "the driver without a signature ran")
    expect(efi.memory(booted)[0] > efi.MEMORY * 98 // 100, "memory is lost")


def efi_secure_boot_application(machine):
    booted = secure(machine, "cvmem-chainx64.efi", "--chain")("Access Denied|Security Violation")
    expect(booted.matched, "the firmware did not refuse the application")
    expect("MiB to accept" not in booted.console, "the application without a signature ran")


CASES = []
MORE = [efi_grub_2_06, efi_secure_boot_driver, efi_secure_boot_application]
