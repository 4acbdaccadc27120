# SPDX-License-Identifier: MIT
"""The library inside Linux in a TD: the live patch of ports/linux."""

import linux_builtin
import linux_module
import linux_module_kexec
import linux_module_loads
import linux_module_machine


def module_loaded(machine):
    linux_module.loaded(machine, "--vcpus", "2")


def module_loaded_6_12(machine):
    linux_module.loaded(machine, "--vcpus", "2", kernel="linux-6.12")


def module_warm(machine):
    linux_module.warm(machine)


def module_under_load(machine):
    linux_module.under_load(machine, "--vcpus", "4", "--memory", "6G")


def module_under_load_6_12(machine):
    linux_module.under_load(machine, "--vcpus", "4", "--memory", "6G", kernel="linux-6.12")


def module_hundred_loads(machine):
    linux_module_loads.hundred_loads(machine)


def module_hundred_loads_6_12(machine):
    linux_module_loads.hundred_loads(machine, kernel="linux-6.12")


def module_kexec(machine):
    linux_module_kexec.kexec(machine)


def module_pressure(machine):
    linux_module_machine.pressure(machine)


def module_forgotten(machine):
    linux_module.forgotten(machine)


def module_already_accepted(machine):
    linux_module.already_accepted(machine)


def module_refuses_plain_machine(machine):
    linux_module.refused(machine, "neither a TD nor an SNP guest", "--plain")


def builtin_online_again(machine):
    linux_builtin.online_again(machine)


CASES = []
MORE = [module_loaded, module_loaded_6_12, module_warm, module_under_load, module_under_load_6_12,
        module_hundred_loads, module_hundred_loads_6_12, module_kexec, module_pressure,
        module_forgotten, module_already_accepted, module_refuses_plain_machine,
        builtin_online_again]
