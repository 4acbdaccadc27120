# SPDX-License-Identifier: MIT
"""The library in a kernel of its own, as a SEV-SNP guest."""

import metal


def metal_counts(machine):
    metal.counts(machine, "snp")


def metal_on_fault(machine):
    metal.on_fault(machine, "snp")


def metal_hand_over(machine):
    metal.hand_over(machine, "snp", "--memory", "512M")


def metal_hand_over_on_fault(machine):
    metal.hand_over(machine, "snp", "--memory", "1G", "--policy", "on-fault", vcpus=4, kexecs=3)


def metal_ten_kexecs(machine):
    metal.hand_over(machine, "snp", "--memory", "2G", vcpus=4, kexecs=10)


def metal_every_page(machine):
    metal.every_page(machine, "snp")


def metal_smp(machine):
    metal.smp(machine, "snp")


def metal_attacks(machine):
    metal.attacks(machine, "snp", ["already-accepted", "remove", "psc-lie"])


def metal_forgotten(machine):
    metal.forgotten(machine, "snp", 3)


def metal_large(machine):
    metal.large(machine, "snp")


def metal_all_attacks(machine):
    metal.attacks(machine, "snp",
                  [name for name, platforms in metal.all_attacks(machine) if "snp" in platforms])


def metal_forgotten_often(machine):
    metal.forgotten(machine, "snp", 20)


def metal_hundred_boots(machine):
    """At 4 CPUs, without a hang."""
    for _ in range(100):
        report, status = metal.boot(machine, "--platform", "snp", "--vcpus", "4")
        metal.is_clean(report["runs"][0])
        assert status == 0


CASES = [metal_counts, metal_on_fault, metal_smp, metal_attacks, metal_forgotten, metal_hand_over]
MORE = [metal_ten_kexecs, metal_every_page, metal_hand_over_on_fault, metal_large, metal_all_attacks, metal_forgotten_often, metal_hundred_boots]
