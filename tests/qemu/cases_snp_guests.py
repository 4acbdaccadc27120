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


def kexec_by_segments(machine):
    second_kernel_is_good(kexec(machine, *SNP, flags="-c"), 1)


def crash_kernel(machine):
    guests.crash_kernel(machine, *SNP).says(NAMES)


CASES = [systemd_boot, kexec_one_vcpu]
MORE = [kexec_four_vcpus, kexec_by_segments, crash_kernel]
