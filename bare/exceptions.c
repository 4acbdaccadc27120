/* SPDX-License-Identifier: MIT */
#include "bare/bare.h"

struct gate {
	uint16_t offset_low, selector, flags, offset_middle;
	uint32_t offset_high, reserved;
};

struct __attribute__((packed)) pointer {
	uint16_t limit;
	uint64_t base;
};

struct frame {
	uint64_t vector, error, rip;
};

#define EXCEPTIONS     32
#define INTERRUPT_GATE 0x8e00

extern const char exception_stubs[EXCEPTIONS][16];
extern void (*exception_handler)(const struct frame *frame);

static struct gate idt[EXCEPTIONS];

static void report(const struct frame *frame)
{
	uint64_t cr2;

	__asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
	bare_put_hex("exception", frame->vector);
	bare_put_hex("error code", frame->error);
	bare_put_hex("CR2", cr2);
	bare_panic("RIP", frame->rip);
}

static void set_gate(unsigned vector)
{
	uint64_t stub = (uint64_t)exception_stubs[vector];

	idt[vector].offset_low = (uint16_t)stub;
	idt[vector].selector = BARE_CODE;
	idt[vector].flags = INTERRUPT_GATE;
	idt[vector].offset_middle = (uint16_t)(stub >> 16);
	idt[vector].offset_high = (uint32_t)(stub >> 32);
}

/* The segments of start.S are in the ROM, which other page tables may not map. */
void bare_exceptions_start(void)
{
	const struct pointer segments = { BARE_GDT_BYTES - 1, (uint64_t)bare_gdt };
	const struct pointer gates = { sizeof(idt) - 1, (uint64_t)idt };

	exception_handler = report;
	for (unsigned i = 0; i < EXCEPTIONS && !bare_cpu(); i++)
		set_gate(i);
	__asm__ volatile("lgdt %0" : : "m"(segments));
	__asm__ volatile("lidt %0" : : "m"(gates));
}
