# SPDX-License-Identifier: MIT
"""Other ways to start Linux as an SNP guest: from a disk by a boot loader, and by another Linux."""

import guests
from cases_snp import NAMES, SNP


def systemd_boot(machine):
    guests.systemd_boot(machine, *SNP).says(NAMES)


def kexec(machine):
    boot = guests.kexec(machine, *SNP)
    guests.second_kernel_is_good(boot, 1)
    boot.says(NAMES)


CASES = [systemd_boot]
MORE = [kexec]
