# SPDX-License-Identifier: MIT
"""Whole boots as an SNP guest."""

import os
import signal

import images
import shim
from machine import HALF, SHIM, SHORT, Skipped, cache, expect

SNP = ("--platform", "snp")
NAMES = r"Memory Encryption Features active: AMD SEV SEV-ES SEV-SNP"
# A PVALIDATE of the kernel's, with 4 GiB, one vCPU and this project's firmware, of a page that it
# uses at once.
KERNELS_OWN = 2290


def is_clean_guest(boot):
    boot.is_clean()
    boot.says(NAMES)
    expect(boot.run["accept_calls"]["1g"] == 0, "1 GiB PVALIDATEs do not exist")


def accepted_all(boot):
    expect(boot.unaccepted and boot.unaccepted[0] == 0, "something was left unaccepted")
    # 640K to 1 MiB are devices' in an ordinary machine, and nobody's here.
    expect(boot.run["unaccepted_bytes"] <= 384 << 10, "the report says something is unaccepted")


def lazy(machine):
    """By OVMF."""
    boot = machine.boot(*SNP, *HALF)
    is_clean_guest(boot)
    boot.is_lazy()
    expect(boot.run["accept_calls_by_phase"]["kernel"]["2m"] > 500, "the kernel accepted little")
    for reason in "cpuid", "ioio", "msr", "mmio":
        expect(boot.run["vc"][reason] > 0, f"no #VC for {reason}")
    exits = boot.run["exits"]
    expect(exits["mmio_read"] + exits["mmio_write"] == boot.run["vc"]["mmio"],
           "device accesses and exits for them differ")
    expect(exits["ioio"] == boot.run["vc"]["ioio"], "port accesses and exits for them differ")
    handlers_ask(boot)


def handlers_ask(boot):
    """Linux and OVMF ask the host for each of these; not for DR7, which they have written and so
    know, nor for MONITOR and MWAIT, which do nothing."""
    vc, exits = boot.run["vc"], boot.run["exits"]
    for reason in "msr", "wbinvd", "dr7_write", "rdpmc", "vmmcall":
        expect(vc[reason] == exits[reason], f"{vc[reason]} #VC and {exits[reason]} exits: {reason}")


def intercepts(machine):
    """A program under Linux: what it may not do is an ordinary exception, whatever is intercepted;
    the rest becomes a #VC, and works by Linux's handler. OVMF has no access to a port without one."""
    initrd = images.Initrd(machine, "root", images.GUEST)
    initrd.add(os.path.join(machine.build, "tests", "qemu", "guest_intercepts"), "bin/intercepts")
    boot = machine.boot(*SNP, "--vc", "all", "--kernel", images.kernel(), "--initrd",
                        initrd.write(), "--append", "console=ttyS0 cvmem_test=intercepts")
    is_clean_guest(boot)
    boot.says("Hypervisor detected: KVM", "Switched APIC routing to: physical x2apic")
    boot.says("cvmem: VMMCALL returns -1\\b", "cvmem: VMMCALL 0\\b")
    for refused in "MONITOR", "MWAIT":
        boot.says(f"cvmem: {refused} {signal.SIGILL:d}\\b")
    for refused in "INVD", "RDPMC", "read of DR7", "port", "port beside it", "port and one beside it":
        boot.says(f"cvmem: {refused} {signal.SIGSEGV:d}\\b")
    boot.says("cvmem: port in the map 0\\b")
    # The map of iopl() lets it; Linux's handler looks into the one of ioperm() instead.
    boot.says(f"cvmem: port by iopl {signal.SIGSEGV:d}\\b")
    # DR7 is kept by the host, and the processor's is another.
    boot.says("cvmem: breakpoint 42\\b")
    handlers_ask(boot)
    vc = boot.run["vc"]
    expect(vc["ioio"] == boot.run["exits"]["ioio"] + 1, "not one #VC for a port came to nothing")
    expect(vc["vmmcall"] == 1, f"{vc['vmmcall']} VMMCALLs")
    expect(vc["dr7_read"] > 0, "no #VC for the debug registers that OVMF looks at")
    expect(vc["dr7_write"] > 1, "no #VC for the breakpoint")
    expect(not any(vc[reason] for reason in ("rdpmc", "invd", "monitor", "mwait")),
           "a #VC for what is not allowed")


def without_vc(machine):
    boot = machine.boot(*SNP, "--vc", "off", *HALF)
    is_clean_guest(boot)
    boot.is_lazy()
    expect(not any(boot.run["vc"].values()), "there was a #VC")


def four_vcpus(machine):
    boot = shim.smp(machine, 4, *SNP)
    is_clean_guest(boot)
    expect(boot.run["exits"]["ap_creation"] >= 3, "the vCPUs were not created")
    accepts = [calls["2m"] for calls in boot.run["accept_calls_by_vcpu"]]
    expect(len(accepts) == 4 and sum(accepts) == boot.run["accept_calls"]["2m"], "vCPUs' accepts")


def two_vcpus_c_bit_47(machine):
    boot = machine.boot(*SNP, "--vcpus", "2", "--c-bit", "47", "--vc", "all", *HALF)
    is_clean_guest(boot)
    boot.is_lazy()
    boot.says(r"2 CPU\(s\)")
    handlers_ask(boot)
    expect(boot.run["vc"]["dr7_write"] >= 2, "not every vCPU has a #VC for DR7")


def eager(machine):
    boot = machine.boot(*SNP, *SHIM, "--policy", "eager", *SHORT)
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
    boot = shim.forgotten(machine, KERNELS_OWN, *SNP)
    boot.was_caught(view="private", write=True, state="UNVALIDATED")
    violation = boot.run["violation"]
    expect(violation["rip"] >> 63 == 1, "not the kernel's access")


def forgotten_as_vc(machine):
    """The same, given to the guest as a #VC 0x404: Linux terminates."""
    boot = machine.boot(*SNP, *SHIM, "--forget-accept", str(KERNELS_OWN), "--violation", "vc")
    expect(boot.run["vc"]["page_not_validated"] >= 1, "there was no #VC")
    boot.says("asked to be terminated: reason set 0, code 0")


def linux_6_12(machine):
    boot = shim.linux_6_12(machine, *SNP, "--vcpus", "2")
    is_clean_guest(boot)
    boot.says(r"Linux 6\.12\..*, 2 CPU\(s\)")


def linux_6_12_ovmf(machine):
    boot = machine.boot(*SNP, "--kernel", images.kernel("linux-6.12"), "--demo", "--vcpus", "2", *HALF)
    is_clean_guest(boot)
    boot.is_lazy()
    boot.says(r"Linux 6\.12\..*, 2 CPU\(s\)")


CASES = [
    lazy,
    intercepts,
    four_vcpus,
    eager,
    forgotten,
    forgotten_as_vc,
    linux_6_12,
]
# attestation_hashes boots the firmware of firmware_amdsev as well; lazy and linux_6_12 have one half
# each of linux_6_12_ovmf.
MORE = [firmware_amdsev, linux_6_12_ovmf, without_vc, two_vcpus_c_bit_47, host_4k]
