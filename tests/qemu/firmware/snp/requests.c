/* SPDX-License-Identifier: MIT */
#include "snp.h"

/* GHCB specification 2.03: requests by the MSR, 2.3.1, and by the page, 4.1. */

void msr_requests(void);
void ghcb_requests(void);
void events(void);
void terminate(void);
void terminate_by_ghcb(void);

#define MSR_APIC_BASE	0x1b
#define MSR_PKRS	0x6e1
#define MSR_X2APIC_ID	0x802
#define MSR_X2APIC_EOI	0x80b
#define MSR_LSTAR	0xc0000082
#define MSR_VM_HSAVE_PA 0xc0010117
#define MSR_SEV_STATUS	0xc0010131
#define IOAPIC		UINT64_C(0xfec00000)
#define NOWHERE		UINT64_C(0x10000000000)

void msr_requests(void)
{
	uint64_t registered = msr_request(OTHER_GHCB | 0x012);

	/* The one by which this says anything. */
	msr_request(GHCB | 0x012);
	say("SEV_STATUS", read_msr(MSR_SEV_STATUS));
	say("SEV information", msr_request(0x002));
	/* EBX of leaf 0x8000001f. */
	say("CPUID", msr_request(UINT64_C(0x8000001f) << 32 | UINT64_C(1) << 30 | 0x004));
	say("preferred GHCB", msr_request(0x010));
	say("register GHCB", registered);
	say("private", msr_request(UINT64_C(1) << 52 | PAGE | 0x014));
	say("shared", msr_request(UINT64_C(2) << 52 | PAGE | 0x014));
	say("operation 3", msr_request(UINT64_C(3) << 52 | PAGE | 0x014));
	say("private, no memory", msr_request(UINT64_C(1) << 52 | NOWHERE | 0x014));
	say("features", msr_request(0x080));
}

static void say_answer(const char *name, uint64_t gpa)
{
	uint64_t info1 = ghcb_at(gpa)->exitinfo1, info2 = ghcb_at(gpa)->exitinfo2;

	say(name, info1);
	say("reason", info2);
}

void ghcb_requests(void)
{
	request_by(OTHER_GHCB, 0x89, 0, 0);
	say_answer("not registered", OTHER_GHCB);
	request_by(GHCB, 0x8000ffff, 0, 0);
	say_answer("unknown", GHCB);
	request_by(GHCB, 0x80000003, 0, 0);
	say_answer("NMI complete", GHCB);
	request_by(GHCB, 0x80000014, 0, 0);
	say_answer("#HV doorbell", GHCB);
	request_by(GHCB, 0x89, 0, 0);
	say_answer("WBINVD", GHCB);
}

enum { CPUID = 0x72, IOIO = 0x7b, MSR = 0x7c, MMIO_READ = 0x80000001, MMIO_WRITE = 0x80000002 };
enum { DR7_READ = 0x27, DR7_WRITE = 0x37, RDPMC = 0x6f, VMMCALL = 0x81 };
enum { JUMP_TABLE = 0x80000005, APIC_IDS = 0x80000017, HV_FEATURES = 0x8000fffd };

/* AMD APM volume 2, 15.10.2. */
enum { IOIO_IN = 1 << 0, IOIO_STRING = 1 << 2 };
#define IOIO_INFO(port, size, bits) ((port) << 16 | (size) << 4 | (bits))

static void io(uint64_t info1, uint64_t info2)
{
	request_by(GHCB, IOIO, info1, info2);
}

/* The address register of the PCI bus can be read back; fw_cfg's item 0 is its signature. */
static void ports(struct ghcb *ghcb)
{
	port_out(0xcf8, 4, 0x80001234);
	ghcb->rax = 0;
	io(IOIO_INFO(0xcf8, 4, IOIO_IN), 0);
	say("IN", ghcb->rax);
	port_out(0x510, 2, 0);
	io(IOIO_INFO(0x511, 1, IOIO_IN | IOIO_STRING), 4);
	say("INS", (uint32_t)ghcb->buffer[0]);
	ghcb->buffer[0] = UINT64_C(0x0a676e69727473); /* "string", and the line's end */
	io(IOIO_INFO(0x3f8, 1, IOIO_STRING), 7);
	io(IOIO_INFO(0x80, 3, IOIO_IN), 0);
	say_answer("IN of 3 bytes", GHCB);
}

static void registers(struct ghcb *ghcb)
{
	ghcb->rax = 0x80000000;
	ghcb->rcx = 0;
	request_by(GHCB, CPUID, 0, 0);
	say("CPUID", ghcb->rax);
	ghcb->rcx = MSR_APIC_BASE;
	request_by(GHCB, MSR, 0, 0);
	say("MSR read", ghcb->rdx << 32 | ghcb->rax);
	ghcb->rcx = MSR_LSTAR;
	ghcb->rax = 0x12345678;
	ghcb->rdx = 0x9abc;
	request_by(GHCB, MSR, 1, 0);
	say("MSR written", read_msr(MSR_LSTAR));
}

static void write_by_event(struct ghcb *ghcb, uint32_t msr, uint64_t value)
{
	ghcb->rcx = msr;
	ghcb->rax = (uint32_t)value;
	ghcb->rdx = value >> 32;
	request_by(GHCB, MSR, 1, 0);
}

/* What raises #GP where an instruction does it. The APIC is in its older mode. */
static void refused_msrs(struct ghcb *ghcb)
{
	ghcb->rcx = MSR_X2APIC_ID;
	request_by(GHCB, MSR, 0, 0);
	say_answer("x2APIC ID read", GHCB);
	write_by_event(ghcb, MSR_X2APIC_EOI, 0);
	say_answer("x2APIC EOI written", GHCB);
	write_by_event(ghcb, MSR_APIC_BASE, UINT64_C(0xfee00900) | 1);
	say_answer("APIC base, a reserved bit", GHCB);
	write_by_event(ghcb, MSR_APIC_BASE, UINT64_C(0xfee00500));
	say_answer("APIC base, x2APIC without an APIC", GHCB);
	write_by_event(ghcb, MSR_VM_HSAVE_PA, 1);
	say_answer("host save area, not aligned", GHCB);
	write_by_event(ghcb, MSR_PKRS, UINT64_C(1) << 32);
	say_answer("PKRS, more than 32 bits", GHCB);
	write_by_event(ghcb, MSR_APIC_BASE, UINT64_C(0xfee00900));
	say_answer("APIC base, as it is", GHCB);
}

static void say_dr7(const char *name, struct ghcb *ghcb)
{
	ghcb->rax = 0;
	request_by(GHCB, DR7_READ, 0, 0);
	say(name, ghcb->rax);
}

/* What the handler of a #VC asks for. */
static void instructions(struct ghcb *ghcb)
{
	static const uint8_t others[] = { 0x76, 0x89, 0x8a, 0x8b };
	uint64_t errors = 0;

	say_dr7("DR7", ghcb);
	ghcb->rax = 0x755;
	request_by(GHCB, DR7_WRITE, 0, 0);
	say_dr7("DR7 written", ghcb);
	ghcb->rcx = 3;
	request_by(GHCB, RDPMC, 0, 0);
	say("RDPMC", ghcb->exitinfo1);
	ghcb->rcx = 4;
	request_by(GHCB, RDPMC, 0, 0);
	say_answer("RDPMC of no counter", GHCB);
	request_by(GHCB, VMMCALL, 0, 0);
	say("VMMCALL", ghcb->rax);
	for (unsigned i = 0; i < sizeof(others); i++) {
		request_by(GHCB, others[i], 0, 0);
		errors |= ghcb->exitinfo1;
	}
	say("INVD, WBINVD, MONITOR, MWAIT", errors);
}

/* The I/O APIC's version, register 1. */
static void devices(struct ghcb *ghcb)
{
	ghcb->buffer[0] = 1;
	request_by(GHCB, MMIO_WRITE, IOAPIC, 4);
	request_by(GHCB, MMIO_READ, IOAPIC + 0x10, 4);
	say("MMIO", (uint32_t)ghcb->buffer[0]);
	request_by(GHCB, MMIO_READ, GHCB, 4);
	say_answer("MMIO of memory", GHCB);
}

void events(void)
{
	struct ghcb *ghcb = ghcb_at(GHCB);

	ports(ghcb);
	registers(ghcb);
	refused_msrs(ghcb);
	instructions(ghcb);
	devices(ghcb);
	request_by(GHCB, JUMP_TABLE, 0, 0x123000);
	request_by(GHCB, JUMP_TABLE, 1, 0);
	say("AP jump table", ghcb->exitinfo2);
	ghcb->rax = 1;
	request_by(GHCB, APIC_IDS, OTHER_GHCB, 0);
	say("pages of APIC IDs", ghcb->rax);
	say("count and first", load(SHARED + OTHER_GHCB));
	request_by(GHCB, HV_FEATURES, 0, 0);
	say("features", ghcb->exitinfo2);
}

/* Reason set 5, code 7. */
void terminate(void)
{
	msr_request(0x075100);
}

void terminate_by_ghcb(void)
{
	request_by(GHCB, 0x8000fffe, 0x75, 0);
}
