# SPDX-License-Identifier: MIT
"""This project's own firmware, in an SNP guest."""

import shim

NAMES = "Memory Encryption Features active: AMD SEV SEV-ES SEV-SNP"
SNP = "--platform", "snp"


def shim_lazy(machine):
    shim.lazy(machine, *SNP).says(NAMES)


def shim_sixteen_vcpus(machine):
    shim.smp(machine, 16, *SNP).says(NAMES)


def shim_cannot_accept(machine):
    shim.cannot_accept(machine, *SNP)


def shim_policy(machine):
    shim.policy(machine, *SNP)


def shim_hostile(machine):
    shim.hostile(machine, *SNP)


def shim_kexec_four_vcpus(machine):
    shim.kexec(machine, 4, *SNP)


def shim_attacks(machine):
    shim.attacks(machine, "snp")


# Four vCPUs, Linux 6.12 and kexec by it: four_vcpus, linux_6_12, kexec_one_vcpu.
CASES = [shim_lazy, shim_hostile]
MORE = [shim_sixteen_vcpus, shim_cannot_accept, shim_policy, shim_attacks, shim_kexec_four_vcpus]
