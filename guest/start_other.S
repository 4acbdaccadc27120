/* SPDX-License-Identifier: MIT */
#include "guest/layout.h"

#define VP_INFO 1 /* TDG.VP.INFO: R9 is the number of the vCPU */

	.text
	.code64
	/* A TD's CPU that is not the first, from the mailbox. */
	.globl start_other_tdx, start_other
start_other_tdx:
	movl $VP_INFO, %eax
	.byte 0x66, 0x0f, 0x01, 0xcc /* tdcall */
	movl %r9d, %edi
	movq bare_root(%rip), %rax
	movq %rax, %cr3
	/* EDI: the number of a CPU that is not the first. */
start_other:
	movl %edi, %edi
	leaq 1(%rdi), %rax
	imulq $BARE_STACK_BYTES, %rax
	leaq bare_stacks(%rip), %rsp
	addq %rax, %rsp
	call guest_segments
	call *guest_others_entry(%rip)

	.section .bss
	.globl guest_others_entry
	.balign 8
guest_others_entry:
	.skip 8

	.section .note.GNU-stack, "", @progbits
