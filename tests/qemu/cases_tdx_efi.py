# SPDX-License-Identifier: MIT
"""TDs whose loader or kernel does not accept memory, with an image of efi/ before it."""

import efi
import images
from machine import expect


def grub(machine, version, *install, command="linux", part="linux"):
    files = efi.grub(machine, version, images.kernel(part), command)
    return efi.boot(machine, efi.make(machine, files, *(install or ["--chain"])))


def grub_2_06(machine):
    """It enters Linux in 32 bits, where the first #VE is a triple fault: a line says so before."""
    booted = grub(machine, "2.06")
    efi.kept_the_rules(booted)
    booted.says("cvmem: this GRUB resets a TD at its command linux: its menu must say linuxefi and "
                "initrdefi", "cvmem: 2048 MiB accepted")
    expect(booted.run["ended"] == "triple-fault", f"the machine's end: {booted.run['ended']}")


def grub_2_12(machine):
    efi.has_all(grub(machine, "2.12"))


def grub_2_14(machine):
    efi.has_all(grub(machine, "2.14"))


def grub_2_06_linuxefi(machine):
    efi.has_all(grub(machine, "2.06", command="linuxefi"))


def driver(machine):
    """systemd-boot loads it, and chain-loads nothing."""
    disk = efi.make(machine, efi.systemd_boot(machine, images.kernel()), "--driver")
    efi.has_all(efi.boot(machine, disk))


def driver_below(machine):
    """Up to an address; the kernel accepts the rest."""
    disk = efi.make(machine, efi.systemd_boot(machine, images.kernel()), "--accept", "below:5G")
    booted = efi.boot(machine, disk)
    booted.is_clean()
    booted.says("cvmem: 1024 MiB to accept", "cvmem: 1024 MiB accepted", "cvmem: done")
    found, _ = efi.memory(booted)
    expect(found > efi.MEMORY * 98 // 100, f"Linux has found {found >> 20} MiB")
    left = booted.run["unaccepted_bytes"]
    expect(1 << 28 < left <= 1 << 30, f"{left >> 20} MiB are left unaccepted")


def driver_never(machine):
    disk = efi.make(machine, efi.systemd_boot(machine, images.kernel()), "--accept", "never")
    booted = efi.boot(machine, disk)
    booted.is_clean()
    booted.says("cvmem: nothing is accepted", "cvmem: done")
    expect(booted.run["unaccepted_bytes"] > 1 << 30, "nothing was left unaccepted")


def systemd_boot(machine):
    """The application before it."""
    disk = efi.make(machine, efi.systemd_boot(machine, images.kernel()), "--chain")
    efi.has_all(efi.boot(machine, disk))


def uki(machine):
    disk = efi.make(machine, efi.uki(machine, images.kernel()), "--chain")
    efi.is_left_alone(efi.boot(machine, disk))


def uki_always(machine):
    disk = efi.make(machine, efi.uki(machine, images.kernel()), "--accept", "always")
    efi.has_all(efi.boot(machine, disk))


CASES = []
MORE = [grub_2_06, grub_2_06_linuxefi, grub_2_12, grub_2_14, systemd_boot, driver, driver_below,
        driver_never, uki, uki_always]
