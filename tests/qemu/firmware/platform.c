/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "firmware.h"

/* GHCI 1.5, chapter 3. */
enum { VMCALL_IO = 30, VMCALL_MAP_GPA = 0x10001 };
/* TDX module ABI specification: leaves of TDCALL. */
enum { LEAF_VMCALL = 0, LEAF_VEINFO_GET = 3, LEAF_ACCEPT = 6 };
/* R10 to R15: what the host sees. */
#define VMCALL_REGISTERS 0xfc00

#define COM1 0x3f8
enum { VECTOR_VE = 20 };
enum { CODE = 8, DATA = 16, TSS = 40, CPL = 3 };

struct gate {
	uint16_t offset_low, selector, flags, offset_middle;
	uint32_t offset_high, reserved;
};

struct __attribute__((packed)) pointer {
	uint16_t limit;
	uint64_t base;
};

extern const uint64_t rom_gdt[5], rom_pdpt[512];
extern const char exceptions[32][16], back_from_cpl3[];
void take_exception(struct frame *frame);
void firmware(void) __attribute__((noreturn));

uint32_t entry_rbx, entry_rcx, entry_rsi, entry_cr0, entry_cr4, entry_efer;
uint64_t pml4[512] __attribute__((aligned(4096)));
static uint64_t private_pdpt[512] __attribute__((aligned(4096)));
static uint64_t shared_pdpt[512] __attribute__((aligned(4096)));
uint8_t stack[0x4000] __attribute__((aligned(16)));
static uint8_t exception_stack[0x2000] __attribute__((aligned(16)));
static uint64_t gdt[7];
static uint32_t tss[26];
static struct gate idt[32];
static uint64_t shared_bit;
uint64_t kernel_rsp;
struct frame last_exception;
bool accept_on_ve;

uint64_t vmcall(uint64_t function, uint64_t r12, uint64_t r13, uint64_t r14, uint64_t r15,
		uint64_t *out)
{
	struct tdcall call = { .rax = LEAF_VMCALL,
			       .rcx = VMCALL_REGISTERS,
			       .r11 = function,
			       .r12 = r12,
			       .r13 = r13,
			       .r14 = r14,
			       .r15 = r15 };

	tdcall(&call);
	if (out)
		*out = call.r11;
	return call.r10;
}

static void port_out(uint16_t port, uint64_t bytes, uint32_t value)
{
	vmcall(VMCALL_IO, bytes, 1, port, value, NULL);
}

uint64_t accept(uint64_t gpa, uint64_t level)
{
	struct tdcall call = { .rax = LEAF_ACCEPT, .rcx = gpa | level };

	tdcall(&call);
	return call.rax;
}

uint64_t share(uint64_t gpa)
{
	return vmcall(VMCALL_MAP_GPA, gpa | shared_bit, 4096, 0, 0, NULL);
}

uint64_t unshare(uint64_t gpa)
{
	return vmcall(VMCALL_MAP_GPA, gpa, 4096, 0, 0, NULL);
}

static void put(const char *text)
{
	for (; *text; text++)
		port_out(COM1, 1, (uint8_t)*text);
}

void say(const char *name, uint64_t value)
{
	static const char digits[] = "0123456789abcdef";
	char text[] = "0x................\n";

	for (unsigned i = 0; i < 16; i++)
		text[2 + i] = digits[value >> (60 - 4 * i) & 15];
	put(name);
	put(": ");
	put(text);
}

/* ICH9: the ACPI registers are where the firmware wants them. */
void power_off(void)
{
	port_out(0xcf8, 4, 0x8000f840);
	port_out(0xcfc, 4, 0x601);
	port_out(0xcf8, 4, 0x8000f844);
	port_out(0xcfc, 1, 0x80);
	port_out(0x604, 2, 1 << 13);
	for (;;)
		;
}

void reset(void)
{
	port_out(0xcf9, 1, 6);
	for (;;)
		;
}

/* The page that a #VE is about becomes usable, and the access is done again. */
static void take_ve(void)
{
	struct tdcall call = { .rax = LEAF_VEINFO_GET };
	uint64_t gpa;

	tdcall(&call);
	gpa = call.r9;
	say("VEINFO.GET", call.rax);
	say("exit reason", call.rcx);
	say("exit qualification", call.rdx);
	say("GPA", gpa);
	call = (struct tdcall){ .rax = LEAF_VEINFO_GET };
	tdcall(&call);
	say("VEINFO.GET again", call.rax);
	say("accept", accept(gpa & -4096, 0));
}

void take_exception(struct frame *frame)
{
	last_exception = *frame;
	if (frame->vector == VECTOR_VE && accept_on_ve) {
		take_ve();
		return;
	}
	if ((frame->cs & CPL) == CPL) {
		frame->rip = (uint64_t)back_from_cpl3;
		frame->cs = CODE;
		frame->rsp = kernel_rsp;
		frame->ss = DATA;
		return;
	}
	say("unexpected exception", frame->vector);
	say("at", frame->rip);
	power_off();
}

static void set_segments(void)
{
	const struct pointer pointer = { sizeof(gdt) - 1, (uint64_t)gdt };
	uint64_t base = (uint64_t)tss, top = (uint64_t)exception_stack + sizeof(exception_stack);

	for (unsigned i = 0; i < 5; i++)
		gdt[i] = rom_gdt[i];
	gdt[5] = UINT64_C(0x890000000000) | (sizeof(tss) - 1) | (base & 0xffffff) << 16 |
		 (base >> 24 & 0xff) << 56;
	gdt[6] = base >> 32;
	/* RSP0. */
	tss[1] = (uint32_t)top;
	tss[2] = (uint32_t)(top >> 32);
	__asm__ volatile("lgdt %0" : : "m"(pointer));
	__asm__ volatile("ltr %w0" : : "r"(TSS));
}

static void set_exceptions(void)
{
	const struct pointer pointer = { sizeof(idt) - 1, (uint64_t)idt };

	for (unsigned i = 0; i < 32; i++) {
		uint64_t address = (uint64_t)exceptions[i];

		idt[i] = (struct gate){
			(uint16_t)address,	   CODE, 0x8e00, (uint16_t)(address >> 16),
			(uint32_t)(address >> 32), 0
		};
	}
	__asm__ volatile("lidt %0" : : "m"(pointer));
}

static void set_pages(void)
{
	shared_bit = UINT64_C(1) << (entry_rbx - 1);
	for (unsigned i = 0; i < 4; i++) {
		private_pdpt[i] = rom_pdpt[i];
		shared_pdpt[i] = rom_pdpt[i] | shared_bit;
	}
	pml4[0] = (uint64_t)private_pdpt | 7;
	pml4[1] = (uint64_t)shared_pdpt | 7;
	__asm__ volatile("mov %0, %%cr3" : : "r"(pml4) : "memory");
}

void firmware(void)
{
	set_segments();
	set_exceptions();
	set_pages();
	run();
	say("end", 0);
	power_off();
}
