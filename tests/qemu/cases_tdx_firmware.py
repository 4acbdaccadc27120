# SPDX-License-Identifier: MIT
"""Firmware of our own as a TD, without OVMF and Linux: what those never do, or do only once in a
boot. Expected values are those of the TDX module's and the GHCI's specifications."""

import os
import re
import subprocess

from images import need
from machine import expect

SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "firmware")
FLAGS = ("-m64 -std=gnu11 -O2 -Wall -Wextra -Werror -ffreestanding -nostdlib -static -no-pie "
         "-fno-pic -mcmodel=large -mno-red-zone -mgeneral-regs-only -fno-stack-protector "
         "-fcf-protection=none -fno-asynchronous-unwind-tables -Wl,--build-id=none "
         "-Wl,--no-warn-rwx-segments").split()
# It takes less than a second; a vCPU that never comes back must not take a boot's time.
SECONDS = 60
# runs.c.
PAGE, TABLE, OFFSET = 0x1000000, 0x1400000, 0x128
SUCCESS = 0
PATTERN = 0x5a5a5a5a5a5a5a5a
INVALID_OPERAND, SUBFUNC_UNSUPPORTED = 0x8000000000000000, 0x8000000000000003
ALREADY_ACCEPTED, OPERAND_INVALID, NO_VALID_VE_INFO = 0xb0a00000000, 0xc0000100, 0xc0000704
RCX = 1


class Firmware:
    """The image whose run() is the named function of firmware/runs.c."""

    def __init__(self, machine, run):
        need("gcc", "objcopy", "nm")
        program, self.path = machine.file("elf"), machine.file("fd")
        sources = [os.path.join(SOURCES, name) for name in ("start.S", "platform.c", "runs.c")]
        subprocess.run(["gcc", *FLAGS, "-T", os.path.join(SOURCES, "firmware.ld"),
                        f"-Wl,--defsym=run={run}", *sources, "-o", program], check=True)
        subprocess.run(["objcopy", "-O", "binary", program, self.path], check=True)
        symbols = subprocess.run(["nm", program], check=True, stdout=subprocess.PIPE,
                                 universal_newlines=True).stdout
        self.symbols = {name: int(value, 16) for value, name in
                        re.findall(r"^([0-9a-f]+) \w (\S+)$", symbols, re.MULTILINE)}


def start(machine, run, *options):
    """A boot of that image, with what it has said as (name, value), and its symbols."""
    firmware = Firmware(machine, run)
    boot = machine.boot("--firmware", firmware.path, "--memory", "1G", *options, seconds=SECONDS)
    said = [(name, int(value, 16)) for name, value in
            re.findall(r"^([^:\n]+): 0x([0-9a-f]{16})\r?$", boot.console, re.MULTILINE)]
    return boot, said, firmware.symbols


def says(said, *expected):
    """Exactly these lines."""
    for found, line in zip(said, expected):
        expect(found == line, f"it says {found}, not {line}")
    expect(len(said) == len(expected), f"{len(said)} lines, not {len(expected)}")


def zero(machine, *options):
    boot, said, _ = start(machine, "converted", *options)
    says(said, ("accept", SUCCESS), ("accepted page", 0), ("written page", PATTERN),
         ("share", SUCCESS), ("shared page", 0), ("written shared page", PATTERN),
         ("unshare", SUCCESS), ("accept of converted page", SUCCESS), ("converted page", 0),
         ("end", 0))
    boot.is_clean()
    expect(boot.run["accept_calls_by_phase"]["firmware"] == {"4k": 2, "2m": 0, "1g": 0}, "accepts")
    expect(boot.run["vmcalls"]["map_gpa"] == 2, "conversions")


def firmware_converted(machine):
    zero(machine)


def firmware_converted_width_48(machine):
    zero(machine, "--gpa-width", "48")


def firmware_accepts(machine):
    boot, said, _ = start(machine, "accepts")
    says(said, ("accept", SUCCESS), ("accept again", ALREADY_ACCEPTED),
         ("1 GiB accept", OPERAND_INVALID << 32 | RCX), ("end", 0))
    expect(boot.status == 1, f"exit status {boot.status}")
    expect(boot.run["double_accepts"] == 1, "the second accept was not counted")
    expect(boot.run["touch_before_accept"] == 0, "memory was touched too soon")


def firmware_calls(machine):
    boot, said, _ = start(machine, "calls")
    boot.is_clean()
    # TDX module base specification, "Initial State of TD VCPU"; CR0 has ET in addition, which
    # cannot be cleared. RCX is what KVM and QEMU say there: the TD HOB.
    says(said, ("entry RBX", 52), ("entry RCX", 0x810000), ("entry RSI", 0),
         ("entry CR0", 0x31), ("entry CR4", 0x40), ("entry EFER", 0x901),
         ("SetupEventNotifyInterrupt", SUCCESS), ("of an exception", INVALID_OPERAND),
         ("GetQuote", SUBFUNC_UNSUPPORTED), ("HLT", SUCCESS), ("end", 0))
    calls = boot.run["vmcalls"]
    expect(calls["setup_event_notify"] == 2 and calls["get_quote"] == 1 and calls["hlt"] == 1,
           "calls that are not in the report")


def firmware_fatal_error(machine):
    boot, said, _ = start(machine, "fatal_error")
    says(said)
    expect(boot.status == 1, f"exit status {boot.status}")
    reason = "the guest reported fatal error 0x2a: tiny firmware"
    boot.says(reason)
    expect(reason in boot.run["stopped"] and not boot.run["ok"], boot.run["stopped"])
    expect(boot.run["touch_before_accept"] == 0, "memory was touched too soon")


def caught(machine, run, said_before, symbol, **violation):
    """Stopped at the instruction with that name, before the access."""
    boot, said, symbols = start(machine, run)
    says(said, *said_before)
    boot.was_caught(rip=symbols[symbol], **violation)


def firmware_load(machine):
    caught(machine, "load_pending", (), "load_here", gpa=PAGE + OFFSET, view="private",
           state="FREE", write=False, fetch=False)


def firmware_store(machine):
    caught(machine, "store_pending", (), "store_here", gpa=PAGE + OFFSET, view="private",
           state="FREE", write=True, fetch=False)


def firmware_jump(machine):
    """Through a word there."""
    caught(machine, "jump_pending", (), "jump_here", gpa=PAGE + OFFSET, view="private",
           state="FREE", write=False, fetch=False)


def firmware_fetch(machine):
    boot, said, _ = start(machine, "fetch_pending")
    says(said)
    boot.was_caught(rip=PAGE + OFFSET, gpa=PAGE + OFFSET, view="private", state="FREE",
                    write=False, fetch=True)


def firmware_page_walk(machine):
    """For a load: a read, by that instruction, of the page table."""
    caught(machine, "walk_pending", (), "load_here", gpa=TABLE + 5 * 8, view="private",
           state="FREE", write=False, fetch=False)


def firmware_page_walk_of_fetch(machine):
    """For an instruction fetch: a fetch, where the instruction is."""
    boot, said, _ = start(machine, "walk_of_fetch")
    says(said)
    boot.was_caught(rip=(2 << 39) + (5 << 30), gpa=TABLE + 5 * 8, view="private", state="FREE",
                    write=False, fetch=True)


def firmware_shared_alias(machine):
    caught(machine, "load_shared_alias", (("accept", SUCCESS),), "load_here", gpa=PAGE + OFFSET,
           view="shared", state="MAPPED", write=False, fetch=False)


def firmware_private_alias(machine):
    caught(machine, "load_private_alias", (("accept", SUCCESS), ("share", SUCCESS)), "load_here",
           gpa=PAGE + OFFSET, view="private", state="SHARED", write=False, fetch=False)


def firmware_converted_not_accepted(machine):
    said = (("accept", SUCCESS), ("share", SUCCESS), ("unshare", SUCCESS))
    caught(machine, "load_converted", said, "load_here", gpa=PAGE + OFFSET, view="private",
           state="FREE", write=False, fetch=False)


def firmware_not_caught(machine):
    """Device memory as private memory; memory that nobody has accepted, below 1 MiB."""
    boot, said, _ = start(machine, "not_caught")
    boot.is_clean()
    says(said, ("I/O APIC", 0x170020), ("accept of 832K", SUCCESS), ("end", 0))


def firmware_cpl3(machine):
    boot, said, symbols = start(machine, "cpl3")
    boot.is_clean()
    says(said, ("vector", 13), ("error code", 0), ("RIP", symbols["cpl3_here"]), ("CS", 0x23),
         ("end", 0))
    expect(boot.run["calls"]["vp_info"] == 0, "the call was carried out")


def firmware_ve(machine):
    """EPT violation, by a load; the page is accepted and the load done again."""
    boot, said, symbols = start(machine, "ve", "--violation", "ve")
    says(said, ("VEINFO.GET", SUCCESS), ("exit reason", 48), ("exit qualification", 1),
         ("GPA", PAGE + OFFSET), ("VEINFO.GET again", NO_VALID_VE_INFO << 32),
         ("accept", SUCCESS), ("loaded", 0), ("vector", 20), ("RIP", symbols["load_here"]),
         ("end", 0))
    violation = boot.run["violation"]
    expect(violation["rip"] == symbols["load_here"], "the report has another RIP")
    expect(violation["gpa"] == PAGE + OFFSET, "the report has another GPA")
    expect(boot.run["touch_before_accept"] == 1, "the access was not counted")


def firmware_reboot(machine):
    """It ends the machine; the firmware is not run again."""
    boot, said, _ = start(machine, "reboot")
    says(said, ("accept", SUCCESS))
    expect(boot.status == 1, f"exit status {boot.status}")
    boot.says("the guest reset the machine")
    boot.kept_the_rules()


CASES = [
    firmware_converted,
    firmware_converted_width_48,
    firmware_accepts,
    firmware_calls,
    firmware_fatal_error,
    firmware_load,
    firmware_store,
    firmware_jump,
    firmware_fetch,
    firmware_page_walk,
    firmware_page_walk_of_fetch,
    firmware_shared_alias,
    firmware_private_alias,
    firmware_converted_not_accepted,
    firmware_not_caught,
    firmware_cpl3,
    firmware_ve,
    firmware_reboot,
]
