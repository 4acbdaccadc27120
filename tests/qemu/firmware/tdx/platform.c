/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "tdx.h"

/* GHCI 1.5, chapter 3. */
enum { VMCALL_IO = 30, VMCALL_MAP_GPA = 0x10001 };
/* TDX module ABI specification: leaves of TDCALL. */
enum { LEAF_VMCALL = 0, LEAF_VEINFO_GET = 3, LEAF_ACCEPT = 6 };
/* R10 to R15: what the host sees. */
#define VMCALL_REGISTERS 0xfc00

enum { VECTOR_VE = 20 };

uint32_t entry_rbx, entry_rcx, entry_rsi, entry_cr0, entry_cr4, entry_efer;
bool accept_on_ve;
static uint64_t shared_bit;

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

void port_out(uint16_t port, unsigned bytes, uint32_t value)
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

/* The page that a #VE is about becomes usable, and the access is done again. */
bool take_exception_of_platform(struct frame *frame)
{
	struct tdcall call = { .rax = LEAF_VEINFO_GET };
	uint64_t gpa;

	if (frame->vector != VECTOR_VE || !accept_on_ve)
		return false;
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
	return true;
}

void set_platform(void)
{
	shared_bit = UINT64_C(1) << (entry_rbx - 1);
	set_pages(0, shared_bit);
}
