/* SPDX-License-Identifier: MIT */
#include "tdx.h"

/* Instructions that exit to the TDX module, and what TDG.VP.VEINFO.GET says of them then. */

/* exits.S: what the registers are before the instruction. */
struct operands {
	uint64_t rax, rcx, rdx, rsi, rdi;
};

enum { LEAF_VEINFO_GET = 3 };
enum { VECTOR_VE = 20 };

/* The I/O APIC. */
#define DEVICE UINT64_C(0xfec00000)
#define EFER   0xc0000080

void cpuid(struct operands *operands);
void hlt(struct operands *operands);
void invd(struct operands *operands);
void wbinvd(struct operands *operands);
void wbnoinvd(struct operands *operands);
void vmcall_instruction(struct operands *operands);
void rdpmc(struct operands *operands);
void rdmsr(struct operands *operands);
void wrmsr(struct operands *operands);
void out_immediate(struct operands *operands);
void in_dx(struct operands *operands);
void out_word(struct operands *operands);
void out_string(struct operands *operands);
void out_string_of_gs(struct operands *operands);
void in_string(struct operands *operands);
void mmio_load(struct operands *operands);
void mmio_store(struct operands *operands);
void mmio_string(struct operands *operands);
void mmio_copy(struct operands *operands);

void ve_cpuid(void);
void ve_instructions(void);
void ve_msrs(void);
void ve_ports(void);
void ve_mmio(void);
void ve_cpl3(void);
void ve_nested(void);
void ve_off(void);

static void say_information(void)
{
	struct tdcall call = { .rax = LEAF_VEINFO_GET };

	tdcall(&call);
	say("VEINFO.GET", call.rax);
	say("exit reason", call.rcx);
	say("exit qualification", call.rdx);
	say("GLA", call.r8);
	say("GPA", call.r9);
	say("length and information", call.r10);
}

/* "NAME: VECTOR", and if there was one, what else is known of it. */
static void say_exit(const char *name)
{
	struct frame exception = last_exception;

	last_exception = (struct frame){ 0 };
	say(name, exception.vector);
	if (!exception.vector)
		return;
	say("RIP", exception.rip);
	if (exception.vector == VECTOR_VE)
		say_information();
}

static void try(const char *name, void (*code)(struct operands *operands), struct operands operands)
{
	attempt((void (*)(void *))code, &operands);
	say_exit(name);
}

static uint32_t cpuid_eax(uint32_t leaf)
{
	uint32_t eax = leaf, ecx = 0;

	__asm__ volatile("cpuid" : "+a"(eax), "+c"(ecx) : : "rbx", "rdx");
	return eax;
}

void ve_cpuid(void)
{
	try("CPUID 1", cpuid, (struct operands){ .rax = 1 });
	try("CPUID 2", cpuid, (struct operands){ .rax = 2 });
	try("CPUID 7.2", cpuid, (struct operands){ .rax = 7, .rcx = 2 });
	try("CPUID 7.3", cpuid, (struct operands){ .rax = 7, .rcx = 3 });
	try("CPUID 40000000", cpuid, (struct operands){ .rax = 0x40000000 });
	try("CPUID 8000000a", cpuid, (struct operands){ .rax = 0x8000000a });
	say("last leaf", cpuid_eax(0x80000000));
	say("its EAX", cpuid_eax(0x8000000a));
}

void ve_instructions(void)
{
	try("HLT", hlt, (struct operands){ 0 });
	try("INVD", invd, (struct operands){ 0 });
	try("WBINVD", wbinvd, (struct operands){ 0 });
	try("WBNOINVD", wbnoinvd, (struct operands){ 0 });
	try("VMCALL", vmcall_instruction, (struct operands){ 0 });
	try("RDPMC", rdpmc, (struct operands){ 0 });
}

void ve_msrs(void)
{
	try("RDMSR PAT", rdmsr, (struct operands){ .rcx = 0x277 });
	try("RDMSR APIC_BASE", rdmsr, (struct operands){ .rcx = 0x1b });
	try("RDMSR PMC0", rdmsr, (struct operands){ .rcx = 0xc1 });
	try("WRMSR TSC", wrmsr, (struct operands){ .rcx = 0x10 });
	try("WRMSR EFER, as it is", wrmsr, (struct operands){ .rax = entry_efer, .rcx = EFER });
	try("WRMSR EFER, LME clear", wrmsr,
	    (struct operands){ .rax = entry_efer & ~0x100u, .rcx = EFER });
}

void ve_ports(void)
{
	uint32_t word = 0;

	try("OUT 80", out_immediate, (struct operands){ 0 });
	try("IN DX", in_dx, (struct operands){ .rdx = 0xcfc });
	try("OUT AX", out_word, (struct operands){ .rdx = 0x604 });
	try("REP OUTSB", out_string,
	    (struct operands){ .rcx = 1, .rdx = 0x3f8, .rsi = (uint64_t)&word });
	try("REP OUTSB, none", out_string,
	    (struct operands){ .rdx = 0x3f8, .rsi = (uint64_t)&word });
	try("OUTSL of GS", out_string_of_gs,
	    (struct operands){ .rdx = 0xcf8, .rsi = (uint64_t)&word });
	try("INSL", in_string, (struct operands){ .rdx = 0xcfc, .rdi = (uint64_t)&word });
}

void ve_mmio(void)
{
	try("load", mmio_load, (struct operands){ .rcx = 6, .rdi = SHARED + DEVICE });
	try("store", mmio_store, (struct operands){ .rax = 1, .rdi = SHARED + DEVICE });
	try("STOSL", mmio_string, (struct operands){ .rax = 1, .rdi = SHARED + DEVICE + 8 });
	share(PAGE);
	try("MOVSL", mmio_copy, (struct operands){ .rsi = SHARED + PAGE, .rdi = SHARED + DEVICE });
}

/* The checks of privilege come before the exit. */
void ve_cpl3(void)
{
	/* The task's map of ports allows none. */
	struct operands operands = { .rax = 0x40000000, .rdx = 0xcfc };

	attempt_at_cpl3((void (*)(void *))cpuid, &operands);
	say_exit("CPUID 40000000");
	attempt_at_cpl3((void (*)(void *))hlt, &operands);
	say_exit("HLT");
	attempt_at_cpl3((void (*)(void *))rdmsr, &operands);
	say_exit("RDMSR");
	attempt_at_cpl3((void (*)(void *))wbinvd, &operands);
	say_exit("WBINVD");
	attempt_at_cpl3((void (*)(void *))vmcall_instruction, &operands);
	say_exit("VMCALL");
	attempt_at_cpl3((void (*)(void *))in_dx, &operands);
	say_exit("IN DX");
}

void ve_nested(void)
{
	struct operands operands = { .rax = 0x40000000 };

	attempt((void (*)(void *))cpuid, &operands);
	say("first", last_exception.vector);
	attempt((void (*)(void *))hlt, &operands);
	say_attempt("second");
	say_information();
	try("third", hlt, operands);
}

/* HLT is not among them: interrupts are off. */
void ve_off(void)
{
	try("CPUID", cpuid, (struct operands){ .rax = 0x40000000 });
	try("RDMSR", rdmsr, (struct operands){ .rcx = 0x1b });
	try("RDMSR of PMC0", rdmsr, (struct operands){ .rcx = 0xc1 });
	try("IN", in_dx, (struct operands){ .rdx = 0xcfc });
	try("WBINVD", wbinvd, (struct operands){ 0 });
	try("load", mmio_load, (struct operands){ .rcx = 6, .rdi = SHARED + DEVICE });
	say_information();
}
