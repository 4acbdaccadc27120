# SPDX-License-Identifier: MIT
"""Other ways to start Linux as an SNP guest: from a disk by a boot loader, and by another Linux."""

import guests
from cases_snp import NAMES, SNP
from guests import kexec


def systemd_boot(machine):
    guests.systemd_boot(machine, *SNP).says(NAMES)


def second_kernel_is_good(boot, vcpus):
    guests.second_kernel_is_good(boot, vcpus)
    boot.says(NAMES)


def kexec_one_vcpu(machine):
    second_kernel_is_good(kexec(machine, *SNP), 1)


def kexec_four_vcpus(machine):
    second_kernel_is_good(kexec(machine, *SNP, "--vcpus", "4"), 4)


CASES = [systemd_boot, kexec_one_vcpu]
MORE = [kexec_four_vcpus]
