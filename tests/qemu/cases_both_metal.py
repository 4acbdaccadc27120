# SPDX-License-Identifier: MIT
"""The library in a kernel of its own, as a TD and as an SEV-SNP guest."""

import metal


def metal_counts(machine):
    metal.counts(machine)


def metal_on_fault(machine):
    metal.on_fault(machine)


def metal_hand_over(machine):
    metal.hand_over(machine, "--memory", "512M")


def metal_hand_over_on_fault(machine):
    metal.hand_over(machine, "--memory", "1G", "--policy", "on-fault", vcpus=4, kexecs=3)


def metal_ten_kexecs(machine):
    metal.hand_over(machine, "--memory", "2G", vcpus=4, kexecs=10)


def metal_hot_add(machine):
    metal.hot_add(machine)


def metal_device(machine):
    metal.device(machine)


def metal_device_hand_over(machine):
    metal.device_hand_over(machine)


def metal_every_page(machine):
    metal.every_page(machine)


def metal_smp(machine):
    metal.smp(machine)


def metal_topology(machine):
    metal.topology(machine)


def metal_attacks(machine):
    metal.attacks(machine, ["already-accepted", "remove", "psc-lie"])


def metal_forgotten(machine):
    metal.forgotten(machine, 3)


def metal_efi(machine):
    metal.efi(machine)


def metal_efi_policies(machine):
    metal.efi_policies(machine)


def metal_efi_hot_add(machine):
    metal.efi_hot_add(machine)


def metal_large(machine):
    metal.large(machine)


def metal_all_attacks(machine):
    metal.attacks(machine, metal.all_attacks(machine))


def metal_forgotten_often(machine):
    metal.forgotten(machine, 20)


def metal_hundred_boots(machine):
    """At 4 CPUs, without a hang."""
    for _ in range(100):
        report, status = metal.boot(machine, "--vcpus", "4")
        metal.is_clean(report["runs"][0])
        assert status == 0


CASES = [metal_counts, metal_on_fault, metal_smp, metal_attacks, metal_forgotten, metal_hand_over,
         metal_hot_add, metal_device]
MORE = [metal_ten_kexecs, metal_device_hand_over, metal_every_page, metal_hand_over_on_fault,
        metal_efi, metal_efi_policies, metal_efi_hot_add, metal_topology, metal_large,
        metal_all_attacks, metal_forgotten_often, metal_hundred_boots]
