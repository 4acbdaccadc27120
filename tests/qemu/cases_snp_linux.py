# SPDX-License-Identifier: MIT
"""The library inside Linux in an SNP guest: the live patch of ports/linux."""

import linux_module
import linux_module_kexec
import linux_module_loads
import linux_module_machine

SNP = ("--platform", "snp")


def module_loaded(machine):
    linux_module.loaded(machine, *SNP, "--vcpus", "2")


def module_loaded_6_12(machine):
    linux_module.loaded(machine, *SNP, "--vcpus", "2", kernel="linux-6.12")


def module_warm(machine):
    linux_module.warm(machine, *SNP)


def module_under_load(machine):
    linux_module.under_load(machine, *SNP, "--vcpus", "4", "--memory", "6G")


def module_under_load_6_12(machine):
    linux_module.under_load(machine, *SNP, "--vcpus", "4", "--memory", "6G", kernel="linux-6.12")


def module_hundred_loads(machine):
    linux_module_loads.hundred_loads(machine, *SNP)


def module_hundred_loads_6_12(machine):
    linux_module_loads.hundred_loads(machine, *SNP, kernel="linux-6.12")


def module_kexec(machine):
    linux_module_kexec.kexec(machine, *SNP)


def module_pressure(machine):
    linux_module_machine.pressure(machine, *SNP)


def module_hot_plug(machine):
    # Each CPU once: Linux 7.2 itself panics at a CPU's second return.
    linux_module_machine.hot_plug(machine, *SNP, plugs=3)


CASES = []
MORE = [module_loaded, module_loaded_6_12, module_warm, module_under_load, module_under_load_6_12,
        module_hundred_loads, module_hundred_loads_6_12, module_kexec, module_pressure,
        module_hot_plug]
