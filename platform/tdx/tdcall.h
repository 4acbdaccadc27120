/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_PLATFORM_TDX_TDCALL_H
#define CVMEM_PLATFORM_TDX_TDCALL_H

#include <stdint.h>

#include <cvmem/tdx.h>

#include "platform/x86.h"

/* TDX module 1.5 ABI specification, "Guest-side (TDCALL) interface functions". */
enum tdcall_leaf {
	TDG_VP_VMCALL = 0,
	TDG_VP_INFO = 1,
	TDG_VP_VEINFO_GET = 3,
	TDG_MEM_PAGE_ACCEPT = 6,
};

/* Completion status: the class is RAX[63:32]; what is in RAX[31:0] depends on it. */
enum tdx_class {
	TDX_CLASS_SUCCESS = 0,
	TDX_CLASS_PAGE_ALREADY_ACCEPTED = 0x00000b0a,
	TDX_CLASS_OPERAND_BUSY = 0x80000200,
	TDX_CLASS_OPERAND_INVALID = 0xc0000100,
	TDX_CLASS_PAGE_SIZE_MISMATCH = 0xc0000b0b,
};
#define TDX_OPERAND_RCX 1u

/* Bit 60, HOST_RECOVERABILITY_HINT: the host's action caused the status. It may be set with any
 * error, and is no part of the class. */
#define TDX_CLASS_HOST_HINT 0x10000000u

static inline uint32_t tdx_class(uint64_t status)
{
	return (uint32_t)(status >> 32) & ~TDX_CLASS_HOST_HINT;
}

/* GHCI 1.5, "TDG.VP.VMCALL sub-functions" and their completion status in R10. */
#define VMCALL_MAP_GPA		  0x10001u
#define VMCALL_REPORT_FATAL_ERROR 0x10003u
#define VMCALL_SUCCESS		  0u
#define VMCALL_RETRY		  1u

struct tdcall_regs {
	uint64_t rcx, rdx, r8, r9, r10, r11, r12, r13;
};

/* Registers in, registers out; returns RAX. */
static inline uint64_t tdcall(uint64_t leaf, struct tdcall_regs *regs)
{
	/* Memory is read before and written after the register variables live: what instruments
	 * an access must not run between them and the instruction. */
	uint64_t rax = leaf, rcx = regs->rcx, rdx = regs->rdx;
	uint64_t in8 = regs->r8, in9 = regs->r9, in10 = regs->r10;
	uint64_t in11 = regs->r11, in12 = regs->r12, in13 = regs->r13;
	register uint64_t r8 __asm__("r8") = in8;
	register uint64_t r9 __asm__("r9") = in9;
	register uint64_t r10 __asm__("r10") = in10;
	register uint64_t r11 __asm__("r11") = in11;
	register uint64_t r12 __asm__("r12") = in12;
	register uint64_t r13 __asm__("r13") = in13;

	/* tdcall */
	__asm__ volatile(".byte 0x66, 0x0f, 0x01, 0xcc"
			 : "+a"(rax), "+c"(rcx), "+d"(rdx), "+r"(r8), "+r"(r9), "+r"(r10),
			   "+r"(r11), "+r"(r12), "+r"(r13)
			 :
			 : "memory", "cc");
	in8 = r8;
	in9 = r9;
	in10 = r10;
	in11 = r11;
	in12 = r12;
	in13 = r13;
	regs->rcx = rcx;
	regs->rdx = rdx;
	regs->r8 = in8;
	regs->r9 = in9;
	regs->r10 = in10;
	regs->r11 = in11;
	regs->r12 = in12;
	regs->r13 = in13;
	return rax;
}

/* TDG.VP.VMCALL that passes R10 to R13, and nothing else, to the host and back. */
static inline uint64_t tdvmcall(uint64_t function, uint64_t r12, uint64_t r13, uint64_t *r11)
{
	struct tdcall_regs regs;
	uint64_t status;

	x86_clear(&regs, sizeof(regs));
	regs.rcx = 0x3c00;
	regs.r11 = function;
	regs.r12 = r12;
	regs.r13 = r13;
	status = tdcall(TDG_VP_VMCALL, &regs);
	*r11 = regs.r11;
	/* The leaf itself fails only for a bad register mask. */
	return status ? status : regs.r10;
}

int cvm_tdx_accept(struct cvm_platform *platform, uint64_t start, uint64_t end,
		   struct cvm_accept_result *result);
int cvm_tdx_set_shared(struct cvm_platform *platform, uint64_t start, uint64_t end, uint64_t *done);
int cvm_tdx_set_private(struct cvm_platform *platform, uint64_t start, uint64_t end,
			uint64_t *done);
void cvm_tdx_terminate(struct cvm_platform *platform, enum cvm_terminate_reason reason,
		       uint64_t gpa);

#endif
