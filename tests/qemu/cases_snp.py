# SPDX-License-Identifier: MIT
"""Whole boots as an SNP guest."""

import os

import images
from machine import HALF, SHORT, Skipped, cache, expect

SNP = ("--platform", "snp")
NAMES = r"Memory Encryption Features active: AMD SEV SEV-ES SEV-SNP"
# A PVALIDATE of the kernel's, with 4 GiB and one vCPU, of a page that it uses at once.
KERNELS_OWN = 4500


def is_clean_guest(boot):
    boot.is_clean()
    boot.says(NAMES)
    expect(boot.run["accept_calls"]["1g"] == 0, "1 GiB PVALIDATEs do not exist")


def accepted_all(boot):
    expect(boot.unaccepted and boot.unaccepted[0] == 0, "something was left unaccepted")
    # 640K to 1 MiB are devices' in an ordinary machine, and nobody's here.
    expect(boot.run["unaccepted_bytes"] <= 384 << 10, "the report says something is unaccepted")


def lazy(machine):
    boot = machine.boot(*SNP)
    is_clean_guest(boot)
    boot.is_lazy()
    expect(boot.run["accept_calls_by_phase"]["kernel"]["2m"] > 500, "the kernel accepted little")
    for reason in "cpuid", "ioio", "msr", "mmio":
        expect(boot.run["vc"][reason] > 0, f"no #VC for {reason}")
    exits = boot.run["exits"]
    expect(exits["mmio_read"] + exits["mmio_write"] == boot.run["vc"]["mmio"],
           "device accesses and exits for them differ")
    expect(exits["ioio"] == boot.run["vc"]["ioio"], "port accesses and exits for them differ")


def without_vc(machine):
    boot = machine.boot(*SNP, "--vc", "off", *HALF)
    is_clean_guest(boot)
    boot.is_lazy()
    expect(not any(boot.run["vc"].values()), "there was a #VC")


def four_vcpus(machine):
    boot = machine.boot(*SNP, "--vcpus", "4", *HALF)
    is_clean_guest(boot)
    boot.is_lazy()
    boot.says(r"4 CPU\(s\)")
    expect(boot.run["exits"]["ap_creation"] >= 3, "the vCPUs were not created")
    accepts = [calls["2m"] for calls in boot.run["accept_calls_by_vcpu"]]
    expect(len(accepts) == 4 and sum(accepts) == boot.run["accept_calls"]["2m"], "vCPUs' accepts")


def two_vcpus_c_bit_47(machine):
    boot = machine.boot(*SNP, "--vcpus", "2", "--c-bit", "47", *HALF)
    is_clean_guest(boot)
    boot.is_lazy()
    boot.says(r"2 CPU\(s\)")


def eager(machine):
    boot = machine.boot(*SNP, "--policy", "eager", *SHORT)
    is_clean_guest(boot)
    accepted_all(boot)


def host_4k(machine):
    boot = machine.boot(*SNP, "--host-4k", *HALF)
    is_clean_guest(boot)
    expect(boot.run["accept_calls"]["2m"] == 0, "a 2 MiB PVALIDATE succeeded")
    expect(boot.run["fell_back"] > 500, "no 2 MiB PVALIDATE was tried")


def firmware_amdsev(machine):
    """Firmware that boots no kernel but the one whose hash the host has given it."""
    firmware = cache("guest", "usr", "share", "ovmf", "OVMF.amdsev.fd")
    if not os.path.exists(firmware):
        raise Skipped("there is no OVMF.amdsev.fd: cvmem vm --setup")
    boot = machine.boot(*SNP, "--firmware", firmware, *HALF)
    is_clean_guest(boot)
    boot.is_lazy()


def forgotten(machine):
    """The positive control: a PVALIDATE that did nothing is caught at the next access."""
    boot = machine.boot(*SNP, "--forget-accept", str(KERNELS_OWN))
    boot.was_caught(view="private", write=True)
    violation = boot.run["violation"]
    expect(violation["rip"] >> 63 == 1, "not the kernel's access")


def forgotten_as_vc(machine):
    """The same, given to the guest as a #VC 0x404: Linux terminates."""
    boot = machine.boot(*SNP, "--forget-accept", str(KERNELS_OWN), "--violation", "vc")
    expect(boot.run["vc"]["page_not_validated"] >= 1, "there was no #VC")
    boot.says("asked to be terminated: reason set 0, code 0")


def linux_6_12(machine):
    kernel = images.kernel("linux-6.12")
    boot = machine.boot(*SNP, "--kernel", kernel, "--demo", "--vcpus", "2", *HALF)
    is_clean_guest(boot)
    boot.is_lazy()
    boot.says(r"Linux 6\.12\..*, 2 CPU\(s\)")


CASES = [
    lazy,
    without_vc,
    four_vcpus,
    two_vcpus_c_bit_47,
    eager,
    host_4k,
    firmware_amdsev,
    forgotten,
    forgotten_as_vc,
    linux_6_12,
]
