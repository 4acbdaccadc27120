/* SPDX-License-Identifier: MIT */
#include "bare/bare.h"

/* #VE and #VC are served by platform/metal/. Any other exception, and one that is not served, is a
 * panic. */

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

enum { VECTOR_VE = 20, VECTOR_VC = 29 };

#define EXCEPTIONS     32
#define INTERRUPT_GATE 0x8e00

extern const char exception_stubs[EXCEPTIONS][16];
extern void (*exception_handler)(const struct frame *frame);

static struct gate idt[EXCEPTIONS];

static struct cvm_exception_config config;

extern const char entry_of_ve[], entry_of_vc[];

CVM_EXCEPTION_ENTRY(entry_of_ve, 0, take_ve);
CVM_EXCEPTION_ENTRY(entry_of_vc, 1, take_vc);

static uint64_t gpa_of(void *ctx, uint64_t va)
{
	return va < BARE_SHARED_MAP ? va : va - BARE_SHARED_MAP;
}

static bool is_shared(void *ctx, uint64_t va)
{
	return va >= BARE_SHARED_MAP;
}

static void give_up(const char *name, const struct cvm_exception_frame *frame, int error)
{
	bare_put_hex(name, frame->error);
	bare_put_hex("not served", (uint64_t)error);
	/* Memory is not what the host has said. */
	if (config.not_accepted)
		bare_platform.platform->terminate(bare_platform.platform, CVM_TERMINATE_PAGE_GONE,
						  0);
	bare_panic("RIP", frame->rip);
}

static __attribute__((used)) void take_ve(struct cvm_exception_frame *frame)
{
	int error = cvm_tdx_handle_ve(&bare_platform.tdx, &config, frame);

	if (error)
		give_up("#VE", frame, error);
}

static __attribute__((used)) void take_vc(struct cvm_exception_frame *frame)
{
	int error = cvm_snp_handle_vc(&bare_platform.snp, &config, frame);

	if (error)
		give_up("#VC", frame, error);
}

void bare_exceptions_accept(const struct cvm_exception_config *memory)
{
	config.is_unaccepted = memory->is_unaccepted;
	config.not_accepted = memory->not_accepted;
	config.ctx = memory->ctx;
}

static void report(const struct frame *frame)
{
	uint64_t cr2;

	__asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
	bare_put_hex("exception", frame->vector);
	bare_put_hex("error code", frame->error);
	bare_put_hex("CR2", cr2);
	bare_panic("RIP", frame->rip);
}

static void set_gate(unsigned vector, const char *entry)
{
	uint64_t stub = (uint64_t)entry;

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
		set_gate(i, exception_stubs[i]);
	if (!bare_cpu()) {
		config.cpuid = bare_platform.kind == CVM_PLATFORM_SNP ? bare_cpuid : NULL;
		config.gpa_of = gpa_of;
		config.is_shared = is_shared;
		set_gate(VECTOR_VE, entry_of_ve);
		set_gate(VECTOR_VC, entry_of_vc);
	}
	__asm__ volatile("lgdt %0" : : "m"(segments));
	__asm__ volatile("lidt %0" : : "m"(gates));
}
