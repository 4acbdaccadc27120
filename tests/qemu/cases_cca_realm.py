# SPDX-License-Identifier: MIT
"""Unmodified Linux as an Arm CCA Realm."""

import hashlib
import os
import re

import cca_token
import guests
import images
from machine import Skipped, cache, expect

# Where Linux is linked: VA_START of 48 bits and 2 GiB for modules.
LINKED = 0xffff800080000000
RAM, RAM_END, UART = 1 << 30, 2 << 30, 0x9000000
# After so many tries without progress the library gives up: cvm_cca_init().
LIBRARY_TRIES = 1000
CCA = "--platform", "cca", "--memory", "1G"
PART = "linux-arm64"


def linux(machine, *options, **how):
    """The demonstration, which writes to a fifth of its memory."""
    if not os.path.isdir(cache("qemu-arm")):
        raise Skipped("QEMU for arm64 has not been fetched: cvmem vm --setup --platform cca")
    images.kernel(PART)
    return machine.boot(*CCA, "--demo", "--append", "cvmem_fill=20", *options, **how)


def realm_touched_too_early(machine):
    """Linux writes to memory that its memory map has before it makes that RAM: with a host that has
    made RAM of what is loaded alone, it is told the instruction that would have been aborted."""
    boot = linux(machine, "--ripas", "image")
    boot.was_caught(view="private", state="EMPTY", write=True, fetch=False)
    violation = boot.run["violation"]
    expect(RAM <= violation["gpa"] < RAM_END, f"the address is {violation['gpa']:#x}")
    expect(violation["rip"] >> 63 == 1, "not the kernel's instruction")
    boot.says(f"wrote IPA {violation['gpa']:#x} .private view, state: EMPTY. "
              f"at PC {violation['rip']:#x}")


def functions_of_kernel(machine):
    """A file with the functions of the kernel, as that kernel lists them, and their addresses in
    order."""
    images.kernel(PART)
    status, listed, _ = machine.exec("grep -i ' [tw] ' /proc/kallsyms", *CCA)
    expect(status == 0, "the kernel's symbols cannot be read")
    path = machine.file("symbols")
    with open(path, "wb") as file:
        file.write(listed)
    rows = [line.split() for line in listed.decode().splitlines()]
    return path, sorted((int(row[0], 16), row[2]) for row in rows if len(row) == 3)


def realm_symbols(machine):
    """A violation has the functions, wherever the kernel lies: without KASLR it lies where it was
    linked, which tells what the PC belongs to."""
    path, functions = functions_of_kernel(machine)
    expect(len(functions) > 10000, "not all symbols have arrived")
    (text,) = [address for address, name in functions if name == "_text"]
    expect(text != LINKED, "the kernel has not moved, so that nothing is shown")
    boot = linux(machine, "--ripas", "image", "--symbols", path, "--append", "nokaslr")
    boot.was_caught(view="private", state="EMPTY")
    fixed = boot.run["violation"]
    expect(fixed["kernel_slide"] == LINKED - text, "the kernel is not where it was linked")
    at = fixed["rip"] - LINKED + text
    start = max(address for address, _ in functions if address <= at)
    names = {name for address, name in functions if address == start}
    expect(fixed["function"] in names, f"{fixed['function']} is none of {names}")
    boot.says(f"at PC {fixed['rip']:#x} .{fixed['function']}.")
    # The kernel's own first function calls all that runs so early.
    expect(fixed["path"][-1] in ("__primary_switched", "start_kernel"), f"{fixed['path']}")
    expect("start_kernel" in fixed["path"], f"{fixed['path']}")
    moved = linux(machine, "--ripas", "image", "--symbols", path).run["violation"]
    expect(moved["rip"] != fixed["rip"], "the kernel has not moved")
    expect(moved["path"] == fixed["path"], f"{moved['path']} and {fixed['path']}")


def is_realm(boot, vcpus):
    boot.is_clean()
    boot.says("cvmem: done", rf"cvmem: Linux 7\S+, {vcpus} CPU", "the OS has all memory")
    calls = boot.run["calls"]
    expect(calls["version"] == 1 and calls["realm_config"] == 1, f"RSI calls: {calls}")
    expect(calls["ipa_state_set"] > 1, "no memory was shared")
    expect(boot.run["smcs"]["psci"] >= vcpus, "PSCI was not called")
    expect(boot.run["hvcs"] == 0, "the Realm called a hypervisor")


def realm_linux(machine):
    is_realm(linux(machine), 1)


def realm_four_vcpus(machine):
    is_realm(linux(machine, "--vcpus", "4"), 4)


def realm_disk(machine):
    """A virtio-blk disk, whose DMA goes through shared memory, and whose interrupts come by the
    ITS."""
    initrd = images.Initrd(machine, "root", images.GUEST, "guest-arm64")
    initrd.add_module("virtio_blk", PART)
    disk = machine.file("disk")
    content = os.urandom(4 << 20)
    with open(disk, "wb") as file:
        file.write(content)
    boot = machine.boot(*CCA, "--kernel", images.kernel(PART), "--initrd", initrd.write(),
                        "--append", "console=ttyAMA0 panic=-1 cvmem_test=whole_disk",
                        "--disk", disk)
    boot.is_clean()
    boot.says("cvmem: done", f"cvmem: read {hashlib.sha256(content).hexdigest()}",
              "cvmem: interrupt ITS-PCI-MSIX.*virtio")
    with open(disk, "rb") as file:
        wrote = hashlib.sha256(file.read(1 << 20)).hexdigest()
    boot.says(f"cvmem: wrote {wrote}")
    os.remove(disk)


def realm_token(machine):
    """Linux's driver reads the Realm's attestation token: the key that the report names has signed
    it, and it has the challenge."""
    initrd = images.Initrd(machine, "root", images.GUEST, "guest-arm64")
    for module in "configfs", "tsm_report", "arm-cca-guest":
        initrd.add_module(module, PART)
    boot = machine.boot(*CCA, "--kernel", images.kernel(PART), "--initrd", initrd.write(),
                        "--append", "console=ttyAMA0 panic=-1 cvmem_test=token")
    boot.is_clean()
    if "attestation_key" not in boot.run:
        raise Skipped("the plugin is built without attestation")
    key = tuple(int(boot.run["attestation_key"][part], 16) for part in ("x", "y"))
    tokens = []
    for challenge in "w", "x":
        found = re.search(rf"cvmem: token {challenge} arm.cca.guest ([0-9a-f]+)\r?$", boot.console,
                          re.MULTILINE)
        expect(found, "the guest has printed no token")
        tokens.append(cca_token.Token(bytes.fromhex(found.group(1))))
        wrong = tokens[-1].verify(key)
        expect(wrong is None, wrong)
        claims = tokens[-1].realm.claims
        expect(claims[10] == challenge.encode() * 64, "not the challenge")
        expect(claims[44238] != bytes(32), "nothing was measured")
    first, second = (token.realm.claims for token in tokens)
    expect({**first, 10: second[10]} == second, "the tokens are not of one Realm")


def realm_exec(machine):
    """A command's status is ours; standard output and standard error are its own, byte by byte."""
    images.kernel(PART)
    guests.exec_status(machine, *CCA)


def realm_panics(machine):
    """Linux gives up when a change ends other than it should. Its panic is seen by the console that
    it takes for a device in the protected half."""
    for attack in ("reject", "back", "past"):
        boot = linux(machine, "--attack", attack, "--append",
                     f"earlycon=pl011,mmio32,{UART:#x}")
        strikes = boot.run["attack"]["strikes"]
        expect(strikes == 1, f"{attack}: {strikes} attacks")
        boot.was_caught(view="private", state="not RAM")
        page = boot.run["violation"]["gpa"] & ~4095
        expect(page == UART, f"{attack}: caught at {page:#x}")


def realm_asks_for_ever(machine):
    """Linux repeats a change of which nothing is done, without a limit: what bounds it is --timeout.
    A page that the host took just before is one that is never made RAM again without the Realm's
    consent to lose it."""
    for attack, destroyed in ("stall", 0), ("destroy-again", 1):
        boot = linux(machine, "--attack", attack, "--timeout", "60")
        expect(boot.status == 124, f"{attack}: exit status {boot.status}")
        expect(boot.run["ended"] == "timed-out", f"{attack}: {boot.run['ended']}")
        expect(not boot.run["ok"], f"{attack}: the run is ok")
        expect(boot.run["destroyed_pages"] == destroyed, f"{attack}: not the pages destroyed")
        expect(boot.run["touch_before_accept"] == 0, f"{attack}: touched too early")
        asked = boot.run["calls"]["ipa_state_set"]
        expect(asked > 10 * LIBRARY_TRIES, f"{attack}: asked {asked} times")
        expect(boot.run["partial_changes"] == asked, f"{attack}: some of it was done")


def realm_no_dma_platform(machine):
    """A device that is not told that it has shared memory alone is caught when it reads a descriptor
    that is the Realm's."""
    initrd = images.Initrd(machine, "root", images.GUEST, "guest-arm64")
    initrd.add_module("virtio_blk", PART)
    disk = machine.file("disk")
    with open(disk, "wb") as file:
        file.truncate(4 << 20)
    boot = machine.boot(*CCA, "--kernel", images.kernel(PART), "--initrd", initrd.write(),
                        "--append", "console=ttyAMA0 panic=-1 cvmem_test=whole_disk", "--",
                        "-drive", f"if=none,id=disk0,format=raw,file={disk}",
                        "-device", "virtio-blk-pci,drive=disk0,disable-legacy=on")
    boot.was_caught(view="device", state="RAM")
    os.remove(disk)


CASES = [realm_touched_too_early]
MORE = [
    realm_linux,
    realm_four_vcpus,
    realm_disk,
    realm_token,
    realm_exec,
    realm_panics,
    realm_asks_for_ever,
    realm_no_dma_platform,
    realm_symbols,
]
