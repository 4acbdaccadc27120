# SPDX-License-Identifier: MIT
"""Firmware of our own as a TD: instructions that exit to the TDX module, and what comes back to the
guest. Expected values are those of the TDX module's specifications, and of Intel SDM volume 3,
appendix C and "Exit Qualification"."""

from cases_tdx_firmware import NO_VALID_VE_INFO, SUCCESS, start
from machine import expect
from tiny_firmware import says

DF, GP, VE = 8, 13, 20
CPUID, HLT, INVD, VMCALL, IO, RDMSR, WRMSR, EPT, WBINVD = 10, 12, 13, 18, 30, 31, 32, 48, 54
# firmware.h, exits.c; the shared bit at the default width.
SHARED, DEVICE, SHARED_BIT = 1 << 39, 0xfec00000, 1 << 51
READ, WRITE, LINEAR = 1, 2, 0x180


class Exits:
    """A boot of an image of exits.c, and what it is to say."""

    def __init__(self, machine, run, *options):
        self.boot, self.said, self.symbols = start(machine, run, *options)
        self.expected, self.count = [], 0

    def none(self, name):
        """The instruction was carried out."""
        self.expected.append((name, 0))

    def fault(self, name, symbol, vector=GP):
        self.expected += [(name, vector), ("RIP", self.symbols[f"{symbol}_here"])]

    def information(self, reason, length, qualification=0, gla=0, gpa=0, more=0):
        self.expected += [("VEINFO.GET", SUCCESS), ("exit reason", reason),
                          ("exit qualification", qualification), ("GLA", gla), ("GPA", gpa),
                          ("length and information", more << 32 | length)]

    def ve(self, name, symbol, *args, **info):
        self.fault(name, symbol, VE)
        self.information(*args, **info)
        self.count += 1

    def check(self, **counts):
        """Said so, and nothing else; the report has counted them."""
        says(self.said, *self.expected, ("end", 0))
        self.boot.is_clean()
        found = {name: count for name, count in self.boot.run["ve"].items() if count}
        expect(found == counts, f"the report counts {found}")
        expect(sum(counts.values()) == self.count, "not each of them")


def firmware_ve_cpuid(machine):
    exits = Exits(machine, "ve_cpuid")
    exits.none("CPUID 1")
    exits.ve("CPUID 2", "cpuid", CPUID, 2)
    exits.none("CPUID 7.2")
    exits.ve("CPUID 7.3", "cpuid", CPUID, 2)
    exits.ve("CPUID 40000000", "cpuid", CPUID, 2)
    # There is none above 80000008: it is answered as the last of the others, 21.
    exits.none("CPUID 8000000a")
    exits.expected += [("last leaf", 0x80000008), ("its EAX", 0)]
    exits.check(cpuid=3)


def firmware_ve_instructions(machine):
    exits = Exits(machine, "ve_instructions")
    exits.ve("HLT", "hlt", HLT, 1)
    exits.ve("INVD", "invd", INVD, 2)
    exits.ve("WBINVD", "wbinvd", WBINVD, 2)
    exits.ve("WBNOINVD", "wbnoinvd", WBINVD, 3)
    exits.ve("VMCALL", "vmcall_instruction", VMCALL, 3)
    exits.fault("RDPMC", "rdpmc")
    exits.check(hlt=1, invd=1, wbinvd=2, vmcall=1)


def firmware_ve_msrs(machine):
    exits = Exits(machine, "ve_msrs")
    exits.none("RDMSR PAT")
    exits.ve("RDMSR APIC_BASE", "rdmsr", RDMSR, 2)
    exits.fault("RDMSR PMC0", "rdmsr")
    exits.ve("WRMSR TSC", "wrmsr", WRMSR, 2)
    exits.none("WRMSR EFER, as it is")
    exits.ve("WRMSR EFER, LME clear", "wrmsr", WRMSR, 2)
    exits.check(rdmsr=1, wrmsr=2)


def firmware_ve_ports(machine):
    """Qualification: size less 1, bit 3 IN, 4 string, 5 REP, 6 immediate, the port from 16 on;
    information: size of the address from bit 7 on, 2 for 64 bits; segment from 15 on."""
    exits = Exits(machine, "ve_ports")
    exits.ve("OUT 80", "out_immediate", IO, 2, qualification=0x80 << 16 | 0x40)
    exits.ve("IN DX", "in_dx", IO, 1, qualification=0xcfc << 16 | 8 | 3)
    exits.ve("OUT AX", "out_word", IO, 2, qualification=0x604 << 16 | 1)
    exits.ve("REP OUTSB", "out_string", IO, 2, qualification=0x3f8 << 16 | 0x30,
             more=3 << 15 | 2 << 7)
    exits.none("REP OUTSB, none")
    exits.ve("OUTSL of GS", "out_string_of_gs", IO, 2, qualification=0xcf8 << 16 | 0x10 | 3,
             more=5 << 15 | 2 << 7)
    exits.ve("INSL", "in_string", IO, 1, qualification=0xcfc << 16 | 0x10 | 8 | 3, more=2 << 7)
    exits.check(io=6)


def firmware_ve_mmio(machine, *options, shared_bit=SHARED_BIT):
    """The length of the instruction is not defined then."""
    exits = Exits(machine, "ve_mmio", *options)
    for name, symbol, kind, offset in (("load", "mmio_load", READ, 16),
                                       ("store", "mmio_store", WRITE, 0),
                                       ("STOSL", "mmio_string", WRITE, 8),
                                       ("MOVSL", "mmio_copy", WRITE, 0)):
        exits.ve(name, symbol, EPT, 0, qualification=kind | LINEAR, gla=SHARED + DEVICE + offset,
                 gpa=shared_bit | DEVICE + offset)
    exits.check(mmio=4)


def firmware_ve_mmio_width_48(machine):
    firmware_ve_mmio(machine, "--gpa-width", "48", shared_bit=1 << 47)


def firmware_ve_cpl3(machine):
    """Privileged instructions are a #GP as ever, and ports that the task's map does not allow."""
    exits = Exits(machine, "ve_cpl3")
    exits.ve("CPUID 40000000", "cpuid", CPUID, 2)
    exits.fault("HLT", "hlt")
    exits.fault("RDMSR", "rdmsr")
    exits.fault("WBINVD", "wbinvd")
    exits.ve("VMCALL", "vmcall_instruction", VMCALL, 3)
    exits.fault("IN DX", "in_dx")
    exits.check(cpuid=1, vmcall=1)


def firmware_ve_nested(machine):
    """A #DF while the information of the first has not been fetched, which is then still there."""
    exits = Exits(machine, "ve_nested")
    exits.expected += [("first", VE), ("second", DF), ("error code", 0),
                       ("RIP", exits.symbols["hlt_here"])]
    exits.information(CPUID, 2)
    exits.count += 1
    exits.ve("third", "hlt", HLT, 1)
    exits.check(cpuid=1, hlt=1)


def firmware_ve_off(machine):
    """All of them work directly, and there is no information."""
    exits = Exits(machine, "ve_off", "--ve", "off")
    for name in "CPUID", "RDMSR", "RDMSR of PMC0", "IN", "WBINVD", "load":
        exits.none(name)
    exits.expected += [("VEINFO.GET", NO_VALID_VE_INFO << 32), ("exit reason", 0),
                       ("exit qualification", 0), ("GLA", 0), ("GPA", 0),
                       ("length and information", 0)]
    exits.check()


CASES = [
    firmware_ve_cpuid,
    firmware_ve_instructions,
    firmware_ve_msrs,
    firmware_ve_ports,
    firmware_ve_mmio,
    firmware_ve_mmio_width_48,
    firmware_ve_cpl3,
    firmware_ve_nested,
    firmware_ve_off,
]
