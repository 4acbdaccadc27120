/* SPDX-License-Identifier: MIT */
#include "snp.h"

/*
 * A second vCPU, which begins with a state that is not the one after reset: AMD APM volume 2,
 * appendix B, table B-4, and GHCB specification 2.03, 4.1.9.
 */
#define VMSA	   (PAGE + 4096) /* no hypervisor takes one on a boundary of 2 MiB */
#define AP_STACK   UINT64_C(0x80f000)
#define SEGMENT(s) ((s) | UINT64_C(0xc93) << 16 | UINT64_C(0xffffffff) << 32)
#define CODE64	   (8 | UINT64_C(0xa9b) << 16 | UINT64_C(0xffffffff) << 32)
#define TSS64	   (40 | UINT64_C(0x8b) << 16 | UINT64_C(0x67) << 32)
#define LDT	   (48 | UINT64_C(0x82) << 16 | UINT64_C(0xf) << 32)
#define LIMIT(l)   ((uint64_t)(l) << 32)

enum { AP_CREATION = 0x80000013, CREATE_ON_INIT = 0, CREATE = 1 };
enum { SEV_FEATURES_SNP = 1 << 0, SEV_FEATURES_VTOM = 1 << 1 };
#define APIC_ID(id) ((uint64_t)(id) << 32)
#define VMSA_BIT    (UINT64_C(1) << 16)

enum {
	ES = 0x000,
	CS = 0x010,
	SS = 0x020,
	DS = 0x030,
	FS = 0x040,
	GS = 0x050,
	GDTR = 0x060,
	LDTR = 0x070,
	IDTR = 0x080,
	TR = 0x090,
	BASE = 8,
	EFER = 0x0d0,
	CR4 = 0x148,
	CR3 = 0x150,
	CR0 = 0x158,
	DR7 = 0x160,
	DR6 = 0x168,
	RFLAGS = 0x170,
	RIP = 0x178,
	RSP = 0x1d8,
	RAX = 0x1f8,
	STAR = 0x200, /* then LSTAR, CSTAR, SFMASK, KernelGSBase, SYSENTER_CS, ESP and EIP */
	CR2 = 0x240,
	PAT = 0x268,
	RCX = 0x308,
	RDX = 0x310,
	RBX = 0x318,
	RBP = 0x328,
	RSI = 0x330,
	RDI = 0x338,
	R8 = 0x340,
	SEV_FEATURES = 0x3b0,
	XCR0 = 0x3e8,
	MXCSR = 0x408,
	FCW = 0x410,
};

/* As instructions.S pushes them. */
struct ap_registers {
	uint64_t rax, rcx, rdx, rbx, rbp, rsi, rdi, r8_to_r15[8], rflags;
};

struct __attribute__((packed)) table {
	uint16_t limit;
	uint64_t base;
};

extern const char ap_start[];
void ap(const struct ap_registers *registers);
void vmsa(void);

static uint64_t checked, differing, found; /* the last place that differs, and what is there */
static bool done;			   /* atomic */
static void (*ap_then)(void);

static volatile uint64_t *at(unsigned offset)
{
	return (volatile uint64_t *)(VMSA + offset);
}

static void make_vmsa(void)
{
	*at(ES) = SEGMENT(24 | 3);
	*at(CS) = CODE64;
	*at(SS) = SEGMENT(16);
	*at(DS) = SEGMENT(24 | 3);
	*at(FS) = SEGMENT(16);
	*at(GS) = SEGMENT(24 | 3);
	*at(TR) = TSS64;
	*at(LDTR) = LDT;
	*at(FS + BASE) = 0x1111000;
	*at(GS + BASE) = UINT64_C(0xffff888811112222);
	*at(GDTR) = LIMIT(39);
	*at(GDTR + BASE) = (uint64_t)rom_gdt;
	*at(IDTR) = LIMIT(0x1ff);
	*at(IDTR + BASE) = 0x2222000;
	*at(EFER) = 0x1d01; /* SVME, NXE, LMA, LME, SCE */
	*at(CR4) = 0x406a0; /* OSXSAVE, OSXMMEXCPT, OSFXSR, PGE, PAE */
	*at(CR3) = (uint64_t)pml4 | private_bit;
	*at(CR0) = 0x80050033; /* PG, AM, WP, NE, ET, MP, PE */
	*at(DR7) = 0x400;
	*at(DR6) = UINT64_C(0x1ffff0ff5); /* two breakpoints met; 63:32 are ignored */
	*at(RFLAGS) = 0xcd7;		  /* OF, DF, SF, ZF, AF, PF, CF */
	*at(RIP) = (uint64_t)ap_start;
	*at(RSP) = AP_STACK;
	*at(CR2) = 0x3333000;
	*at(PAT) = UINT64_C(0x0606060600070406);
	for (unsigned i = 0; i < 8; i++)
		*at(STAR + 8 * i) = 0x1001 * (i + 1); /* SYSENTER_CS has 16 bits */
	for (unsigned i = 0; i < 16; i++)
		*at(RCX + 8 * i) = PATTERN + i;
	*at(RAX) = ~PATTERN;
	*at(SEV_FEATURES) = SEV_FEATURES_SNP;
	*at(XCR0) = 7;
	*at(MXCSR) = 0x7f80; /* rounds towards zero */
	*at(FCW) = 0x40;     /* as after reset */
}

static void check(unsigned offset, uint64_t value, uint64_t mask)
{
	checked++;
	if ((*at(offset) & mask) == value)
		return;
	differing = offset;
	found = value;
}

static void check_registers(const struct ap_registers *registers)
{
	check(RAX, registers->rax, UINT64_MAX);
	check(RCX, registers->rcx, UINT64_MAX);
	check(RDX, registers->rdx, UINT64_MAX);
	check(RBX, registers->rbx, UINT64_MAX);
	check(RSP, (uint64_t)(registers + 1), UINT64_MAX);
	check(RBP, registers->rbp, UINT64_MAX);
	check(RSI, registers->rsi, UINT64_MAX);
	check(RDI, registers->rdi, UINT64_MAX);
	for (unsigned i = 0; i < 8; i++)
		check(R8 + 8 * i, registers->r8_to_r15[i], UINT64_MAX);
	check(RFLAGS, registers->rflags, UINT64_MAX);
}

#define CHECK_SELECTOR(offset, instruction)                                                        \
	do {                                                                                       \
		uint64_t selector;                                                                 \
		__asm__ volatile(instruction : "=r"(selector));                                    \
		check(offset, (uint16_t)selector, 0xffff);                                         \
	} while (0)

#define CHECK_TABLE(offset, instruction)                                                           \
	do {                                                                                       \
		struct table table;                                                                \
		__asm__ volatile(instruction : "=m"(table));                                       \
		check(offset, LIMIT(table.limit), UINT64_MAX);                                     \
		check(offset + BASE, table.base, UINT64_MAX);                                      \
	} while (0)

static void check_segments(void)
{
	CHECK_SELECTOR(ES, "mov %%es, %0");
	CHECK_SELECTOR(CS, "mov %%cs, %0");
	CHECK_SELECTOR(SS, "mov %%ss, %0");
	CHECK_SELECTOR(DS, "mov %%ds, %0");
	CHECK_SELECTOR(FS, "mov %%fs, %0");
	CHECK_SELECTOR(GS, "mov %%gs, %0");
	CHECK_SELECTOR(TR, "str %0");
	CHECK_SELECTOR(LDTR, "sldt %0");
	CHECK_TABLE(GDTR, "sgdt %0");
	CHECK_TABLE(IDTR, "sidt %0");
}

#define CHECK_BITS(offset, name, mask)                                                             \
	do {                                                                                       \
		uint64_t value;                                                                    \
		__asm__ volatile("mov %%" name ", %0" : "=r"(value));                              \
		check(offset, value, mask);                                                        \
	} while (0)
#define CHECK_CONTROL(offset, name) CHECK_BITS(offset, name, UINT64_MAX)

static void check_control(void)
{
	static const uint32_t msrs[] = { 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084,
					 0xc0000102, 0x174,	 0x175,	     0x176 };

	CHECK_CONTROL(CR0, "cr0");
	CHECK_CONTROL(CR2, "cr2");
	CHECK_CONTROL(CR3, "cr3");
	CHECK_CONTROL(CR4, "cr4");
	CHECK_BITS(DR6, "dr6", UINT32_MAX);
	CHECK_CONTROL(DR7, "dr7");
	/* A guest does not see that it is one. */
	check(EFER, read_msr(0xc0000080), ~UINT64_C(0x1000));
	check(FS + BASE, read_msr(0xc0000100), UINT64_MAX);
	check(GS + BASE, read_msr(0xc0000101), UINT64_MAX);
	check(PAT, read_msr(0x277), UINT64_MAX);
	for (unsigned i = 0; i < 8; i++)
		check(STAR + 8 * i, read_msr(msrs[i]), UINT64_MAX);
}

static void check_float(void)
{
	uint32_t xcr0, high, mxcsr;
	uint16_t fcw;

	__asm__ volatile("xgetbv" : "=a"(xcr0), "=d"(high) : "c"(0));
	check(XCR0, (uint64_t)high << 32 | xcr0, UINT64_MAX);
	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	check(MXCSR, mxcsr, UINT32_MAX);
	__asm__ volatile("fnstcw %0" : "=m"(fcw));
	check(FCW, fcw, UINT16_MAX);
}

/* In the second vCPU. */
void ap(const struct ap_registers *registers)
{
	check_registers(registers);
	check_segments();
	check_control();
	check_float();
	__atomic_store_n(&done, true, __ATOMIC_RELEASE);
	if (ap_then)
		ap_then();
	for (;;)
		__asm__ volatile("hlt");
}

static void create(const char *name, uint64_t kind, uint64_t sev_features)
{
	struct ghcb *ghcb = ghcb_at(GHCB);
	uint64_t info1, info2;

	ghcb->rax = sev_features;
	request_by(GHCB, AP_CREATION, APIC_ID(1) | kind, VMSA);
	info1 = ghcb->exitinfo1;
	info2 = ghcb->exitinfo2;
	say(name, info1);
	say("reason", info2);
}

static void wait(void)
{
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE))
		__asm__ volatile("pause");
}

void start_ap(void (*then)(void))
{
	struct rmp_operands operands = { VMSA, 0, VMSA_BIT | 1, 0 };

	ap_then = then;
	accept(VMSA, 0);
	make_vmsa();
	rmpadjust(&operands);
	create("CREATE", CREATE, SEV_FEATURES_SNP);
	wait();
}

void vmsa(void)
{
	struct rmp_operands operands = { VMSA, 0, VMSA_BIT | 1, 0 };

	say("accept", accept(VMSA, 0));
	make_vmsa();
	create("no VMSA", CREATE, SEV_FEATURES_SNP);
	rmpadjust(&operands);
	say("RMPADJUST", operands.rax);
	create("CREATE_ON_INIT", CREATE_ON_INIT, SEV_FEATURES_SNP);
	create("other features", CREATE, SEV_FEATURES_SNP | SEV_FEATURES_VTOM);
	create("CREATE", CREATE, SEV_FEATURES_SNP);
	wait();
	say("checked", checked);
	say("differing", differing);
	say("found", found);
}
