# SPDX-License-Identifier: MIT
"""Other ways to start Linux in a TD: from a disk by a boot loader, and by another Linux."""

import guests
from guests import kexec
from machine import SHIM, SHIM_ENDS, cache, expect

NAMES = "Memory Encryption Features active: Intel TDX"


def systemd_boot(machine):
    guests.systemd_boot(machine).says(NAMES)


def second_kernel_is_good(boot, vcpus, ends=0):
    guests.second_kernel_is_good(boot, vcpus, ends)
    boot.says(NAMES)


def kexec_one_vcpu(machine):
    second_kernel_is_good(kexec(machine, *SHIM, append=guests.FILL), 1, SHIM_ENDS)


def kexec_ovmf(machine):
    second_kernel_is_good(kexec(machine), 1)


def kexec_four_vcpus(machine):
    second_kernel_is_good(kexec(machine, "--vcpus", "4"), 4)


def kexec_by_segments(machine):
    """By kexec_load(), where the command reads the kernel and says what goes where."""
    second_kernel_is_good(kexec(machine, flags="-c"), 1)


def kexec_linux_6_12(machine):
    second_kernel_is_good(kexec(machine, part="linux-6.12"), 1)


def crash_kernel(machine):
    guests.crash_kernel(machine).says(NAMES)


def firmware_with_keys(machine):
    """The build of OVMF for TDX alone verifies images, and the kernel that is not signed fails."""
    firmware = cache("guest", "usr", "share", "ovmf", "OVMF.inteltdx.ms.fd")
    refused = "Secure boot image verification failed"
    boot = machine.boot("--firmware", firmware, until=refused)
    expect(boot.matched, "the firmware did not verify the kernel")
    boot.kept_the_rules()
    expect("Linux version" not in boot.console, "the kernel was started")


def exec_command(machine):
    guests.exec_command(machine)


def exec_status(machine):
    guests.exec_status(machine)


def exec_panic(machine):
    guests.exec_panic(machine)


def hot_added(machine):
    guests.hot_added(machine, "FREE", *SHIM)


def two_nodes(machine):
    guests.two_nodes(machine)


CASES = [exec_command, exec_status, exec_panic, systemd_boot, kexec_one_vcpu,
         firmware_with_keys, hot_added]
MORE = [two_nodes, kexec_ovmf, kexec_four_vcpus, kexec_by_segments, kexec_linux_6_12, crash_kernel]
