# SPDX-License-Identifier: MIT
"""Whole boots as a TD."""

import os

import shim
from machine import HALF, SHIM, SHORT, Skipped, cache, expect


# An accept of the kernel's, with 4 GiB, one vCPU and this project's firmware, of memory that it uses
# at once.
KERNELS_OWN = 2250


def is_clean_td(boot):
    boot.is_clean()
    boot.says("Memory Encryption Features active: Intel TDX")
    expect(boot.run["accept_calls"]["1g"] == 0, "1 GiB accepts do not exist")


def accepted_all(boot):
    expect(boot.unaccepted and boot.unaccepted[0] == 0, "something was left unaccepted")
    expect(boot.run["unaccepted_bytes"] == 0, "the report says something is unaccepted")


def lazy(machine):
    """By OVMF."""
    boot = machine.boot(*HALF)
    is_clean_td(boot)
    boot.is_lazy()
    expect(boot.run["accept_calls_by_phase"]["kernel"]["2m"] > 500, "the kernel accepted little")
    expect(boot.run["calls"]["mr_rtmr_extend"] > 0, "nothing was measured")
    asked_for_each_ve(boot)


def asked_for_each_ve(boot):
    """Each handler of a #VE fetches its information, and asks the host; firmware and kernel ask it
    without a #VE as well, but never to write an MSR."""
    ve, vmcalls = boot.run["ve"], boot.run["vmcalls"]
    for reason in "cpuid", "io", "rdmsr", "wrmsr", "mmio":
        expect(ve[reason] > 0, f"no #VE for {reason}")
    expect(sum(ve.values()) == boot.run["calls"]["vp_veinfo_get"],
           "#VEs and calls for their information differ")
    for reason in "io", "rdmsr", "mmio":
        expect(vmcalls[reason] >= ve[reason], f"#VEs for {reason} that did not reach the host")
    expect(vmcalls["wrmsr"] == ve["wrmsr"], "#VEs for WRMSR and calls to the host differ")


def without_ve(machine):
    boot = machine.boot("--ve", "off", *HALF)
    is_clean_td(boot)
    boot.is_lazy()
    expect(not any(boot.run["ve"].values()), "there was a #VE")


def four_vcpus_width_48(machine):
    boot = shim.smp(machine, 4, "--gpa-width", "48")
    is_clean_td(boot)
    accepts = [calls["2m"] for calls in boot.run["accept_calls_by_vcpu"]]
    expect(len(accepts) == 4 and sum(accepts) == boot.run["accept_calls"]["2m"], "vCPUs' accepts")


def width_53(machine):
    is_clean_td(shim.smp(machine, 2, "--gpa-width", "53"))


def eager(machine):
    boot = machine.boot(*SHIM, "--policy", "eager", *SHORT)
    is_clean_td(boot)
    accepted_all(boot)


def host_4k(machine):
    boot = machine.boot("--host-4k", *HALF)
    is_clean_td(boot)
    expect(boot.run["accept_calls"]["2m"] == 0, "a 2 MiB accept succeeded")
    expect(boot.run["fell_back"] > 500, "no 2 MiB accept was tried")


def forgotten(machine):
    """The positive control: an accept that did nothing is caught at the next access."""
    boot = shim.forgotten(machine, KERNELS_OWN)
    boot.was_caught(view="private", write=True, state="PENDING")
    violation = boot.run["violation"]
    expect(violation["rip"] >> 63 == 1, "not the kernel's access")


def linux_6_12_four_vcpus(machine):
    boot = shim.linux_6_12(machine, "--vcpus", "4")
    is_clean_td(boot)
    boot.says(r"Linux 6\.12\..*, 4 CPU\(s\)")


def linux_6_12(*more):
    """Options for the demonstration with Debian 13's kernel, if that has been fetched."""
    kernel = cache("linux-6.12", "vmlinuz")
    if not os.path.exists(kernel):
        raise Skipped("there is no Linux 6.12: cvmem vm --setup")
    return ("--kernel", kernel, "--demo", *more)


def linux_6_12_lazy(machine):
    boot = machine.boot(*linux_6_12(*HALF))
    is_clean_td(boot)
    boot.is_lazy()
    boot.says(r"Linux 6\.12\.")
    expect(boot.run["accept_calls_by_phase"]["kernel"]["2m"] > 500, "the kernel accepted little")


def linux_6_12_eager(machine):
    boot = machine.boot(*linux_6_12("--policy", "eager", *SHORT))
    is_clean_td(boot)
    boot.says(r"Linux 6\.12\.")
    accepted_all(boot)


CASES = [lazy, four_vcpus_width_48, eager, forgotten, linux_6_12_four_vcpus]
# linux_6_12_four_vcpus shows the same as linux_6_12_lazy, which has OVMF.
MORE = [linux_6_12_lazy, without_ve, width_53, host_4k, linux_6_12_eager]
