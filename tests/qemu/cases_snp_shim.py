# SPDX-License-Identifier: MIT
"""This project's own firmware, in an SNP guest."""

import os
import re

import debugger
import images
import shim
from machine import SHIM, SHORT, expect

NAMES = "Memory Encryption Features active: AMD SEV SEV-ES SEV-SNP"
SNP = "--platform", "snp"


def shim_lazy(machine):
    """The firmware has accepted the kernel's place: Linux's decompressor would do so page by page."""
    boot = shim.lazy(machine, *SNP)
    boot.says(NAMES, "all as measured")
    calls = boot.run["accept_calls_by_phase"]["stub"]
    expect(calls["4k"] + calls["2m"] < 16, f"the decompressor accepts: {calls}")


def shim_nokaslr(machine):
    """The kernel stays where it was loaded, and no second place is accepted for it."""
    kernel = images.kernel()
    boot = machine.boot(*SHIM, *SNP, "--kernel", kernel, "--demo", "--append",
                        "cvmem_fill=2 nokaslr")
    boot.is_clean()
    calls = boot.run["accept_calls_by_phase"]["firmware"]
    expect(calls["2m"] * 2 * shim.MIB < 2 * shim.init_size(kernel), f"the firmware accepts: {calls}")


def shim_sixteen_vcpus(machine):
    shim.smp(machine, 16, *SNP).says(NAMES)


def shim_cannot_accept(machine):
    shim.cannot_accept(machine, *SNP)


def shim_policy(machine):
    shim.policy(machine, *SNP)


def shim_hostile(machine):
    shim.hostile(machine, *SNP)


def shim_lies(machine):
    """The second E820 entry of 20 bytes is RAM: its start, and its length at 8."""
    shim.lying(machine, "the memory map: the firmware's own memory is not in it",
               "cvm_map_read_e820", lambda gdb, at: gdb.set_word(at + 28, 0x100000), *SNP)
    shim.lies(machine, *SNP)


def shim_kexec_four_vcpus(machine):
    shim.kexec(machine, 4, *SNP)


# In the image: the first two constants of SHA-256, and the GUIDs of the initrd's and the kernel's hash.
CONSTANT = bytes.fromhex("982f8a4291443771")
INITRD = bytes.fromhex("31f7ba442f3ad74b9af141e29169781d")
KERNEL = bytes.fromhex("3794e74dd2ab7f42b835d5b172d2045b")


def shim_hashes(machine):
    """A firmware that computes another hash than the launch has measured, or compares another one,
    starts nothing."""
    with open(os.path.join(machine.build, "shim", "shim.rom"), "rb") as file:
        image = file.read()
    for sign in CONSTANT, INITRD, KERNEL:
        expect(image.count(sign) == 1, "the image has not each sign once")
    before, between, after = re.split(re.escape(INITRD) + b"|" + re.escape(KERNEL), image)
    swapped = before + KERNEL + between + INITRD + after
    for wrong, what in ((image.replace(CONSTANT, bytes(len(CONSTANT))), "the command line"),
                        (swapped, "the kernel"),
                        (image.replace(KERNEL, INITRD), "the page of hashes: it is no table")):
        path = shim.file_of(machine, "rom", wrong)
        boot = machine.boot("--firmware", path, "--memory", "1G", *SNP)
        if ":" not in what:
            what += ": its hash is not the one that the launch has measured"
        boot.says(f"cvmem shim: {what}")
        expect("starting Linux" not in boot.console, "Linux was started")
        expect(boot.run["ended"] == "powered-off", f"the machine's end: {boot.run['ended']}")
        os.remove(path)


def shim_split(machine):
    """A host that answers the question where the kernel's setup part ends with another number of
    sectors, at 0x1f1, moves the entry point, and no hash shows it."""
    def split(gdb):
        read = gdb.register(debugger.RIP)
        while gdb.argument(2) != 512:
            gdb.run_to_caller()
            gdb.run_to(read)
        head = gdb.argument(1)
        gdb.run_to_caller()
        gdb.set_word(head + 0x1f0, gdb.word(head + 0x1f0) + (1 << 8))
    shim.meddling(machine, "cvmem shim: the kernel: has a setup part .* setup_sects",
                  "bare_fw_cfg_read", split, *SNP)


def shim_injected(machine):
    """A host may inject #VC at any instruction, with any error code: CPUID, MSR, and device memory
    where the instruction loads from private memory."""
    entry = shim.symbol(machine, "entry_of_vc")
    code = shim.binutils(machine, "objdump", "-d", "--disassemble=linux_image_read")
    load = int(re.search(r"^ *(\w+):.*\tmovz[bw]l +(?:0x\w+)?\(%r[a-z]+\),", code,
                         re.MULTILINE).group(1), 16)
    for error, at in (0x72, None), (0x7c, None), (0x400, load):
        def inject(gdb, error=error, at=at):
            if at:
                gdb.run_to(at)
            gdb.inject(entry, error)
        shim.meddling(machine, rf"#VC: 0x{error:016x}\r?\nnot served: ", "linux_image_read", inject,
                      *SNP)


def shim_linux_6_1(machine):
    """It does not know unaccepted memory; and Debian's is not made for TDX."""
    initrd = images.Initrd(machine, "demonstration", images.DEMONSTRATION).write()
    boot = machine.boot(*SNP, *SHIM, "--kernel", images.kernel("linux-6.1"), "--initrd", initrd,
                        "--memory", "1G", "--append", f"{shim.CONSOLE} {SHORT[1]}")
    boot.is_clean()
    boot.says("this kernel takes no unaccepted memory, so all is accepted", r"Linux version 6\.1\.",
              NAMES, "cvmem: done")
    expect(boot.run["unaccepted_bytes"] <= shim.MIB, "the firmware has not accepted all")


def shim_crash_kernel(machine):
    shim.crash_kernel(machine, *SNP).says(NAMES)


def shim_large(machine):
    shim.large(machine, *SNP)


def shim_attacks(machine):
    shim.attacks(machine, "snp")


def shim_pvh(machine):
    shim.pvh(machine, "snp")


def shim_pvh_lazy(machine):
    shim.pvh_lazy(machine, "snp")


def shim_pvh_linux(machine):
    shim.pvh_linux(machine, "snp")


def shim_pvh_hostile(machine):
    shim.pvh_hostile(machine, "snp")


# Four vCPUs, Linux 6.12 and kexec by it: four_vcpus, linux_6_12, kexec_one_vcpu.
CASES = [shim_lazy, shim_hostile, shim_lies, shim_hashes, shim_split, shim_injected, shim_pvh,
         shim_pvh_lazy, shim_pvh_hostile]
MORE = [shim_sixteen_vcpus, shim_cannot_accept, shim_policy, shim_linux_6_1, shim_attacks,
        shim_kexec_four_vcpus, shim_crash_kernel, shim_large, shim_pvh_linux,
        shim_nokaslr]
