# SPDX-License-Identifier: MIT
"""This project's own firmware, in a TD."""

import shim

NAMES = "Memory Encryption Features active: Intel TDX"


def shim_lazy(machine):
    shim.lazy(machine).says(NAMES)


def shim_sixteen_vcpus(machine):
    shim.smp(machine, 16).says(NAMES)


def shim_cannot_accept(machine):
    shim.cannot_accept(machine)


def shim_policy(machine):
    shim.policy(machine)


def shim_hostile(machine):
    shim.hostile(machine)


def shim_kexec_four_vcpus(machine):
    shim.kexec(machine, 4)


def shim_crash_kernel(machine):
    shim.crash_kernel(machine).says(NAMES)


def shim_large(machine):
    shim.large(machine)


def shim_attacks(machine):
    shim.attacks(machine, "tdx")


# Four vCPUs, Linux 6.12 and kexec by it: four_vcpus_width_48, linux_6_12_four_vcpus, kexec_one_vcpu.
CASES = [shim_lazy, shim_hostile]
MORE = [shim_sixteen_vcpus, shim_cannot_accept, shim_policy, shim_attacks, shim_kexec_four_vcpus,
        shim_crash_kernel, shim_large]
