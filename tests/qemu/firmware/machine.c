/* SPDX-License-Identifier: MIT */
#include "firmware.h"

#define COM1 0x3f8

enum { CODE = 8, DATA = 16, TSS = 40 };
enum { VECTOR_PF = 14 };
/* Present, writable, user, accessed and dirty; and 1 GiB. */
enum { TABLE_ENTRY = 0x27, LARGE_ENTRY = 0xe7 };

struct gate {
	uint16_t offset_low, selector, flags, offset_middle;
	uint32_t offset_high, reserved;
};

struct __attribute__((packed)) pointer {
	uint16_t limit;
	uint64_t base;
};

extern const char exceptions[VECTORS][16], after_attempt[];
void take_exception(struct frame *frame);
void firmware(void) __attribute__((noreturn));

uint64_t private_bit;
uint64_t pml4[512] __attribute__((aligned(4096)));
uint64_t private_pdpt[512] __attribute__((aligned(4096)));
static uint64_t shared_pdpt[512] __attribute__((aligned(4096)));
uint8_t stack[0x4000] __attribute__((aligned(16)));
static uint8_t exception_stack[0x2000] __attribute__((aligned(16)));
/* A page fault may be the stack's. */
static uint8_t page_fault_stack[0x1000] __attribute__((aligned(16)));
static uint64_t gdt[7];
static uint32_t tss[26];
static struct gate idt[VECTORS];
uint64_t attempt_rsp; /* 0: there is none */
struct frame last_exception;
uint64_t last_cr2;

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

void say_attempt(const char *name)
{
	const struct frame exception = last_exception;

	last_exception = (struct frame){ 0 };
	say(name, exception.vector);
	say("error code", exception.error);
	say("RIP", exception.rip);
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

void take_exception(struct frame *frame)
{
	last_exception = *frame;
	__asm__ volatile("mov %%cr2, %0" : "=r"(last_cr2));
	if (attempt_rsp) {
		frame->rip = (uint64_t)after_attempt;
		frame->cs = CODE;
		frame->rsp = attempt_rsp;
		frame->ss = DATA;
		return;
	}
	if (take_exception_of_platform(frame))
		return;
	say("unexpected exception", frame->vector);
	say("error code", frame->error);
	say("at", frame->rip);
	power_off();
}

/* A stack pointer of the TSS: RSP0, and after RSP2 and a reserved one, IST1. */
enum { RSP0 = 0, IST1 = 4 };

static void set_stack(unsigned which, uint64_t top)
{
	tss[1 + 2 * which] = (uint32_t)top;
	tss[2 + 2 * which] = (uint32_t)(top >> 32);
}

static void set_segments(void)
{
	const struct pointer pointer = { sizeof(gdt) - 1, (uint64_t)gdt };
	uint64_t base = (uint64_t)tss;

	for (unsigned i = 0; i < 5; i++)
		gdt[i] = rom_gdt[i];
	gdt[5] = UINT64_C(0x890000000000) | (sizeof(tss) - 1) | (base & 0xffffff) << 16 |
		 (base >> 24 & 0xff) << 56;
	gdt[6] = base >> 32;
	/* No bitmap of ports. */
	tss[25] = sizeof(tss) << 16;
	set_stack(RSP0, (uint64_t)exception_stack + sizeof(exception_stack));
	set_stack(IST1, (uint64_t)page_fault_stack + sizeof(page_fault_stack));
	__asm__ volatile("lgdt %0" : : "m"(pointer));
	__asm__ volatile("ltr %w0" : : "r"(TSS));
}

static void set_exceptions(void)
{
	const struct pointer pointer = { sizeof(idt) - 1, (uint64_t)idt };

	for (unsigned i = 0; i < VECTORS; i++) {
		uint64_t address = (uint64_t)exceptions[i];

		idt[i] = (struct gate){
			(uint16_t)address,	   CODE, 0x8e00, (uint16_t)(address >> 16),
			(uint32_t)(address >> 32), 0
		};
	}
	idt[VECTOR_PF].flags |= 1;
	__asm__ volatile("lidt %0" : : "m"(pointer));
}

void set_pages(uint64_t bit_of_private, uint64_t bit_of_shared)
{
	private_bit = bit_of_private;
	for (uint64_t i = 0; i < 4; i++) {
		private_pdpt[i] = i << 30 | private_bit | LARGE_ENTRY;
		shared_pdpt[i] = i << 30 | bit_of_shared | LARGE_ENTRY;
	}
	pml4[0] = (uint64_t)private_pdpt | private_bit | TABLE_ENTRY;
	pml4[1] = (uint64_t)shared_pdpt | private_bit | TABLE_ENTRY;
	__asm__ volatile("mov %0, %%cr3" : : "r"((uint64_t)pml4 | private_bit) : "memory");
}

void firmware(void)
{
	set_segments();
	set_exceptions();
	set_platform();
	run();
	say("end", 0);
	power_off();
}
