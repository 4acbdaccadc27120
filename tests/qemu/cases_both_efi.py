# SPDX-License-Identifier: MIT
"""Guests whose loader or kernel does not accept memory, with an image of efi/ before it."""

import efi
import images
from machine import expect


def efi_grub_2_12(machine):
    efi.has_all(efi.boot_grub(machine, "2.12"))


def efi_grub_2_14(machine):
    efi.has_all(efi.boot_grub(machine, "2.14"))


def efi_grub_2_06_linuxefi(machine):
    efi.has_all(efi.boot_grub(machine, "2.06", command="linuxefi"))


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


def efi_limine(machine):
    """Limine 8.2 is stopped by an exception in an SNP guest and in a TD, whatever was accepted."""
    efi.ends_in_limine(efi.boot(machine, efi.make(machine, efi.limine(), "--chain")))


def efi_nothing_to_start(machine):
    """All is accepted, and a line says what is missing."""
    efi.tells_what_is_missing(efi.boot(machine, efi.alone(machine), until=efi.MISSING))


CASES = [efi_nothing_to_start]
MORE = [efi_grub_2_12, efi_grub_2_14, efi_grub_2_06_linuxefi, efi_driver, efi_driver_below,
        efi_driver_never, efi_systemd_boot, efi_uki, efi_uki_always, efi_limine]
