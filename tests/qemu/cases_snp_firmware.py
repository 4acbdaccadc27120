# SPDX-License-Identifier: MIT
"""Firmware of our own as an SNP guest, without OVMF and Linux: what those never do, or do only once
in a boot. Expected values are those of the AMD architecture manual and the GHCB specification."""

import tiny_firmware
from machine import expect
from tiny_firmware import DONE, OFFSET, PAGE, PATTERN, private, says

SNP = tiny_firmware.Platform("snp", unaccepted="UNVALIDATED", accepted="VALIDATED", raises="vc",
                             fatal_error="terminate")

# PVALIDATE and RMPADJUST, AMD APM volume 3.
FAIL_INPUT, FAIL_PERMISSION, FAIL_SIZEMISMATCH = 1, 2, 6
CF, PF, ZF, DF = 1 << 0, 1 << 2, 1 << 6, 1 << 10
VECTOR_UD, VECTOR_GP, VECTOR_PF, VECTOR_VC, INTERRUPT = 6, 13, 14, 29, 32
# Error codes of #VC, AMD APM volume 2, 15.35.5 and appendix C.
CPUID, IOIO, MSR, WBINVD, NPF, NOT_VALIDATED = 0x72, 0x7b, 0x7c, 0x89, 0x400, 0x404
# An address that is not mapped: snp/runs.c.
UNMAPPED = 3 << 39
# A page-fault's error code.
WRITE = 1 << 1
# GHCB specification 2.03, 4.1: SW_EXITINFO1, and reasons in SW_EXITINFO2.
MALFORMED, NOT_REGISTERED, INVALID_INPUT, INVALID_EVENT = 2, 1, 5, 6
# The guest is to raise #GP, with an error code of 0: AMD APM volume 2, 15.20.
EXCEPTION, INJECT_GP = 1, 0x80000b0d
# cvmem/base.h, and AMD publication 58019: PVALIDATE has changed nothing.
ALREADY, UNCHANGED = 7, 0x80001010
C_BIT, OTHER_GHCB = 51, 0x813000
HV_FEATURES = 0b10011  # SEV-SNP, AP creation, list of APIC IDs


def start(machine, run, *options):
    return tiny_firmware.start(machine, SNP, run, *options)


def result(eax, carry=0):
    """As the runs say it, with flags as a comparison of EAX with 0 leaves them, and CF."""
    flags = carry | (0 if eax else ZF) | (0 if bin(eax).count("1") % 2 else PF)
    return flags << 32 | eax


def at(said, rip):
    """The place of the one exception that has none."""
    return (line if line != ("RIP", None) else ("RIP", rip) for line in said)


def exception(name, vector, error, rip):
    return (name, vector), ("error code", error), ("RIP", rip)


def accepted_twice(boot, count):
    """And no other rule was broken."""
    expect(boot.status == 1, f"exit status {boot.status}")
    expect(boot.run["double_accepts"] == count, "validated pages were validated again")
    expect(boot.run["touch_before_accept"] == 0, "memory was touched too soon")


def firmware_converted(machine):
    tiny_firmware.converted(machine, SNP)


def firmware_converted_c_bit_47(machine):
    tiny_firmware.converted(machine, SNP, "--c-bit", "47")


def firmware_without_c_bit(machine):
    """A validated page, as shared memory."""
    tiny_firmware.shared_alias(machine, SNP)


def firmware_with_c_bit(machine):
    """A shared page, as private memory."""
    tiny_firmware.private_alias(machine, SNP)


def firmware_converted_not_validated(machine):
    tiny_firmware.converted_not_accepted(machine, SNP)


def firmware_implicitly_shared(machine):
    """A page never validated becomes shared by an access without the C-bit, and stays so."""
    boot, said, symbols = start(machine, "implicitly_shared")
    says(said, ("shared page", PATTERN))
    boot.was_caught(rip=symbols["load_here"], **private(SNP, state="SHARED"))
    expect(boot.run["implicitly_shared"] == 1, "the page was not counted")


def firmware_rescinded(machine):
    """Cleared at once, and guarded from the next VMGEXIT on."""
    boot, said, symbols = start(machine, "rescinded")
    says(said, ("accept", DONE), ("rescinded", DONE), ("loaded before VMGEXIT", 0))
    boot.was_caught(rip=symbols["load_here"], **private(SNP))


def firmware_legacy(machine):
    """640K to 1 MiB: a load is let through, the page's state is kept."""
    boot, said, _ = start(machine, "legacy")
    says(said, ("accept of 832K", DONE), ("and again", CF << 32), ("end", 0))
    accepted_twice(boot, 1)


def firmware_pvalidate(machine):
    boot, said, symbols = start(machine, "pvalidates")
    says(said, ("validate", result(0)), ("validate again", result(0, CF)),
         ("rescind", result(0)), ("rescind again", result(0, CF)),
         ("size 2", result(FAIL_INPUT)), ("2M, not aligned", result(FAIL_INPUT)),
         ("2M, mapped as 4K", result(FAIL_INPUT)),
         ("2M of 4K entries", result(FAIL_SIZEMISMATCH)), ("2M", result(0)),
         ("4K of a 2M entry", result(0)), ("the next", result(0, CF)),
         *exception("at CPL 3", VECTOR_GP, 0, symbols["pvalidate_here"]),
         *exception("not mapped", VECTOR_PF, 0, symbols["pvalidate_here"]),
         ("CR2", UNMAPPED), ("end", 0))
    accepted_twice(boot, 2)
    expect(boot.run["rescinded"] == {"4k": 2, "2m": 0}, "rescinded pages")


def firmware_flags(machine):
    """The flags of PVALIDATE last until the next instruction that sets some; DF is not touched."""
    boot, said, _ = start(machine, "flags")
    boot.is_clean()
    says(said, ("of PVALIDATE", DF | ZF | PF), ("of TEST", DF), ("end", 0))


def firmware_rmpadjust(machine):
    boot, said, symbols = start(machine, "rmpadjusts")
    boot.is_clean()
    says(said, ("validate", result(0)), ("VMPL 1", result(0)), ("VMPL 4", result(FAIL_INPUT)),
         ("VMPL 0", result(FAIL_PERMISSION)), ("size 2", result(FAIL_INPUT)),
         ("2M, not aligned", result(FAIL_INPUT)),
         ("2M of 4K entries", result(FAIL_SIZEMISMATCH)),
         *exception("at CPL 3", VECTOR_GP, 0, symbols["rmpadjust_here"]),
         *exception("not mapped", VECTOR_PF, 0, symbols["rmpadjust_here"]),
         ("CR2", UNMAPPED), *exception("RMPQUERY", VECTOR_UD, 0, symbols["run_rmpquery_here"]),
         ("end", 0))


def firmware_rmpadjust_not_validated(machine):
    boot, said, symbols = start(machine, "rmpadjust_pending")
    says(said)
    expect(boot.status == 1, f"exit status {boot.status}")
    reason = f"RMPADJUST of 0x{PAGE:x}, which is not validated"
    expect(reason in boot.run["stopped"], boot.run["stopped"])
    expect(f"0x{symbols['rmpadjust_here']:x}" in boot.run["stopped"], "another RIP")


def firmware_hlt(machine):
    """QEMU's: no #VC, and an interrupt that is pending ends it."""
    boot, said, symbols = start(machine, "hlt")
    boot.is_clean()
    says(said, *exception("HLT", INTERRUPT, 0, symbols["run_hlt_end"]), ("end", 0))
    expect(not any(boot.run["vc"].values()), "there was a #VC")


def firmware_vc(machine):
    """Instructions that a hypervisor intercepts, and device memory."""
    boot, said, symbols = start(machine, "vc")
    boot.is_clean()

    def at(name, error, label):
        return exception(name, VECTOR_VC, error, symbols[label])

    says(said, *at("CPUID", CPUID, "run_cpuid_here"), *exception("CPUID 0xd", 0, 0, 0),
         *at("IN", IOIO, "run_in_here"), *at("OUT", IOIO, "run_out_here"),
         *at("OUTS", IOIO, "run_outs_here"), *at("RDMSR", MSR, "run_rdmsr_here"),
         *at("WRMSR", MSR, "run_wrmsr_here"), *at("WBINVD", WBINVD, "run_wbinvd_here"),
         *at("load", NPF, "load_here"), *at("store", NPF, "store_here"),
         *exception("OUT at CPL 3", VECTOR_GP, 0, symbols["run_out_here"]), ("end", 0))
    counts = boot.run["vc"]
    for reason, count in (("cpuid", 1), ("ioio", 3), ("msr", 2), ("wbinvd", 1), ("mmio", 2)):
        expect(counts[reason] == count, f"{counts[reason]} #VC for {reason}, not {count}")


def firmware_vc_off(machine):
    """The same, with nothing intercepted."""
    boot, said, _ = start(machine, "vc", "--vc", "off")
    boot.is_clean()
    expect([line[1] for line in said if line[0] in ("CPUID", "IN", "OUTS", "load")] == [0] * 4,
           "there was an exception")
    expect(not any(boot.run["vc"].values()), "there was a #VC")


def firmware_intercepts(machine):
    """Those that OVMF and Linux hardly execute, and what the processor checks before."""
    boot, said, symbols = start(machine, "intercepts", "--vc", "all")
    boot.is_clean()

    def at(name, vector, error, label):
        return exception(name, vector, error, symbols[f"run_{label}_here"])

    kinds = (("read of DR7", "dr7_read", 0x27), ("write of DR7", "dr7_write", 0x37),
             ("RDPMC", "rdpmc", 0x6f), ("INVD", "invd", 0x76), ("VMMCALL", "vmmcall", 0x81),
             ("MONITOR", "monitor", 0x8a), ("MWAIT", "mwait", 0x8b))
    says(said, *(line for name, label, code in kinds for line in at(name, VECTOR_VC, code, label)),
         *at("MONITOR of more", VECTOR_GP, 0, "monitor"),
         *at("MWAIT for more", VECTOR_GP, 0, "mwait"),
         *at("VMMCALL at CPL 3", VECTOR_VC, 0x81, "vmmcall"),
         *at("RDPMC at CPL 3", VECTOR_GP, 0, "rdpmc"),
         *at("write of DR7 at CPL 3", VECTOR_GP, 0, "dr7_write"),
         *at("INVD at CPL 3", VECTOR_GP, 0, "invd"), *at("WBINVD at CPL 3", VECTOR_GP, 0, "wbinvd"),
         *at("MONITOR at CPL 3", VECTOR_UD, 0, "monitor"), ("end", 0))
    for _, label, _ in kinds:
        count = boot.run["vc"][label]
        expect(count == (2 if label == "vmmcall" else 1), f"{count} #VC for {label}")


def firmware_dr7(machine):
    """By default DR7 is the guest's own."""
    boot, said, _ = start(machine, "intercepts")
    boot.is_clean()
    expect([line[1] for line in said if line[0] in ("read of DR7", "write of DR7")] == [0, 0],
           "there was an exception")
    expect(boot.run["vc"]["mwait"] == 1, "no #VC for MWAIT")


def firmware_vc_not_validated(machine):
    """The page is validated by the handler, and the load done again. CR2 is left as it was."""
    boot, said, symbols = start(machine, "vc_not_validated", "--violation", "vc")
    says(said, ("#VC", NOT_VALIDATED), ("CR2", 0), ("accept", DONE), ("loaded", 0),
         *exception("vector", VECTOR_VC, NOT_VALIDATED, symbols["load_here"]), ("end", 0))
    violation = boot.run["violation"]
    expect(violation["rip"] == symbols["load_here"], "the report has another RIP")
    expect(violation["gpa"] == PAGE + OFFSET, "the report has another GPA")
    expect(boot.run["touch_before_accept"] == 1, "the access was not counted")


def firmware_page_fault_in_vc(machine):
    """A #VC without a stack is a #PF, and later ones are delivered again."""
    boot, said, symbols = start(machine, "page_fault_in_vc")
    boot.is_clean()
    says(said, *exception("CPUID without a stack", VECTOR_PF, WRITE, symbols["run_cpuid_on_here"]),
         ("CR2", UNMAPPED - 8),
         *exception("CPUID", VECTOR_VC, CPUID, symbols["run_cpuid_here"]), ("end", 0))


def firmware_vc_in_vc(machine):
    """A #VC that cannot be delivered for want of another ends the machine."""
    boot, said, symbols = start(machine, "vc_in_vc", "--violation", "vc")
    says(said)
    boot.was_caught(rip=symbols["run_cpuid_on_here"], delivery=True,
                    **private(SNP, gpa=PAGE + 4096 - 8, write=True))
    reason = f"at RIP 0x{symbols['run_cpuid_on_here']:x}, delivering an exception or interrupt"
    expect(reason in boot.run["stopped"], boot.run["stopped"])


def firmware_msr_protocol(machine):
    boot, said, _ = start(machine, "msr_requests")
    boot.is_clean()
    # SEV, SEV-ES, SEV-SNP, and none of what is further up. Versions 1 and 2. One address bit less;
    # software need not flush caches.
    says(said, ("SEV_STATUS", 0b111), ("SEV information", 2 << 48 | 1 << 32 | C_BIT << 24 | 0x001),
         ("CPUID", (1 << 31 | 1 << 6 | C_BIT) << 32 | 1 << 30 | 0x005),
         ("preferred GHCB", (1 << 64) - 4096 | 0x011), ("register GHCB", OTHER_GHCB | 0x013),
         ("private", 0x015), ("shared", 0x015), ("operation 3", 1 << 63 | 0x015),
         ("private, no memory", 1 << 63 | 0x015),
         ("features", HV_FEATURES << 12 | 0x081), ("end", 0))


def terminates(machine, run):
    boot, said, _ = start(machine, run)
    says(said)
    expect(boot.status == 1, f"exit status {boot.status}")
    expect("asked to be terminated: reason set 5, code 7" in boot.run["stopped"],
           boot.run["stopped"])
    expect(boot.run["touch_before_accept"] == 0, "memory was touched too soon")


def firmware_terminate(machine):
    terminates(machine, "terminate")


def firmware_terminate_by_ghcb(machine):
    terminates(machine, "terminate_by_ghcb")


def firmware_ghcb(machine):
    boot, said, _ = start(machine, "ghcb_requests")
    boot.is_clean()
    says(said, ("not registered", MALFORMED), ("reason", NOT_REGISTERED),
         ("unknown", MALFORMED), ("reason", INVALID_EVENT),
         ("NMI complete", MALFORMED), ("reason", INVALID_EVENT),
         ("#HV doorbell", MALFORMED), ("reason", INVALID_EVENT),
         ("WBINVD", DONE), ("reason", 0), ("end", 0))
    # The host has not seen the first request.
    expect(boot.run["exits"]["wbinvd"] == 1, "exits")


def firmware_events(machine):
    """What the host answers is QEMU's machine."""
    boot, said, _ = start(machine, "events")
    boot.is_clean()
    says(said, ("IN", 0x80001234), ("INS", int.from_bytes(b"QEMU", "little")),
         ("IN of 3 bytes", MALFORMED), ("reason", INVALID_INPUT), ("CPUID", 0x8000001f),
         ("MSR read", 0xfee00900), ("MSR written", 0x9abc12345678),
         ("x2APIC ID read", EXCEPTION), ("reason", INJECT_GP),
         ("x2APIC EOI written", EXCEPTION), ("reason", INJECT_GP),
         ("APIC base, a reserved bit", EXCEPTION), ("reason", INJECT_GP),
         ("APIC base, x2APIC without an APIC", EXCEPTION), ("reason", INJECT_GP),
         ("host save area, not aligned", EXCEPTION), ("reason", INJECT_GP),
         ("PKRS, more than 32 bits", EXCEPTION), ("reason", INJECT_GP),
         ("APIC base, as it is", DONE), ("reason", 0),
         ("DR7", 0x400), ("DR7 written", 0x755), ("RDPMC", 0),
         ("RDPMC of no counter", EXCEPTION), ("reason", INJECT_GP), ("VMMCALL", 2**64 - 1000),
         ("INVD, WBINVD, MONITOR, MWAIT", 0), ("MMIO", 0x170020),
         ("MMIO of memory", MALFORMED), ("reason", INVALID_INPUT), ("AP jump table", 0x123000),
         ("pages of APIC IDs", 1), ("count and first", 1), ("features", HV_FEATURES), ("end", 0))
    boot.says(r"(?m)^string\r?$")


def firmware_vmsa(machine):
    """The state that a vCPU begins with, as far as it can look at it."""
    boot, said, _ = start(machine, "vmsa", "--vcpus", "2")
    boot.is_clean()
    says(said, ("accept", DONE), ("no VMSA", MALFORMED), ("reason", INVALID_INPUT),
         ("RMPADJUST", DONE), ("CREATE_ON_INIT", MALFORMED), ("reason", INVALID_INPUT),
         ("other features", MALFORMED), ("reason", INVALID_INPUT), ("CREATE", DONE),
         ("reason", 0), ("checked", 50), ("differing", 0), ("found", 0), ("end", 0))


def firmware_hold(machine):
    """A vCPU sleeps in an AP reset hold until a start-up interrupt, and goes on where it was."""
    boot, said, _ = start(machine, "hold", "--vcpus", "2")
    boot.is_clean()
    says(said, ("CREATE", DONE), ("reason", 0), ("by MSR", 0x1007), ("by GHCB", 1), ("end", 0))
    expect(boot.run["exits"]["ap_reset_hold"] >= 2, "it has not slept")


def firmware_in_rom(machine):
    """-bios: its volume stays as it is."""
    boot, said, _ = start(machine, "volume")
    boot.is_clean()
    says(said, ("entry", 0), ("written entry", 0), ("end", 0))


def firmware_in_flash(machine):
    image = tiny_firmware.Firmware(machine, SNP, "converted").path
    boot, said, _ = start(machine, "converted", "--",
                          "-drive", f"if=pflash,format=raw,readonly=on,file={image}")
    boot.is_clean()
    expect(said[-1] == ("end", 0), f"it says {said}")


def firmware_in_two_flash_devices(machine):
    """Refused before its first instruction."""
    text = tiny_firmware.fails(machine, SNP, "qemu-failed", *tiny_firmware.two_flash_devices(machine, SNP))
    expect("a second flash device" in text and "OVMF.fd, as -bios" in text, text)


def accepted(error, small, large, fell_back, status=0):
    """What the library's platform says of a range."""
    return (("accept", error), ("4K", small), ("2M", large), ("fell back", fell_back),
            ("done", small * 0x1000 + large * 0x200000), ("status", status))


# The secrets page of that VMPL; COHERENCY_SFW_NO is set in the emulated processor's CPUID.
def library(vmpl):
    return (("secrets", 0), ("VMPL", vmpl), ("calling area", 0x814000), ("start", DONE),
            ("evicts", 0))


def svsm_said(vmpl, small, large, fell_back):
    return (*library(vmpl), *exception("PVALIDATE", VECTOR_GP, 0, None),
            *accepted(0, small, large, fell_back),
            *accepted(ALREADY, 0, 0, 0, status=UNCHANGED),
            ("share", DONE), ("shared page", PATTERN), ("unshare", DONE), *accepted(0, 1, 0, 0),
            ("page", PATTERN), ("content beside it", PATTERN))


def firmware_svsm(machine):
    """The library's platform above VMPL 0: the SVSM validates."""
    boot, said, symbols = start(machine, "svsm", "--vmpl", "2")
    accepted_twice(boot, 1)
    says(said, *at(svsm_said(2, 5, 1, 0), symbols["pvalidate_here"]), ("end", 0))
    # Two ranges, a page rescinded, and a page again.
    expect(boot.run["svsm_calls"] == 4, f"{boot.run['svsm_calls']} calls of the SVSM")


def firmware_svsm_host_4k(machine):
    """The list breaks off at the 2 MiB page, and goes on with 512 of 4 KiB."""
    boot, said, symbols = start(machine, "svsm", "--vmpl", "1", "--host-4k")
    accepted_twice(boot, 1)
    says(said, *at(svsm_said(1, 517, 0, 1), symbols["pvalidate_here"]), ("end", 0))


def firmware_svsm_by_msr(machine):
    boot, said, _ = start(machine, "svsm_by_msr", "--vmpl", "3")
    boot.is_clean()
    says(said, *library(3), *accepted(0, 5, 0, 0), ("page", PATTERN), ("end", 0))
    expect(boot.run["svsm_calls"] == 1, "the pages are not one list")


CASES = [
    *tiny_firmware.cases(SNP),
    firmware_converted,
    firmware_converted_c_bit_47,
    firmware_without_c_bit,
    firmware_with_c_bit,
    firmware_converted_not_validated,
    firmware_implicitly_shared,
    firmware_rescinded,
    firmware_legacy,
    firmware_pvalidate,
    firmware_flags,
    firmware_rmpadjust,
    firmware_rmpadjust_not_validated,
    firmware_hlt,
    firmware_vc,
    firmware_vc_off,
    firmware_intercepts,
    firmware_dr7,
    firmware_vc_not_validated,
    firmware_page_fault_in_vc,
    firmware_vc_in_vc,
    firmware_msr_protocol,
    firmware_terminate,
    firmware_terminate_by_ghcb,
    firmware_ghcb,
    firmware_events,
    firmware_vmsa,
    firmware_hold,
    firmware_in_rom,
    firmware_in_flash,
    firmware_in_two_flash_devices,
    firmware_svsm,
    firmware_svsm_host_4k,
    firmware_svsm_by_msr,
]
