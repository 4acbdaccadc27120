# SPDX-License-Identifier: MIT
"""Firmware of our own as a TD, without OVMF and Linux: what those never do, or do only once in a
boot. Expected values are those of the TDX module's and the GHCI's specifications."""

import tiny_firmware
from machine import expect
from tiny_firmware import PAGE, OFFSET, PATTERN, says

TDX = tiny_firmware.Platform("tdx", unaccepted="FREE", accepted="MAPPED", raises="ve",
                             fatal_error="fatal_error")
SUCCESS = 0
INVALID_OPERAND, SUBFUNC_UNSUPPORTED = 0x8000000000000000, 0x8000000000000003
ALREADY_ACCEPTED, OPERAND_INVALID, NO_VALID_VE_INFO = 0xb0a00000000, 0xc0000100, 0xc0000704
RCX = 1


def start(machine, run, *options):
    return tiny_firmware.start(machine, TDX, run, *options)


def zero(machine, *options):
    boot = tiny_firmware.converted(machine, TDX, *options)
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
         ("GetQuote", SUBFUNC_UNSUPPORTED), ("WBINVD", SUCCESS), ("WBNOINVD", SUCCESS),
         ("neither", INVALID_OPERAND), ("RDMSR of x2APIC ID", INVALID_OPERAND),
         ("WRMSR of x2APIC EOI", INVALID_OPERAND), ("PKRS, more than 32 bits", INVALID_OPERAND),
         ("VM_HSAVE_PA, not aligned", INVALID_OPERAND), ("LSTAR", SUCCESS), ("end", 0))
    calls = boot.run["vmcalls"]
    expect(calls["setup_event_notify"] == 2 and calls["get_quote"] == 1,
           "calls that are not in the report")


def firmware_halt(machine):
    """A HLT with interrupts disabled lasts until one is pending."""
    boot, said, _ = start(machine, "halt")
    boot.is_clean()
    says(said, ("requested", 0), ("HLT", SUCCESS), ("requested", 1), ("HLT", SUCCESS),
         ("requested", 1), ("end", 0))
    expect(boot.run["vmcalls"]["hlt"] == 2, "calls that are not in the report")


def firmware_fatal_error(machine):
    boot, said, _ = start(machine, "fatal_error")
    says(said)
    expect(boot.status == 1, f"exit status {boot.status}")
    reason = "the guest reported fatal error 0x2a: tiny firmware"
    boot.says(reason)
    expect(reason in boot.run["stopped"] and not boot.run["ok"], boot.run["stopped"])
    expect(boot.run["touch_before_accept"] == 0, "memory was touched too soon")


def firmware_shared_alias(machine):
    tiny_firmware.shared_alias(machine, TDX)


def firmware_private_alias(machine):
    tiny_firmware.private_alias(machine, TDX)


def firmware_converted_not_accepted(machine):
    tiny_firmware.converted_not_accepted(machine, TDX)


def firmware_not_caught(machine):
    """Device memory as private memory; memory that nobody has accepted, below 1 MiB."""
    boot, said, _ = start(machine, "not_caught")
    boot.is_clean()
    says(said, ("I/O APIC", 0x170020), ("accept of 832K", SUCCESS), ("end", 0))


def firmware_cpl3(machine):
    boot, said, symbols = start(machine, "cpl3")
    boot.is_clean()
    says(said, ("CS", 0x23), ("TDCALL", 13), ("error code", 0), ("RIP", symbols["tdcall_here"]),
         ("end", 0))
    expect(boot.run["calls"]["vp_info"] == 0, "the call was carried out")


def firmware_ve(machine):
    """EPT violation, by a load; the page is accepted and the load done again."""
    boot, said, symbols = start(machine, "ve", "--violation", "ve")
    says(said, ("VEINFO.GET", SUCCESS), ("exit reason", 48), ("exit qualification", 0x181),
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
    expect(boot.run["ended"] == "reset" and not boot.run["ok"], "a reset is no orderly end")
    expect(boot.run["touch_before_accept"] == 0, "memory was touched too soon")


def firmware_in_rom(machine):
    """-bios: its volume is RAM in the TD."""
    boot, said, _ = start(machine, "volume")
    boot.is_clean()
    says(said, ("entry", 0), ("written entry", PATTERN), ("end", 0))


def firmware_in_flash(machine):
    """The same as a flash device, which would take what is written for commands."""
    image = tiny_firmware.Firmware(machine, TDX, "volume").path
    boot, said, _ = start(machine, "volume", "--",
                          "-drive", f"if=pflash,format=raw,readonly=on,file={image}")
    boot.is_clean()
    says(said, ("entry", 0), ("written entry", PATTERN), ("end", 0))


def firmware_in_two_flash_devices(machine):
    """The second one, as for variables, changes nothing."""
    boot, said, _ = start(machine, "volume", "--", *tiny_firmware.two_flash_devices(machine, TDX, "volume"))
    boot.is_clean()
    says(said, ("entry", 0), ("written entry", PATTERN), ("end", 0))


CASES = [
    *tiny_firmware.cases(TDX),
    firmware_converted,
    firmware_converted_width_48,
    firmware_accepts,
    firmware_calls,
    firmware_halt,
    firmware_fatal_error,
    firmware_shared_alias,
    firmware_private_alias,
    firmware_converted_not_accepted,
    firmware_not_caught,
    firmware_cpl3,
    firmware_ve,
    firmware_reboot,
    firmware_in_rom,
    firmware_in_flash,
    firmware_in_two_flash_devices,
]
