# SPDX-License-Identifier: MIT
"""Firmware of our own, whose image does one thing and ends, and what it does with memory on any
platform."""

import glob
import os
import re
import subprocess
import threading
import time

import debugger
from images import need
from machine import expect

SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "firmware")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(SOURCES)))
FLAGS = ("-m64 -std=gnu11 -O2 -Wall -Wextra -Werror -ffreestanding -nostdlib -static -no-pie "
         "-fno-pic -mcmodel=large -mno-red-zone -mgeneral-regs-only -fno-stack-protector "
         "-fcf-protection=none -fno-asynchronous-unwind-tables -Wl,--build-id=none "
         "-Wl,--no-warn-rwx-segments").split()
# The platform of the library, as cvmem.mk compiles it.
FLAGS += ["-I" + ROOT, "-I" + os.path.join(ROOT, "include"), "-fno-tree-loop-distribute-patterns"]
# It takes less than a second; a vCPU that never comes back must not take a boot's time.
SECONDS = 60
# firmware.h, memory.c.
PAGE, TABLE, OFFSET = 0x1000000, 0x1400000, 0x128
PATTERN = 0x5a5a5a5a5a5a5a5a
DONE = 0
VECTOR_UD = 6
# device.c: what it says of a page that becomes shared; what the device writes, "QEMU".
SHARE = (("accept", DONE), ("share", DONE))
SIGNATURE = 0x554d4551


class Platform:
    """Its folder of sources, the states of its pages, the policy by which a vCPU gets an exception
    for a violation, and the image that reports a fatal error."""

    def __init__(self, name, unaccepted, accepted, raises, fatal_error):
        self.name, self.unaccepted, self.accepted = name, unaccepted, accepted
        self.raises, self.fatal_error = raises, fatal_error
        self.pending = {"tdx": "PENDING"}.get(name, unaccepted)


class Firmware:
    """The image whose run() is the named function of its sources."""

    def __init__(self, machine, platform, run):
        need("gcc", "objcopy", "nm")
        program, self.path = machine.file(f"{run}.elf"), machine.file(f"{run}.fd")
        if run not in machine.built:
            self.build(platform, run, program)
            machine.built.add(run)
        symbols = subprocess.run(["nm", program], check=True, stdout=subprocess.PIPE,
                                 universal_newlines=True).stdout
        self.symbols = {name: int(value, 16) for value, name in
                        re.findall(r"^([0-9a-f]+) \w (\S+)$", symbols, re.MULTILINE)}

    def build(self, platform, run, program):
        library = os.path.join(ROOT, "platform", platform.name)
        sources = [path for folder in (SOURCES, os.path.join(SOURCES, platform.name), library)
                   for path in sorted(glob.glob(os.path.join(folder, "*.[cS]")))]
        subprocess.run(["gcc", *FLAGS, "-T", os.path.join(SOURCES, "firmware.ld"),
                        f"-Wl,--defsym=run={run}", *sources, "-o", program], check=True)
        subprocess.run(["objcopy", "-O", "binary", program, self.path], check=True)


def start(machine, platform, run, *options):
    """A boot of that image, with what it has said as (name, value), and its symbols."""
    firmware = Firmware(machine, platform, run)
    boot = machine.boot("--platform", platform.name, "--firmware", firmware.path, "--memory", "1G",
                        *options, seconds=SECONDS)
    said = [(name, int(value, 16)) for name, value in
            re.findall(r"^([^:\n]+): 0x([0-9a-f]{16})\r?$", boot.console, re.MULTILINE)]
    return boot, said, firmware.symbols


def says(said, *expected):
    """Exactly these lines."""
    for found, line in zip(said, expected):
        expect(found == line, f"it says {found}, not {line}")
    expect(len(said) == len(expected), f"{len(said)} lines, not {len(expected)}")


def converted(machine, platform, *options):
    """Private, shared, and private memory again."""
    boot, said, _ = start(machine, platform, "converted", *options)
    says(said, ("accept", DONE), ("accepted page", 0), ("written page", PATTERN),
         ("share", DONE), ("shared page", 0), ("written shared page", PATTERN),
         ("unshare", DONE), ("accept of converted page", DONE), ("converted page", 0),
         ("end", 0))
    boot.is_clean()
    return boot


def caught(machine, platform, run, said_before, symbol, **violation):
    """Stopped at the instruction with that name, or at that address, before the access."""
    boot, said, symbols = start(machine, platform, run)
    says(said, *((name, DONE) for name in said_before))
    rip = symbols[symbol] if isinstance(symbol, str) else symbol
    boot.was_caught(rip=rip, **violation)
    boot.ended_soon()


def private(platform, gpa=PAGE + OFFSET, state=None, write=False, fetch=False):
    """A violation through the private view."""
    return {"gpa": gpa, "view": "private", "state": state or platform.unaccepted, "write": write,
            "fetch": fetch}


def load(machine, platform):
    caught(machine, platform, "load_pending", (), "load_here", **private(platform))


def store(machine, platform):
    caught(machine, platform, "store_pending", (), "store_here", **private(platform, write=True))


def jump(machine, platform):
    """Through a word there."""
    caught(machine, platform, "jump_pending", (), "jump_here", **private(platform))


def fetch(machine, platform):
    caught(machine, platform, "fetch_pending", (), PAGE + OFFSET, **private(platform, fetch=True))


def page_walk(machine, platform):
    """For a load: a read, by that instruction, of the page table."""
    caught(machine, platform, "walk_pending", (), "load_here",
           **private(platform, gpa=TABLE + 5 * 8))


def page_walk_of_fetch(machine, platform):
    """For an instruction fetch: a fetch, where the instruction is."""
    caught(machine, platform, "walk_of_fetch", (), (2 << 39) + (5 << 30),
           **private(platform, gpa=TABLE + 5 * 8, fetch=True))


def forgotten(machine, platform):
    """An accept that did nothing: the access meets the state before it."""
    boot, said, symbols = start(machine, platform, "load_accepted", "--forget-accept", "1")
    says(said, ("accept", DONE))
    where = private(platform, state=platform.pending)
    boot.was_caught(rip=symbols["load_here"], **where)
    boot.says(f"state: {platform.pending}\\)")


def shared_alias(machine, platform):
    caught(machine, platform, "load_shared_alias", ("accept",), "load_here", gpa=PAGE + OFFSET,
           view="shared", state=platform.accepted, write=False, fetch=False)


def private_alias(machine, platform):
    caught(machine, platform, "load_private_alias", ("accept", "share"), "load_here",
           **private(platform, state="SHARED"))


def converted_not_accepted(machine, platform):
    caught(machine, platform, "load_converted", ("accept", "share", "unshare"), "load_here",
           **private(platform))


def device(machine, platform):
    """Shared memory is what it may use."""
    boot, said, _ = start(machine, platform, "device_shared")
    says(said, *SHARE, *SHARE, ("control", DONE), ("data", SIGNATURE), ("end", 0))
    boot.is_clean()


def refused(machine, platform, run, before, data, state, write):
    """Stopped at the device's access, which is of no instruction; and where it does not stop the
    machine, since the policy is for vCPUs, it is not carried out."""
    access = {"gpa": PAGE, "view": "device", "state": state, "write": write, "fetch": False,
              "rip": 0}
    boot, said, _ = start(machine, platform, run)
    # The vCPU goes on until QEMU has heard of it.
    says(said[:len(before)], *before)
    boot.was_caught(**access)
    boot, said, _ = start(machine, platform, run, "--violation", platform.raises)
    after = (("accept", DONE),) if state == platform.unaccepted else ()
    says(said, *before, *after, ("data", data), ("end", 0))
    found = boot.run["violation"]
    expect(found.items() >= access.items(), f"the first violation is {found}")


def device_reads_private(machine, platform):
    refused(machine, platform, "device_reads_private", (*SHARE, ("accept", DONE)), data=0,
            state=platform.accepted, write=False)


def device_writes_private(machine, platform):
    before = (*SHARE, ("accept", DONE))
    refused(machine, platform, "device_writes_private", before, data=PATTERN,
            state=platform.accepted, write=True)
    _, said, _ = start(machine, platform, "device_writes_private", "--violation", "log")
    says(said, *before, ("data", PATTERN >> 32 << 32 | SIGNATURE), ("end", 0))


def device_writes_converted(machine, platform):
    refused(machine, platform, "device_writes_converted", (*SHARE, *SHARE, ("unshare", DONE)),
            data=0, state=platform.unaccepted, write=True)


def delivering(machine, platform, run, symbol, **violation):
    """Whatever the policy, the exception cannot be delivered; if it is to be logged, it is."""
    violation = {**violation, "delivery": True, "fetch": False}
    for policy in "stop", platform.raises:
        boot, said, symbols = start(machine, platform, run, "--violation", policy)
        says(said)
        boot.was_caught(rip=symbols[symbol], **violation)
        boot.ended_soon()
        boot.says("delivering an exception or interrupt")


def stack(machine, platform):
    """Of an exception. QEMU pushes below the next lower multiple of 16."""
    where = private(platform, gpa=PAGE + OFFSET - 16, write=True)
    delivering(machine, platform, "stack_pending", "ud2_here", **where)
    boot, said, symbols = start(machine, platform, "stack_pending", "--violation", "log")
    says(said, ("unexpected exception", VECTOR_UD), ("error code", 0),
         ("at", symbols["ud2_here"]))
    found = boot.run["violation"]
    expect(found.items() >= where.items(), f"the first violation is {found}")


def stack_walk(machine, platform):
    """The page table of an exception's stack."""
    delivering(machine, platform, "stack_walk_pending", "ud2_here",
               **private(platform, gpa=TABLE + 5 * 8))


def idt(machine, platform):
    """A gate."""
    delivering(machine, platform, "idt_pending", "ud2_here",
               **private(platform, gpa=PAGE + VECTOR_UD * 16))


def gdt(machine, platform):
    """The descriptor of the gate's code segment."""
    delivering(machine, platform, "gdt_pending", "ud2_here", **private(platform, gpa=PAGE + 8))


def tss(machine, platform):
    """The gate's stack pointer, IST1."""
    delivering(machine, platform, "tss_pending", "ud2_here", **private(platform, gpa=PAGE + 0x24))


def interrupt(machine, platform):
    """An interrupt's stack."""
    delivering(machine, platform, "interrupt_pending", "wait_here",
               **private(platform, gpa=PAGE + OFFSET - 16, write=True))


def looked_at(machine, platform, run, policy):
    """A boot while monitor and GDB read RAM, what it has said, and its symbols."""
    paths = {name: machine.file(name) for name in ("monitor", "gdb")}
    for path in paths.values():
        if os.path.exists(path):
            os.remove(path)
    found, symbols = {}, Firmware(machine, platform, run).symbols

    def outside():
        monitor = debugger.Monitor(paths["monitor"])
        while monitor.word("xp", symbols["waits"]) != PATTERN:
            time.sleep(0.05)
        for name, address in (("accepted", PAGE), ("pending", TABLE)):
            for command in "x", "xp":
                found[command, name] = monitor.word(command, address)
        # They walk the page tables of a vCPU.
        monitor.ask("info tlb")
        gdb = debugger.Gdb(paths["gdb"])
        found["gdb", "accepted"], found["gdb", "pending"] = gdb.word(PAGE), gdb.word(TABLE)
        gdb.set_word(symbols["may_continue"], 1)
        gdb.leave()

    thread = threading.Thread(target=outside, daemon=True)
    thread.start()
    boot, said, _ = start(machine, platform, run, "--violation", policy, "--",
                          "-monitor", f"unix:{paths['monitor']},server=on,wait=off",
                          "-gdb", f"unix:{paths['gdb']},server=on,wait=off")
    thread.join()
    words = {"accepted": PATTERN, "pending": 0}
    expect(found == {(tool, name): words[name] for tool, name in found} and len(found) == 6,
           f"they see {found}")
    return boot, said, symbols


def look(machine, platform, policy):
    """Monitor and GDB see all of RAM; neither is an access of the guest's."""
    boot, said, _ = looked_at(machine, platform, "wait_for_debugger", policy)
    says(said, ("accept", DONE), ("end", 0))
    boot.is_clean()


def after_debuggers(machine, platform):
    """The guest's own access to what they have looked at is one too soon."""
    boot, said, symbols = looked_at(machine, platform, "load_after_debugger", "stop")
    says(said, ("accept", DONE))
    boot.was_caught(rip=symbols["load_here"], **private(platform, gpa=TABLE + OFFSET))
    boot.ended_soon()


def load_from_flash(machine, platform):
    """The firmware is a flash device."""
    image = Firmware(machine, platform, "load_pending").path
    boot, said, symbols = start(machine, platform, "load_pending", "--",
                                "-drive", f"if=pflash,format=raw,readonly=on,file={image}")
    says(said)
    boot.was_caught(rip=symbols["load_here"], **private(platform))
    boot.ended_soon()


def fails(machine, platform, expected, *arguments):
    """What is said of a QEMU that ends with these arguments before there is anything to report."""
    boot, _, _ = start(machine, platform, "power_off", "--expect", expected, "--", *arguments)
    good = expected == "qemu-failed"
    expect(boot.report["runs"] == [{"ok": good, "ended": "qemu-failed", "expected": expected}],
           f"the report is {boot.report}")
    expect(boot.status == (0 if good else 1), f"exit status {boot.status}")
    with open(machine.log, encoding="utf-8") as log:
        return log.read()


def vcpus(machine, platform):
    """As many as docs/vm.md says."""
    with open(os.path.join(ROOT, "docs", "vm.md"), encoding="utf-8") as file:
        most = int(re.search(r"number of vCPUs, at most (\d+),", file.read()).group(1))
    boot, _, _ = start(machine, platform, "power_off", "--vcpus", str(most))
    boot.is_clean()
    expect(boot.report["vcpus"] == most, f"{boot.report['vcpus']} vCPUs, not {most}")
    # `cvmem vm` says no at once; this is the plugin alone.
    boot, _, _ = start(machine, platform, "power_off", "--", "-smp", str(most + 1))
    expect((boot.status, boot.run["ended"]) == (1, "qemu-failed"), f"it has ended as {boot.run}")
    boot.says(f"at most {most} vCPUs")


def two_flash_devices(machine, platform, run="power_off"):
    """For QEMU: code and variables, as Debian's OVMF_CODE_4M.fd and OVMF_VARS_4M.fd."""
    variables = machine.file("vars")
    with open(variables, "wb") as file:
        file.write(bytes(0x10000))
    return [word for image in (Firmware(machine, platform, run).path, variables)
            for word in ("-drive", f"if=pflash,format=raw,readonly=on,file={image}")]


def migration(machine, platform):
    """Refused, and so is a snapshot: page states are not in them."""
    path, answers = machine.file("monitor"), {}
    if os.path.exists(path):
        os.remove(path)

    spin = Firmware(machine, platform, "spin").symbols["spin"]

    def outside():
        monitor = debugger.Monitor(path)
        monitor.wait_for(spin)
        for command in f"migrate file:{machine.file('stream')}", "savevm one":
            answers[command.split()[0]] = monitor.ask(command)
        monitor.connection.sendall(b"quit\n")

    thread = threading.Thread(target=outside, daemon=True)
    thread.start()
    start(machine, platform, "spin", "--", "-monitor", f"unix:{path},server=on,wait=off")
    thread.join()
    for command, answer in answers.items():
        expect("are in no migration stream and no snapshot" in answer, f"{command}: {answer}")
    expect(len(answers) == 2 and not os.path.exists(machine.file("stream")), "it was migrated")
    # The vCPU may reach its first instruction before QEMU ends, or not.
    for _ in range(5):
        text = fails(machine, platform, "qemu-failed", "-only-migratable")
        expect("start QEMU without -only-migratable" in text, text)
        expect("killed by signal" not in text, text)


def ends(machine, platform, word, run, *options):
    """As that word says, and fine only if that was expected."""
    boot, said, symbols = start(machine, platform, run, *options)
    expect(boot.run["ended"] == word, f"it has ended as '{boot.run['ended']}', not '{word}'")
    expect(boot.run["ok"] == (word == "powered-off"), "ok is for a power-off alone")
    expect(boot.status == {"powered-off": 0, "timed-out": 124}.get(word, 1),
           f"exit status {boot.status}")
    boot.says(f"cvmem vm: {word} after ")
    wanted, _, _ = start(machine, platform, run, *options, "--expect", word)
    expect((wanted.status, wanted.run["ok"]) == (0, True), "it was expected, and is not fine")
    return boot, said, symbols


def powered_off(machine, platform):
    ends(machine, platform, "powered-off", "power_off")


def resets(machine, platform):
    """By the PC's register."""
    boot, _, _ = ends(machine, platform, "reset", "reset")
    boot.says("the guest reset the machine")


def triple_fault(machine, platform):
    """What a kernel was told, that is not made for the platform."""
    boot, _, symbols = ends(machine, platform, "triple-fault", "triple_fault")
    rip = symbols["triple_fault_here"]
    last = {"name": platform.raises, "reason": "cpuid", "rip": rip}
    expect(boot.run["triple_fault"] == {"vcpu": 0, "rip": rip, "last_exception": last},
           f"the triple fault is {boot.run['triple_fault']}")
    boot.says(f"vCPU 0: triple fault at RIP 0x{rip:x}; its last #{platform.raises.upper()}, for "
              f"cpuid, at RIP 0x{rip:x}", "the guest ended with a triple fault")


def violates(machine, platform):
    ends(machine, platform, "violation", "load_pending")


def reports_fatal_error(machine, platform):
    ends(machine, platform, "fatal-error", platform.fatal_error)


def timed_out(machine, platform):
    """After however long it takes to begin."""
    seconds = 2
    while True:
        boot, _, _ = start(machine, platform, "spin", "--timeout", str(seconds))
        if "platform" in boot.report:
            break
        expect(seconds < SECONDS, "the plugin has left no report after a timeout")
        seconds *= 2
    boot, _, _ = ends(machine, platform, "timed-out", "spin", "--timeout", str(2 * seconds))
    boot.says(r"had not ended after \d+ s",
              r"nothing on the console for [1-9]\d* s; (the last accept was|no accept is known)")


def from_outside(machine, platform):
    path = machine.file("monitor")
    options = ("--", "-monitor", f"unix:{path},server=on,wait=off")

    spin = Firmware(machine, platform, "spin").symbols["spin"]

    def quit_it():
        monitor = debugger.Monitor(path)
        monitor.wait_for(spin)
        monitor.connection.sendall(b"quit\n")

    for word in "powered-off", "from-outside":
        if os.path.exists(path):
            os.remove(path)
        thread = threading.Thread(target=quit_it, daemon=True)
        thread.start()
        boot, _, _ = start(machine, platform, "spin", "--expect", word, *options)
        thread.join()
        good = word == "from-outside"
        expect((boot.run["ended"], boot.run["ok"], boot.status)
               == ("from-outside", good, 0 if good else 1), f"it has ended as {boot.run}")


def qemu_fails(machine, platform):
    for word in "powered-off", "qemu-failed":
        text = fails(machine, platform, word, "-device", "nonsense")
        expect("cvmem vm: qemu-failed after" in text, "it has ended otherwise")
        expect(("has left no report" in text) == (word == "powered-off"), "a report was expected")


def debuggers(machine, platform):
    for policy in "stop", platform.raises, "log":
        look(machine, platform, policy)


def cases(platform):
    """Those that are the same for every platform, as cases of one."""
    def case(run):
        def of_platform(machine):
            run(machine, platform)

        of_platform.__name__ = "firmware_" + run.__name__
        of_platform.__doc__ = run.__doc__
        return of_platform

    return [case(run) for run in (
        load, store, jump, fetch, page_walk, page_walk_of_fetch, device, device_reads_private,
        device_writes_private, device_writes_converted, stack, stack_walk, idt, gdt, tss,
        interrupt, debuggers, after_debuggers, load_from_flash, powered_off, resets, triple_fault,
        violates, reports_fatal_error, forgotten, migration, timed_out, from_outside, qemu_fails,
        vcpus)]
