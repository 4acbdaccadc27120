/* SPDX-License-Identifier: MIT */
#include "snp.h"

/* A 2 MiB region that nobody has touched, an address of the entry WALKED that maps it by a page of
 * 4 KiB, and one that nothing maps. */
#define HUGE	   UINT64_C(0x1800000)
#define UNMAPPED   (UINT64_C(3) << 39)
#define FLAGS	   0x8d5 /* CF, PF, AF, ZF, SF, OF */
#define FLAG_DF	   0x400
#define IOAPIC	   UINT64_C(0xfec00000)
#define MSR_MISC   0x1a0
#define LEAF_XSAVE 0xd
#define COM1_LSR   0x3fd
/* Writable at no cost: the diagnostic port. */
#define PORT_POST 0x80

void pvalidates(void);
void flags(void);
void rmpadjusts(void);
void rmpadjust_pending(void);
void rescinded(void);
void implicitly_shared(void);
void legacy(void);
void hlt(void);
void vc(void);
void vc_not_validated(void);
void page_fault_in_vc(void);
void vc_in_vc(void);

/* EAX, and in the upper half the flags. */
static void rmp(const char *name, void (*instruction)(void *), uint64_t address, uint64_t rcx,
		uint64_t rdx)
{
	struct rmp_operands operands = { address, rcx, rdx, 0 };

	instruction(&operands);
	say(name, (uint32_t)operands.rax | (operands.rflags & FLAGS) << 32);
}

static void rmp_faults(void (*instruction)(void *), uint64_t rdx)
{
	struct rmp_operands operands = { PAGE, 0, rdx, 0 };

	attempt_at_cpl3(instruction, &operands);
	say_attempt("at CPL 3");
	operands.rax = UNMAPPED;
	attempt(instruction, &operands);
	say_attempt("not mapped");
	say("CR2", last_cr2);
}

static uint64_t *table_at(uint64_t gpa, unsigned index)
{
	accept(gpa, 0);
	return (uint64_t *)gpa + index;
}

/* Maps the page at WALKED. */
static void map_4k(uint64_t gpa)
{
	uint64_t bits = private_bit | 7;

	pml4[2] = TABLE | bits;
	*table_at(TABLE, 5) = (TABLE + 4096) | bits;
	*table_at(TABLE + 4096, 0) = (TABLE + 8192) | bits;
	*table_at(TABLE + 8192, 0) = gpa | bits;
}

void pvalidates(void)
{
	rmp("validate", pvalidate, PAGE, 0, 1);
	rmp("validate again", pvalidate, PAGE, 0, 1);
	rmp("rescind", pvalidate, PAGE, 0, 0);
	rmp("rescind again", pvalidate, PAGE, 0, 0);
	rmp("size 2", pvalidate, PAGE, 2, 1);
	rmp("2M, not aligned", pvalidate, HUGE + 4096, 1, 1);
	map_4k(HUGE);
	rmp("2M, mapped as 4K", pvalidate, WALKED, 1, 1);
	rmp("2M of 4K entries", pvalidate, PAGE, 1, 1);
	rmp("2M", pvalidate, HUGE, 1, 1);
	rmp("4K of a 2M entry", pvalidate, HUGE + 4096, 0, 0);
	rmp("the next", pvalidate, HUGE + 8192, 0, 1);
	rmp_faults(pvalidate, 1);
}

void flags(void)
{
	struct rmp_operands operands = { PAGE, 0, 1, 0 };

	pvalidate_and_test(&operands);
	say("of PVALIDATE", operands.rflags & (FLAGS | FLAG_DF));
	say("of TEST", operands.rcx & (FLAGS | FLAG_DF));
}

/* RDX: rights of a VMPL, which is in its lowest byte. */
void rmpadjusts(void)
{
	rmp("validate", pvalidate, PAGE, 0, 1);
	rmp("VMPL 1", rmpadjust, PAGE, 0, 0xf01);
	rmp("VMPL 4", rmpadjust, PAGE, 0, 0xf04);
	rmp("VMPL 0", rmpadjust, PAGE, 0, 0xf00);
	rmp("size 2", rmpadjust, PAGE, 2, 0xf01);
	rmp("2M, not aligned", rmpadjust, PAGE + 4096, 1, 0xf01);
	rmp("2M of 4K entries", rmpadjust, PAGE, 1, 0xf01);
	rmp_faults(rmpadjust, 0xf01);
	attempt(run_rmpquery, (void *)PAGE);
	say_attempt("RMPQUERY");
}

void rmpadjust_pending(void)
{
	rmp("never comes", rmpadjust, PAGE, 0, 0xf01);
}

/* Between the instruction and the load there is no VMGEXIT, and then there are many. */
void rescinded(void)
{
	struct rmp_operands operands = { PAGE, 0, 0, 0 };
	uint64_t word;

	say("accept", accept(PAGE, 0));
	fill(PAGE);
	pvalidate(&operands);
	word = load(PAGE + 0x128);
	say("rescinded", operands.rax);
	say("loaded before VMGEXIT", word);
	load(PAGE + 0x128);
}

void implicitly_shared(void)
{
	store(SHARED + PAGE, PATTERN);
	say("shared page", load(SHARED + PAGE));
	load(PAGE + 0x128);
}

void legacy(void)
{
	load(0xd0000);
	say("accept of 832K", accept(0xd0000, 0));
	say("and again", accept(0xd0000, 0));
}

/* The local APIC's registers, by the host. */
static void set_apic(uint64_t offset, uint32_t value)
{
	ghcb_at(GHCB)->buffer[0] = value;
	request_by(GHCB, 0x80000002, 0xfee00000 + offset, 4);
}

/* The interrupt that the vCPU sends itself is taken where HLT waits for it. */
void hlt(void)
{
	set_apic(0xf0, 0x1ff);
	set_apic(0x300, 0x40000 | INTERRUPT);
	attempt(run_hlt, 0);
	say_attempt("HLT");
}

static void attempt_of(const char *name, void (*instruction)(void *), uint64_t operand)
{
	attempt(instruction, (void *)operand);
	say_attempt(name);
}

static void run_load(void *address)
{
	load((uint64_t)address);
}

static void run_store(void *address)
{
	store((uint64_t)address, 0);
}

void vc(void)
{
	attempt_of("CPUID", run_cpuid, 0);
	attempt_of("CPUID 0xd", run_cpuid, LEAF_XSAVE);
	attempt_of("IN", run_in, COM1_LSR);
	attempt_of("OUT", run_out, PORT_POST);
	attempt_of("OUTS", run_outs, PORT_POST);
	attempt_of("RDMSR", run_rdmsr, MSR_MISC);
	attempt_of("WRMSR", run_wrmsr, MSR_MISC);
	attempt_of("WBINVD", run_wbinvd, 0);
	attempt_of("load", run_load, SHARED + IOAPIC);
	attempt_of("store", run_store, SHARED + IOAPIC);
	/* What the processor checks first. */
	attempt_at_cpl3(run_out, (void *)PORT_POST);
	say_attempt("OUT at CPL 3");
}

void vc_not_validated(void)
{
	validate_on_vc = true;
	say("loaded", load(PAGE + 0x128));
	say_attempt("vector");
}

/* The stack of the first #VC is not mapped, that of the next one is. */
void page_fault_in_vc(void)
{
	attempt_of("CPUID without a stack", run_cpuid_on, UNMAPPED);
	say("CR2", last_cr2);
	attempt_of("CPUID", run_cpuid, 0);
}

/* Of CPUID, on a stack whose page nobody has validated. */
void vc_in_vc(void)
{
	attempt(run_cpuid_on, (void *)(PAGE + 4096));
	say_attempt("CPUID");
}
