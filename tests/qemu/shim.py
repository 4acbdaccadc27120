# SPDX-License-Identifier: MIT
"""This project's own firmware starts unmodified Linux, on any platform."""

import os
import re
import struct
import subprocess
import threading

import debugger
import guests
import images
from machine import FIFTH, FIRST_PROCESS, SHIM, SHIM_ENDS, SHORT, Failed, expect

MIB = 1 << 20
# Beside the kernel's init_size and the initrd.
OWN = 128 * MIB
CONSOLE = "console=ttyS0 no_timer_check panic=-1"
# What a kernel's stub says of the table, and in the table's GUID.
SIGNS = b"Unknown version of unaccepted memory table", b"\x3c\xde\xd1\xd5"


def init_size(kernel):
    """Linux, Documentation/arch/x86/boot.rst."""
    with open(kernel, "rb") as file:
        file.seek(0x260)
        return int.from_bytes(file.read(4), "little")


def accepted_little(boot, kernel):
    """The firmware accepted itself, the kernel and the initrd."""
    calls = boot.run["accept_calls_by_phase"]["firmware"]
    accepted = calls["4k"] * 4096 + calls["2m"] * 2 * MIB
    initrd = 4 * MIB
    expect(init_size(kernel) < accepted <= init_size(kernel) + initrd + OWN,
           f"the firmware accepted {accepted} bytes")


def lazy(machine, *options):
    boot = machine.boot(*SHIM, *FIFTH, *options)
    boot.is_clean()
    boot.is_lazy(SHIM_ENDS)
    boot.says("cvmem shim: accepted")
    accepted_little(boot, images.kernel())
    return boot


def forgotten(machine, number, *options):
    """The N-th accept did nothing, and the next access to its memory is caught: the memory that
    comes after what the accept before has taken, and is no line of the trace."""
    trace = machine.file("trace")
    boot = machine.boot(*SHIM, *options, "--forget-accept", str(number), "--trace", trace)
    accepts = []
    with open(trace, encoding="utf-8") as file:
        for _, _, phase, event, address, size in map(str.split, file.read().splitlines()[1:-1]):
            if event == "accept" and phase != "launch":
                accepts.append((int(address, 16), int(size, 16), phase))
    address, size, phase = accepts[number - 2]
    gpa = boot.run["violation"]["gpa"]
    expect(phase == "kernel", f"the accept before is of the {phase}")
    expect(address + size <= gpa < address + 2 * size,
           f"the access is at 0x{gpa:x}, not behind 0x{address:x}")
    expect(not any(start <= gpa < start + length for start, length, _ in accepts),
           "it was accepted")
    return boot


def smp(machine, vcpus, *options):
    boot = lazy(machine, "--vcpus", str(vcpus), *options)
    boot.says(rf"{vcpus} CPU\(s\)")
    return boot


def other_linux(machine, kernel, *options, append=""):
    initrd = images.Initrd(machine, "demonstration", images.DEMONSTRATION).write()
    boot = machine.boot(*SHIM, "--kernel", kernel, "--initrd", initrd, "--append",
                        f"{CONSOLE} {FIFTH[1]} {append}", *options)
    boot.is_clean()
    boot.says("cvmem: done")
    return boot


def linux_6_12(machine, *options):
    kernel = images.kernel("linux-6.12")
    boot = other_linux(machine, kernel, *options)
    boot.is_lazy(SHIM_ENDS)
    boot.says(r"Linux version 6\.12")
    accepted_little(boot, kernel)
    return boot


def cannot_accept(machine, *options):
    """A kernel that shows no support gets all memory accepted, and the console says so."""
    with open(images.kernel("linux-6.12"), "rb") as file:
        data = file.read()
    for sign in SIGNS:
        expect(sign in data, "the kernel has not the signs that it should have")
        data = data.replace(sign, bytes(len(sign)))
    kernel = machine.file("vmlinuz")
    with open(kernel, "wb") as file:
        file.write(data)
    boot = other_linux(machine, kernel, "--memory", "1G", *options)
    boot.says("this kernel takes no unaccepted memory, so all is accepted")
    expect(boot.unaccepted and not any(boot.unaccepted), "Linux found unaccepted memory")
    # RAM that a PC has below 1 MiB is no RAM of Linux's.
    expect(boot.run["unaccepted_bytes"] <= MIB, "the firmware has not accepted all")
    os.remove(kernel)


def policy(machine, *options):
    """As much as the command line says; it wins over the host's file."""
    boot = machine.boot(*SHIM, "--append", f"{SHORT[1]} cvmem.accept=1G", *options,
                        "--", "-fw_cfg", "name=opt/org.cvmem/accept,string=all",
                        until=FIRST_PROCESS)
    boot.kept_the_rules()
    accepted = int(re.search(r"cvmem shim: accepted (\d+) MiB", boot.console).group(1))
    expect(1024 + 64 < accepted < 1024 + 256, f"{accepted} MiB were accepted")


def refused(machine, line, *options):
    """One readable line, and a power-off."""
    ended(machine, f"cvmem shim: {line}", *options)


def ended(machine, lines, *options):
    boot = machine.boot(*SHIM, *options)
    boot.says(lines)
    expect("Linux version" not in boot.console, "Linux was started")
    expect(boot.run["touch_before_accept"] == 0, "memory was touched too soon")
    expect(boot.run["ended"] == "powered-off", f"the machine's end: {boot.run['ended']}")


def file_of(machine, suffix, data):
    path = machine.file(suffix)
    with open(path, "wb") as file:
        file.write(data)
    return path


def hostile(machine, *options):
    """What the host gives is wrong."""
    with open(images.kernel(), "rb") as file:
        kernel = bytearray(file.read(1 << 20))
    cases = []
    for at, value, what in ((0x258, bytes(8), "prefers an address that cannot be"),
                            (0x230, b"\3\0\0\0", "has an alignment that cannot be"),
                            (0x260, b"\0\0\0\xff", "there is no memory for it"),
                            (0x236, b"\0\0", "has no entry in 64-bit mode")):
        broken = bytearray(kernel)
        broken[at:at + len(value)] = value
        cases.append((f"the kernel: {what}", broken, []))
    cases.append(("fw_cfg's opt/org.cvmem/accept: it is neither", kernel,
                  ["--", "-fw_cfg", "name=opt/org.cvmem/accept,string=some"]))
    for line, data, arguments in cases:
        path = file_of(machine, "vmlinuz", bytes(data))
        refused(machine, line, "--kernel", path, "--memory", "1G", *options, *arguments)
        os.remove(path)


def binutils(machine, *command):
    elf = os.path.join(machine.build, "shim", "shim.elf")
    return subprocess.run([*command, elf], check=True, stdout=subprocess.PIPE,
                          universal_newlines=True).stdout


def symbol(machine, name):
    found = re.search(rf"^(\w+) [Tt] {name}$", binutils(machine, "nm"), re.MULTILINE)
    return int(found.group(1), 16)


def lying(machine, line, function, change, *options):
    """The host gives something else: its bytes are changed where the firmware begins to read them."""
    meddling(machine, f"cvmem shim: {line}", function,
             lambda gdb: change(gdb, gdb.argument(1)), *options)


def meddling(machine, lines, function, change, *options):
    """The machine stops where that function begins, and something is changed."""
    path = machine.file("gdb")
    if os.path.exists(path):
        os.remove(path)
    address = symbol(machine, function)
    failures = []

    def host():
        gdb = None
        try:
            gdb = debugger.Gdb(path)
            gdb.run_to(address)
            change(gdb)
            gdb.leave()
        except (Failed, OSError, ValueError) as failure:
            failures.append(failure)
            if gdb:
                gdb.kill()  # else the machine would wait for its debugger

    thread = threading.Thread(target=host, daemon=True)
    thread.start()
    try:
        ended(machine, lines, "--memory", "1G", *options, "--", "-S",
              "-gdb", f"unix:{path},server=on,wait=off")
    finally:
        thread.join()
        if failures:
            raise failures[0]


def lies(machine, *options):
    """Of memory, of ACPI tables, and of what there is."""
    def put(offset, value):
        return lambda gdb, address: gdb.set_word(address + offset, value)
    # ACPI loader, QEMU's hw/acpi/bios-linker-loader.c: a command is 128 bytes, its number the first
    # 4; ALLOCATE: name in 56, alignment in 4.
    for offset, value, what in ((60, 3, "a file's alignment cannot be"),
                                (4, 0, "a file to allocate has no name"),
                                (128, 2, "a pointer's file is not allocated")):
        lying(machine, f"the ACPI tables: {what}", "acpi_loader_run", put(offset, value), *options)
    for cmdline, what in (("x" * 3000, "the command line: it is longer than the kernel takes"),
                          ("cvmem.accept=1X", "the command line's cvmem.accept=: it is neither")):
        refused(machine, what, "--memory", "1G", "--append", cmdline, *options)
    initrd = file_of(machine, "initrd", bytes(200 * MIB))
    refused(machine, "the initrd: there is no memory for it", "--memory", "256M", "--initrd", initrd,
            "--kernel", images.kernel(), *options)
    os.remove(initrd)
    refused(machine, "the ACPI tables: fw_cfg has no etc/table-loader", "--memory", "1G", *options,
            "--", "-M", "acpi=off")


def kexec(machine, vcpus, *options):
    # Of 3.6 GiB the second kernel has up to 1.5 GiB accepted when it begins to write, by its own CPUs
    # and the first kernel's.
    boot = guests.kexec(machine, *SHIM, "--vcpus", str(vcpus), *options, append="cvmem_fill=50")
    guests.second_kernel_is_good(boot, vcpus, SHIM_ENDS)
    return boot


def crash_kernel(machine, *options):
    return guests.crash_kernel(machine, *SHIM, *options)


def large(machine, *options):
    """64 GiB, nearly all of which is left to Linux."""
    boot = machine.boot(*SHIM, *SHORT, "--memory", "64G", *options)
    boot.is_clean()
    expect(boot.unaccepted and boot.unaccepted[0] > 56 << 30, f"unaccepted: {boot.unaccepted[:1]}")
    accepted_little(boot, images.kernel())


# What the firmware does, by attack and opportunity: the first conversion is that of its buffer for
# DMA, and of accepts the 25th is one of the kernel's memory.
GOES_ON = "starting Linux"
REJECTED = "memory: rejected by the platform or the host"
BUFFER = "the buffer for DMA: rejected by the platform or the host"
REACTIONS = {
    "tdx": {"busy@25": GOES_ON, "busy-forever@25": REJECTED, "4k-only@25": GOES_ON,
            "size-mismatch@25": REJECTED, "interrupt-2m@25": GOES_ON, "zero-step@25": GOES_ON,
            "already-accepted@25": "not accepted: 0x0000000003800000", "retry-stall@1": BUFFER,
            "retry-past@1": BUFFER, "retry-back@1": BUFFER, "retry-unaligned@1": BUFFER},
    "snp": {"size-mismatch@25": REJECTED, "4k-only@25": GOES_ON,
            "already-accepted@25": "not accepted: 0x0000000003800000"},
}
# What the guest's next access shows, of memory that the firmware has accepted for the kernel.
CAUGHT = {
    "tdx": {"remove@6": "PENDING", "remap@6": "FREE"},
    "snp": {"remove@6": "UNVALIDATED", "remap@6": "UNVALIDATED", "swap@6": "UNVALIDATED"},
}


def attacks(machine, platform):
    """Each strikes, and the reaction is that of docs/shim.md."""
    with open(images.kernel(), "rb") as file:
        kernel = file_of(machine, "vmlinuz", file.read(MIB))
    for attack, line in REACTIONS[platform].items():
        boot = machine.boot(*SHIM, "--platform", platform, "--memory", "1G",
                            "--kernel", kernel, "--attack", attack)
        boot.says(f"cvmem shim: .*{line}")
        expect(boot.run["attack"]["strikes"] > 0, f"{attack} has not struck")
        expect(boot.run["touch_before_accept"] == 0, f"{attack}: memory was touched too soon")
    for attack, state in CAUGHT[platform].items():
        boot = machine.boot(*SHIM, "--platform", platform, "--memory", "1G",
                            "--kernel", kernel, "--attack", attack)
        boot.was_caught(view="private", write=True, state=state)
        expect(boot.run["attack"]["strikes"] > 0, f"{attack} has not struck")
    os.remove(kernel)


# Xen, docs/misc/pvh.pandoc: CR0.PE alone, and what a TD cannot clear: CR0.NE, CR4.MCE; CR0.ET has no
# other value.
CONTROL = {"tdx": (0x31, 0x40), "snp": (0x11, 0)}
RAM, UNACCEPTED = 1, 8


def pvh_elf(machine, platform):
    return os.path.join(machine.build, "tests", "qemu", "pvh", f"pvh-{platform}.elf")


def pvh_boot(machine, platform, *options):
    """What a PVH kernel says: numbers by their names, and the memory map."""
    boot = machine.boot(*SHIM, "--platform", platform, "--memory", "1G",
                        "--kernel", pvh_elf(machine, platform), *options)
    said = [(name, int(value, 16)) for name, value in
            re.findall(r"^([^:\n]+): 0x([0-9a-f]{16})\r?$", boot.console, re.MULTILINE)]
    ranges = list(zip(*([value for name, value in said if name == word]
                        for word in ("start", "bytes", "type"))))
    boot.is_clean()
    boot.says("starting a PVH kernel", "\ndone")
    return boot, dict(said), ranges


def pvh(machine, platform):
    """A kernel by the PVH boot ABI gets what that says, and all memory is accepted."""
    data = bytes(range(256)) * 17
    initrd = file_of(machine, "initrd", data)
    boot, said, ranges = pvh_boot(machine, platform, "--initrd", initrd, "--append", "a, b=c")
    boot.says("a PVH kernel knows no unaccepted memory, so all is accepted", r"cmdline: a, b=c\r?\n")
    total = 0
    for byte in data:
        total = (total * 31 + byte) % (1 << 64)
    cr0, cr4 = CONTROL[platform]
    for name, value in {"magic": 0x336ec578, "version": 1, "flags": 0, "cr0": cr0, "cr4": cr4,
                        "eflags": 2, "zeros": 0, "modules": 1, "module bytes": len(data),
                        "module sum": total}.items():
        expect(said[name] == value, f"{name} is 0x{said[name]:x}")
    expect(said["rsdp"].to_bytes(8, "little") == b"RSD PTR ", "the RSDP")
    expect(said["tr"] and not said["efer"] & 1 << 8, "task register, or EFER.LME")
    expect(all(a + size <= b for (a, size, _), (b, _, _) in zip(ranges, ranges[1:])),
           "ranges of the map overlap")
    expect(sum(size for _, size, kind in ranges if kind == RAM) > (1 << 30) - 4 * MIB,
           "the map has too little RAM")
    expect(not any(kind == UNACCEPTED for _, _, kind in ranges), "memory is unaccepted")
    expect(boot.run["unaccepted_bytes"] == 0, "the firmware has not accepted all")


def pvh_lazy(machine, platform):
    """If its owner says so, the rest is in the map by a type that the format does not have."""
    boot, said, ranges = pvh_boot(machine, platform, "--append", "cvmem.accept=min")
    expect(said["modules"] == 0, "there is a module")
    left = sum(size for _, size, kind in ranges if kind == UNACCEPTED)
    expect(left == boot.run["unaccepted_bytes"] > 1000 * MIB, f"unaccepted: {left}")


def pvh_hostile(machine, platform):
    """The program header of the loaded segment is at 64: offset, virtual and physical address,
    bytes in the file and in memory."""
    with open(pvh_elf(machine, platform), "rb") as file:
        elf = file.read()
    note = b"\x12\0\0\0Xen\0"
    expect(elf.count(note) == 1, "the file has not one note")
    moved = elf[:88] + struct.pack("<Q", 0x700000) + elf[96:]
    inside = moved.replace(note + struct.pack("<I", 0x2000000), note + struct.pack("<I", 0x700000))
    for broken, what in (
            (elf[:72] + struct.pack("<Q", 1 << 40) + elf[80:], "has a segment outside of the file"),
            (moved, "has a PVH entry outside of its segments"),
            (inside, "there is no memory for it where it must be"),
            (elf.replace(note, bytes(8)), "is an ELF file without an entry for PVH")):
        path = file_of(machine, "elf", broken)
        refused(machine, f"the kernel: {what}", "--platform", platform, "--memory", "1G",
                "--kernel", path)
        os.remove(path)
    refused(machine, "the kernel: QEMU gives no ELF to firmware by -kernel", "--platform", platform,
            "--memory", "1G", "--", "-kernel", pvh_elf(machine, platform))


# The exception that Linux's entry for PVH ends with, or the view of its page tables.
PVH_LINUX = {"tdx": "triple fault at .*its last #VE, for cpuid", "snp": "shared view, state: VALIDATED"}


def pvh_linux(machine, platform):
    """Linux as an ELF file does not come far, which is said before it starts."""
    for part in "linux", "linux-6.12":
        path = images.vmlinux(machine, images.kernel(part))
        boot = machine.boot(*SHIM, "--platform", platform, "--memory", "1G", "--kernel", path)
        boot.says("starting a PVH kernel", PVH_LINUX[platform],
                  "known of Linux [67].*: its entry for PVH, where an ELF file starts, fails")
        expect(boot.status == 1, f"exit status {boot.status}")
        os.remove(path)
