# SPDX-License-Identifier: MIT
"""The stages of boot/ as a kernel of their own in the machine of `cvmem vm`, beside the same stages
in a process: `cvmem boot --engine vm`."""

import json
import os
import random
import subprocess

from machine import SECONDS, Skipped, expect

# What the workload allocates is recorded: the same wherever it runs.
ALLOCATIONS = 64057


# What the kernel converts before its stages begin: its buffer for fw_cfg, by one MapGPA call, and what
# else an entry of a page state change request is for.
OWN_CONVERSIONS = {"tdx": 1, "snp": 33}


def boot(machine, *options, engine="vm"):
    """The report, and the exit status."""
    done = subprocess.run(
        [os.path.join(machine.build, "cvmem"), "boot", "--engine", engine, "--platform",
         machine.platform, "--json", *options],
        check=False, timeout=SECONDS, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, universal_newlines=True)
    with open(machine.log, "w", encoding="utf-8") as log:
        log.write(done.stdout + done.stderr)
    expect(done.stdout, f"there is no report, exit status {done.returncode}: {done.stderr[-200:]}")
    return json.loads(done.stdout), done.returncode


def is_clean(run):
    """The shell was reached, and the rules were kept."""
    expect(run["ok"] and run["seconds_to_shell"] > 0, "the shell was not reached")
    for key in "touch_before_accept", "double_accepts", "corrupted_pages":
        expect(run[key] == 0, f"{key} is {run[key]}")
    expect(run["allocations"] == ALLOCATIONS, f"{run['allocations']} allocations")


def counts(machine):
    """Each policy accepts for the same causes as in the process; so does a much larger machine."""
    for options in ("--policy", "lazy"), ("--policy", "eager"), ("--memory", "512G"):
        report, status = boot(machine, *options)
        other, _ = boot(machine, *options, engine="process")
        run, reference = report["runs"][0], other["runs"][0]
        expect(status == 0, f"{options}: exit status {status}")
        is_clean(run)
        # Eager: the two machines differ by what the kernel's own image keeps from RAM.
        slack = 16 << 20 if "eager" in options else 0
        for cause, value in reference["accepted_bytes_by_cause"].items():
            found = run["accepted_bytes_by_cause"][cause]
            expect(abs(found - value) <= slack, f"{options}: {found} bytes for {cause}, not {value}")
        for key in "table_bytes", "descriptor_bytes":
            expect(run[key] == reference[key], f"{options}: {key} is {run[key]}")
        if "lazy" in options:
            same_conversions(machine, run, reference)


def same_conversions(machine, run, reference):
    """Those of the stages; on SNP an accept is one as well, so that these are no more and no less."""
    own = run["conversions"] - reference["conversions"]
    expect(own == OWN_CONVERSIONS[machine.platform],
           f"{run['conversions']} conversions, {reference['conversions']} in the process")


def on_fault(machine):
    """Memory is accepted by the handler of #VE or #VC: as often, and as far ahead, as in the process."""
    options = ("--policy", "on-fault")
    report, status = boot(machine, *options)
    other, _ = boot(machine, *options, engine="process")
    run, reference = report["runs"][0], other["runs"][0]
    expect(status == 0, f"exit status {status}")
    is_clean(run)
    expect(run["faults"]["taken"] > 0 and run["faults"]["ahead_bytes"] > 0, f"faults: {run['faults']}")
    for key in "faults", "accepted_bytes_by_cause", "table_bytes":
        expect(run[key] == reference[key], f"{key}: {run[key]}, not {reference[key]}")
    report, status = boot(machine, *options, "--vcpus", "4")
    expect(status == 0, f"4 CPUs: exit status {status}")
    is_clean(report["runs"][0])
    report, status = boot(machine, *options, "--attack", "remove")
    expect(status == 0 and report["attack"]["reaction"] == "faulted", f"a page was removed: {report}")


def hand_over(machine, *options, vcpus=2, kexecs=2):
    """A chain of kernels, each of which jumps to the next, which takes the table over; every page is
    written and read back; a crash kernel reads all that it may of the last one."""
    report, status = boot(machine, "--vcpus", str(vcpus), "--crash",
                          "--kexec", str(kexecs), "--every-page", *options)
    run = report["runs"][0]
    expect(status == 0, f"exit status {status}")
    is_clean(run)
    expect(run["kexecs"] == kexecs, f"{run['kexecs']} kernels were started by another one")
    expect(run["jumps"] == kexecs + 1, f"{run['jumps']} of them by a jump to their own image")
    expect(run["crash"]["read_bytes"] > 0, f"the crash kernel: {run['crash']}")
    every(run, report)


def hot_add(machine):
    """The kernel waits for a DIMM, which is plugged in, and adds it to the table: the same counts as
    in the process. With little memory before, the workload needs it."""
    options = ("--memory", "512M", "--hot-add", "512M@20000")
    for more in (), ("--vcpus", "2", "--every-page"):
        report, status = boot(machine, *options, *more)
        run = report["runs"][0]
        expect(status == 0, f"{more}: exit status {status}")
        is_clean(run)
        expect(run["hot_added_bytes"] == 512 << 20, f"{run['hot_added_bytes']} bytes were added")
        if more:
            expect(run["every_page_bytes"] > 512 << 20, "the memory is not used")
            continue
        reference = boot(machine, *options, engine="process")[0]["runs"][0]
        for key in "hot_added_bytes", "accepted_bytes_by_cause", "table_bytes", "descriptor_bytes":
            expect(run[key] == reference[key], f"{key}: {run[key]}, not {reference[key]}")


# The disk of `cvmem boot`, without its first sector.
DISK_BYTES = (256 << 10) - 512


def device(machine):
    """Each kernel writes to a disk by its bounce buffer and reads it back. Conversions are those of
    the process. What a disk reads for an address of private memory, the machine does not give."""
    options = ("--bounce", "64K")
    report, status = boot(machine, *options)
    run = report["runs"][0]
    expect(status == 0, f"exit status {status}")
    is_clean(run)
    expect(run["device_bytes"] == DISK_BYTES, f"{run['device_bytes']} bytes came back")
    reference = boot(machine, *options, engine="process")[0]["runs"][0]
    expect(reference["device_bytes"] == 0, "there is a device in the process")
    same_conversions(machine, run, reference)
    expect(run["accepted_bytes_by_cause"] == reference["accepted_bytes_by_cause"],
           f"causes: {run['accepted_bytes_by_cause']}")
    report, status = boot(machine, *options, "--", "--", "-fw_cfg",
                          "name=opt/org.cvmem/private-dma,string=1")
    run = report["runs"][0]
    expect(status == 1 and run["touch_before_accept"] == 1, f"private memory was given: {run}")
    expect("a device read" in run["stopped"] and run["device_bytes"] == 0, run["stopped"])


def device_hand_over(machine):
    """The disk belongs to one kernel after another, with other CPUs at work."""
    report, status = boot(machine, "--bounce", "1M", "--vcpus", "4", "--kexec", "3",
                          "--memory", "1G")
    run = report["runs"][0]
    expect(status == 0, f"exit status {status}")
    is_clean(run)
    expect(run["device_bytes"] == 4 * DISK_BYTES, f"{run['device_bytes']} bytes came back")


# Six processors whose APIC IDs are 0, 1, 2, 4, 5 and 6: a socket's begin at a multiple of a power of
# two. The kernel uses four or five of them.
TOPOLOGY = ("--", "--", "-smp", "6,sockets=2,cores=3,threads=1")


def need_efi(machine):
    if not os.path.exists(os.path.join(machine.build, "guest", "stub", "cvmem-guestx64.efi")):
        raise Skipped("the EFI application is not built: clang or lld-link is missing")


def efi(machine):
    """The kernel as an EFI application: OVMF has accepted what is below 4 GiB, and 1 GiB is left. All of
    it is used at the end; kernels and a crash kernel follow, and a disk is reached, on all CPUs, of
    which the others come from firmware."""
    need_efi(machine)
    options = ("--start", "efi", "--memory", "3G")
    report, status = boot(machine, *options)
    run = report["runs"][0]
    expect(status == 0, f"exit status {status}")
    is_clean(run)
    expect(run["unaccepted_bytes"] > 960 << 20, f"{run['unaccepted_bytes']} bytes are unaccepted")
    expect(run["table_bytes"] > 0, "the kernel has no table")
    report, status = boot(machine, *options, "--vcpus", "4", "--kexec", "2", "--crash",
                          "--bounce", "1M", "--every-page", *TOPOLOGY)
    run = report["runs"][0]
    expect(status == 0, f"4 CPUs: exit status {status}")
    is_clean(run)
    expect(run["kexecs"] == 2 and run["jumps"] == 3, f"{run['kexecs']} kernels, {run['jumps']} jumps")
    expect(run["crash"]["read_bytes"] > 0, f"the crash kernel: {run['crash']}")
    expect(run["device_bytes"] == 3 * DISK_BYTES, f"{run['device_bytes']} bytes came back")
    every(run, report)


def efi_policies(machine):
    """The reserve on a CPU that firmware has had, and the handler of an exception in firmware's place."""
    need_efi(machine)
    for policy, more in ("background", ("--vcpus", "2")), ("on-fault", ()):
        report, status = boot(machine, "--start", "efi", "--memory", "3G", "--policy", policy, *more)
        expect(status == 0, f"{policy}: exit status {status}")
        is_clean(report["runs"][0])


def efi_hot_add(machine):
    """A DIMM behind what firmware has mapped: with memory left unaccepted, and with none, so that the kernel
    begins without a table."""
    need_efi(machine)
    for memory, more in ("3G", ("--vcpus", "2")), ("1G", ()):
        report, status = boot(machine, "--start", "efi", "--memory", memory, "--hot-add",
                              "512M@20000", "--every-page", *more)
        run = report["runs"][0]
        expect(status == 0, f"{memory}: exit status {status}")
        is_clean(run)
        expect(run["hot_added_bytes"] == 512 << 20, f"{run['hot_added_bytes']} bytes were added")
        every(run, report)


def every(run, report):
    """All memory is accepted, and was written to: what is not free is in use. (The rest: the edges of
    the map, and what lies below 1 MiB.)"""
    expect(run["unaccepted_bytes"] < 4 << 20, f"{run['unaccepted_bytes']} bytes are unaccepted")
    left = report["memory_bytes"] - run["every_page_bytes"]
    expect(left < 320 << 20, f"{run['every_page_bytes']} of {report['memory_bytes']} bytes")


def every_page(machine, memory="8G"):
    """Each page of memory has its own address written to it, and read back when all have."""
    for vcpus in "1", "4":
        report, status = boot(machine, "--vcpus", vcpus, "--memory", memory,
                              "--every-page")
        expect(status == 0, f"{vcpus} CPUs: exit status {status}")
        is_clean(report["runs"][0])
        every(report["runs"][0], report)


# QEMU's clock, which is the guest's, counts its instructions: it does not depend on the host.
COUNTED = ("--", "--", "-icount", "shift=0")


def large(machine):
    """A lazy boot does not grow with memory, neither by the bytes that are accepted nor by its time. (QEMU
    has the RAM of a large SNP guest above 1 TiB, where AMD's processors have a hole below; the table
    covers that hole.)"""
    def measured(memory):
        report, status = boot(machine, "--memory", memory, *COUNTED)
        run = report["runs"][0]
        expect(status == 0, f"{memory}: exit status {status}")
        is_clean(run)
        return {key: run[key] for key in ("accepted_bytes_at_shell", "seconds_to_shell", "exits",
                                          "conversions")}
    small = measured("4G")
    expect(small["exits"] > small["conversions"] > 0, f"nothing was asked of the host: {small}")
    for memory in "1T", "4T":
        for key, value in measured(memory).items():
            expect(value <= 1.1 * small[key], f"{memory}: {key} is {value}, not {small[key]}")


def smp(machine, vcpus=4):
    """Every policy; with the background policy a CPU more accepts ahead."""
    report, status = boot(machine, "--vcpus", str(vcpus), "--compare", *TOPOLOGY)
    expect(status == 0, f"exit status {status}")
    expect(len(report["runs"]) == 3, "not every policy was run")
    for run in report["runs"]:
        is_clean(run)
    background = report["runs"][1]
    expect(background["reserve"]["bytes"] > 0, "nothing was made ready in the background")


def topology(machine):
    """The other CPUs are started by their APIC IDs, which are not their numbers, and stopped and started
    again."""
    report, status = boot(machine, "--vcpus", "4", "--kexec", "1", *TOPOLOGY)
    run = report["runs"][0]
    expect(status == 0, f"exit status {status}")
    is_clean(run)
    expect(run["kexecs"] == 1 and run["jumps"] == 1, f"{run['kexecs']} kernels, {run['jumps']} jumps")


def attacks(machine, names):
    """The documented reaction of each."""
    for name in names:
        report, status = boot(machine, "--attack", name)
        attack = report["attack"]
        expect(attack["strikes"] > 0, f"{name} never struck")
        expect(attack["as_documented"] and status == 0,
               f"{name}: {attack['reaction']}, not {attack['expected']}")


def all_attacks(machine):
    """Those that the platform has, and that need no change of the machine's map."""
    listed = subprocess.run([os.path.join(machine.build, "cvmem"), "boot", "--attack", "list"],
                            check=True, stdout=subprocess.PIPE, universal_newlines=True).stdout
    for line in listed.splitlines():
        name, platforms = line.split()[0], line.split()[1:3]
        if not name.startswith("map-") and machine.platform in platforms:
            yield name


def forgotten(machine, times):
    """An accept that does nothing is caught at the first touch, whichever it is: random numbers among
    the accepts of pages that the stages write to."""
    chosen = random.Random(machine.platform)
    for _ in range(times):
        number = chosen.randrange(860, 900)
        report, status = boot(machine, "--", f"--forget-accept={number}")
        run = report["runs"][0]
        expect(status == 1 and run["touch_before_accept"] == 1, f"accept {number} was not missed")
        expect("stopped" in run, "the machine was not stopped")
    # Where the machine goes on, the text says why the boot is none.
    done = subprocess.run(
        [os.path.join(machine.build, "cvmem"), "boot", "--engine", "vm", "--platform",
         machine.platform, "--", "--violation=log", "--forget-accept=880"],
        check=False, timeout=SECONDS, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        universal_newlines=True)
    expect(done.returncode == 1 and "accesses were to memory that may not be touched" in done.stdout,
           f"exit status {done.returncode}: {done.stdout}")
