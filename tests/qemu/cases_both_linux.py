# SPDX-License-Identifier: MIT
"""The library inside Linux, built in, on each platform. The kernel is built by hand, since that
takes long: ports/linux/builtin/build."""

import linux_builtin


def builtin_one_vcpu(machine):
    linux_builtin.accepts(machine, 1)


def builtin_four_vcpus(machine):
    linux_builtin.accepts(machine, 4)


def builtin_forgotten(machine):
    linux_builtin.forgotten(machine)


def builtin_storm(machine):
    linux_builtin.storm(machine)


def builtin_kexec(machine):
    linux_builtin.kexec(machine)


def builtin_crash_kernel(machine):
    linux_builtin.crash_kernel(machine)


def builtin_hot_add(machine):
    linux_builtin.hot_add(machine, "4G")


def builtin_hot_add_without_table(machine):
    """OVMF has accepted all that there was at boot."""
    linux_builtin.hot_add(machine, "1G")


CASES = []
MORE = [builtin_one_vcpu, builtin_four_vcpus, builtin_forgotten, builtin_storm, builtin_kexec,
        builtin_crash_kernel, builtin_hot_add, builtin_hot_add_without_table]
