# SPDX-License-Identifier: MIT
"""Other ways to start Linux as an SNP guest: from a disk by a boot loader, and by another Linux."""

import re

import guests
import images
from cases_snp import NAMES, SNP
from guests import kexec
from machine import SHIM, SHIM_ENDS, expect


def systemd_boot(machine):
    guests.systemd_boot(machine, *SNP).says(NAMES)


def second_kernel_is_good(boot, vcpus, ends=0):
    guests.second_kernel_is_good(boot, vcpus, ends)
    boot.says(NAMES)


def kexec_one_vcpu(machine):
    boot = kexec(machine, *SNP, *SHIM, append=guests.FILL)
    second_kernel_is_good(boot, 1, SHIM_ENDS)


def kexec_ovmf(machine):
    second_kernel_is_good(kexec(machine, *SNP), 1)


def kexec_four_vcpus(machine):
    second_kernel_is_good(kexec(machine, *SNP, "--vcpus", "4"), 4)


def kexec_by_segments(machine):
    second_kernel_is_good(kexec(machine, *SNP, flags="-c"), 1)


def crash_kernel(machine):
    guests.crash_kernel(machine, *SNP).says(NAMES)


def left_shared(trace):
    """Pages that were shared and have not been made private since."""
    pages = set()
    with open(trace, encoding="utf-8") as file:
        for line in file.read().splitlines()[1:-1]:
            event, gpa, size = line.split()[3:]
            concerned = range(int(gpa, 16) >> 12, int(gpa, 16) + int(size, 16) >> 12)
            if event == "share":
                pages.update(concerned)
            elif event == "unshare":
                pages.difference_update(concerned)
    return pages


def kexec_linux_6_12(machine):
    """It takes nothing back before the jump, and reads what it has shared as private memory while
    it copies the second kernel's segments to their places."""
    trace = machine.file("trace")
    boot = kexec(machine, *SNP, "--trace", trace, part="linux-6.12")
    boot.says("cvmem: kexec loaded: status 0", "Starting new kernel")
    boot.was_caught(view="private", state="SHARED", write=False, fetch=False)
    expect(boot.console.count("Linux version") == 1, "the second kernel has begun")
    pages = left_shared(trace)
    expect(boot.run["violation"]["gpa"] >> 12 in pages, "the trace has that page as private")
    buffer = re.search(r"software IO TLB: mapped \[mem (0x\w+)-(0x\w+)\]", boot.console)
    first, end = (int(address, 16) >> 12 for address in buffer.groups())
    expect(pages.issuperset(range(first, end)), "the buffer for devices has been taken back")


def hotplug(machine):
    """A CPU that Linux takes away sleeps in an AP reset hold, until it is created again."""
    initrd = guests.guest_initrd(machine).write()
    boot = machine.boot(*SNP, *SHIM, "--vcpus", "2", "--initrd", initrd, "--kernel", images.kernel(),
                        "--append", f"{guests.CONSOLE} cvmem_test=hotplug")
    boot.is_clean()
    boot.says(NAMES, "cpu1 0, 1 CPU", "cpu1 1, 2 CPU", "cpu1 works",
              "cvmem: done")
    expect("failed to report dead state" not in boot.console, "the CPU went on running")
    exits = boot.run["exits"]
    expect(exits["ap_reset_hold"] >= 1, "the CPU was not put to sleep")
    expect(exits["ap_creation"] >= 2, "the CPU was not created again")


def exec_command(machine):
    guests.exec_command(machine, "--platform", "snp")


def exec_status(machine):
    guests.exec_status(machine, "--platform", "snp")


def exec_panic(machine):
    guests.exec_panic(machine, "--platform", "snp")


def hot_added(machine):
    guests.hot_added(machine, "UNVALIDATED", *SNP, *SHIM)


def two_nodes(machine):
    guests.two_nodes(machine, *SNP)


CASES = [exec_command, exec_status, exec_panic, systemd_boot, kexec_one_vcpu,
         hotplug, hot_added]
MORE = [two_nodes, kexec_ovmf, kexec_four_vcpus, kexec_by_segments, kexec_linux_6_12, crash_kernel]
