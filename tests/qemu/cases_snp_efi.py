# SPDX-License-Identifier: MIT
"""What OVMF does for SNP guests alone, and a kernel that cannot be a TD: beside cases_both_efi.py."""

import efi
import images


def efi_grub_2_06(machine):
    """Its command `linux' loses half of memory, and with the application before it nothing."""
    efi.has_all(efi.boot_grub(machine, "2.06"))


def efi_grub_2_06_alone(machine):
    files = efi.grub(machine, "2.06", images.kernel())
    efi.has_half(efi.boot(machine, efi.make(machine, files)))


def efi_linux_6_1(machine):
    """It does not know unaccepted memory."""
    efi.has_all(efi.boot_grub(machine, "2.06", part="linux-6.1"))


def efi_linux_6_1_driver(machine):
    disk = efi.make(machine, efi.systemd_boot(machine, images.kernel("linux-6.1")), "--driver")
    efi.has_all(efi.boot(machine, disk))


CASES = []
MORE = [efi_grub_2_06, efi_grub_2_06_alone, efi_linux_6_1, efi_linux_6_1_driver]
