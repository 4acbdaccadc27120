# SPDX-License-Identifier: MIT
"""TDs whose loader or kernel does not accept memory, with an image of efi/ before it."""

import os
import shutil

import efi
import images
import secure_boot
from machine import cache, expect


def grub(machine, version, *install, command="linux", part="linux"):
    files = efi.grub(machine, version, images.kernel(part), command)
    return efi.boot(machine, efi.make(machine, files, *(install or ["--chain"])))


def efi_grub_2_06(machine):
    """It enters Linux in 32 bits, where the first #VE is a triple fault: a line says so before."""
    booted = grub(machine, "2.06")
    efi.kept_the_rules(booted)
    booted.says("cvmem: this GRUB resets a TD at its command linux: its menu must say linuxefi and "
                "initrdefi", "cvmem: 2048 MiB accepted")
    expect(booted.run["ended"] == "triple-fault", f"the machine's end: {booted.run['ended']}")


def efi_grub_2_12(machine):
    efi.has_all(grub(machine, "2.12"))


def efi_grub_2_14(machine):
    efi.has_all(grub(machine, "2.14"))


def efi_grub_2_06_linuxefi(machine):
    efi.has_all(grub(machine, "2.06", command="linuxefi"))


def efi_driver(machine):
    """systemd-boot loads it, and chain-loads nothing."""
    disk = efi.make(machine, efi.systemd_boot(machine, images.kernel()), "--driver")
    efi.has_all(efi.boot(machine, disk))


def efi_driver_below(machine):
    """Up to an address; the kernel accepts the rest."""
    disk = efi.make(machine, efi.systemd_boot(machine, images.kernel()), "--accept", "below:5G")
    booted = efi.boot(machine, disk)
    booted.is_clean()
    booted.says("cvmem: 1024 MiB to accept", "cvmem: 1024 MiB accepted", "cvmem: done")
    found, _ = efi.memory(booted)
    expect(found > efi.MEMORY * 98 // 100, f"Linux has found {found >> 20} MiB")
    left = booted.run["unaccepted_bytes"]
    expect(1 << 28 < left <= 1 << 30, f"{left >> 20} MiB are left unaccepted")


def efi_driver_never(machine):
    disk = efi.make(machine, efi.systemd_boot(machine, images.kernel()), "--accept", "never")
    booted = efi.boot(machine, disk)
    booted.is_clean()
    booted.says("cvmem: nothing is accepted", "cvmem: done")
    expect(booted.run["unaccepted_bytes"] > 1 << 30, "nothing was left unaccepted")


def efi_systemd_boot(machine):
    """The application before it."""
    disk = efi.make(machine, efi.systemd_boot(machine, images.kernel()), "--chain")
    efi.has_all(efi.boot(machine, disk))


def efi_uki(machine):
    disk = efi.make(machine, efi.uki(machine, images.kernel()), "--chain")
    efi.is_left_alone(efi.boot(machine, disk))


def efi_uki_always(machine):
    disk = efi.make(machine, efi.uki(machine, images.kernel()), "--accept", "always")
    efi.has_all(efi.boot(machine, disk))


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


def efi_limine(machine):
    """Limine 8.2 is stopped by an exception in an SNP guest and in a TD, whatever was accepted."""
    efi.ends_in_limine(efi.boot(machine, efi.make(machine, efi.limine(), "--chain")))


def efi_nothing_to_start(machine):
    """All is accepted, and a line says what is missing."""
    efi.tells_what_is_missing(efi.boot(machine, efi.alone(machine), until=efi.MISSING))


CASES = [efi_nothing_to_start]
MORE = [efi_grub_2_06, efi_grub_2_12, efi_grub_2_14, efi_grub_2_06_linuxefi, efi_driver,
        efi_driver_below, efi_driver_never, efi_systemd_boot, efi_uki, efi_uki_always,
        efi_secure_boot_driver, efi_secure_boot_application, efi_limine]
