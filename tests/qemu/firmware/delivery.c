/* SPDX-License-Identifier: MIT */
#include "firmware.h"

/* What a processor needs to deliver an exception or an interrupt, in memory that is not accepted.
 */

enum { VECTOR_UD = 6, TSS = 40, IST1 = 1 };

void stack_pending(void);
void stack_walk_pending(void);
void idt_pending(void);
void gdt_pending(void);
void tss_pending(void);
void interrupt_pending(void);

/* machine.S: the code that is interrupted has the operand as its stack. */
void ud2_on(uint64_t stack) __attribute__((noreturn));
void wait_on(uint64_t stack) __attribute__((noreturn));

struct __attribute__((packed)) pointer {
	uint16_t limit;
	uint64_t base;
};

static const struct pointer pending = { 0xfff, PAGE };
static uint8_t usable_stack[0x1000] __attribute__((aligned(16)));

static void ud2(void)
{
	ud2_on((uint64_t)usable_stack + sizeof(usable_stack));
}

void stack_pending(void)
{
	ud2_on(PAGE + 0x128);
}

/* The stack's page table. */
void stack_walk_pending(void)
{
	pml4[2] = TABLE | private_bit | 7;
	ud2_on(WALKED + 0x128);
}

void idt_pending(void)
{
	__asm__ volatile("lidt %0" : : "m"(pending));
	ud2();
}

/* The gate's code segment. */
void gdt_pending(void)
{
	__asm__ volatile("lgdt %0" : : "m"(pending));
	ud2();
}

/* The gate's stack, which it takes from the TSS. */
void tss_pending(void)
{
	struct pointer gdt, idt;
	uint64_t *descriptor;

	__asm__ volatile("sgdt %0" : "=m"(gdt));
	__asm__ volatile("sidt %0" : "=m"(idt));
	descriptor = (uint64_t *)(gdt.base + TSS);
	descriptor[0] =
		UINT64_C(0x890000000067) | (PAGE & 0xffffff) << 16 | (PAGE >> 24 & 0xff) << 56;
	((uint16_t *)(idt.base + VECTOR_UD * 16))[2] |= IST1;
	__asm__ volatile("ltr %w0" : : "r"(TSS));
	ud2();
}

static void set_apic(uint64_t offset, uint32_t value)
{
	*(volatile uint32_t *)(UINT64_C(0xfee00000) + offset) = value;
}

/* The vCPU's to itself; on both platforms the APIC is where private memory would be. */
void interrupt_pending(void)
{
	set_apic(0xf0, 0x1ff);
	set_apic(0x300, 0x40000 | INTERRUPT);
	wait_on(PAGE + 0x128);
}
