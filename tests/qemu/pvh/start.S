/* SPDX-License-Identifier: MIT */
#include "bare/layout.h"
#include "tests/qemu/pvh/layout.h"

/*
 * A kernel's entry by the PVH boot ABI (Xen, docs/misc/pvh.pandoc), up to where a TD or an SNP
 * guest can have paging: bare/start.S. KIND is the linker's: enum cvm_platform_kind.
 */
#define SNP 2

#define MSR_EFER 0xc0000080
#define MSR_GHCB 0xc0010130
#define GHCB_SEV_INFO 2

#define EFER_LME (1 << 8)
#define EFER_NXE (1 << 11)

	/* XEN_ELFNOTE_PHYS32_ENTRY. */
	.section .note.Xen, "a", @note
	.balign 4
	.long 4, 4, 18
	.asciz "Xen"
	.long pvh_entry

	.section .pvh, "ax"
	.code32
pvh_entry:
	/* struct pvh_state of main.c. */
	movl %ebx, pvh_state
	movl %cr0, %eax
	movl %eax, pvh_state + 4
	movl %cr4, %eax
	movl %eax, pvh_state + 8
	movw %cs, pvh_state + 12
	movw %ss, pvh_state + 16
	str %eax
	movl %eax, pvh_state + 20
	movl $pvh_stack_end, %esp
	pushfl
	popl pvh_state + 24
	xorl %ebx, %ebx
	movl $kind, %ebp
	cmpl $SNP, %ebp
	jne 1f
	/* GHCB specification, 2.3.1: the request for the SEV information, which the MSR has at
	 * reset alone; the answer has the C-bit's position, which is above 32. */
	movl $MSR_GHCB, %ecx
	movl $GHCB_SEV_INFO, %eax
	xorl %edx, %edx
	wrmsr
	.byte 0xf3, 0x0f, 0x01, 0xd9 /* vmgexit */
	rdmsr
	shrl $24, %eax
	subl $32, %eax
	btsl %eax, %ebx
	/* LME is clear; a TD's is set. */
	movl $MSR_EFER, %ecx
	rdmsr
	movl %eax, pvh_state + 28
	orl $EFER_LME | EFER_NXE, %eax
	wrmsr
1:
	movl %ebp, %edx
	movl $pvh_main, %ebp
	jmp start_first

	.section .bss
	.balign 16
	.skip 4096
pvh_stack_end:

	.section .note.GNU-stack, "", @progbits
