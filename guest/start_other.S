/* SPDX-License-Identifier: MIT */
#include "guest/layout.h"

	/* EDI: the number of a CPU that is not the first. */
	.text
	.code64
	.globl start_other64
start_other64:
	movl %edi, %edi
	leaq 1(%rdi), %rsp
	imulq $BARE_STACK_BYTES, %rsp
	addq $bare_stacks, %rsp
	call *guest_others_entry

	.section .bss
	.globl guest_others_entry, guest_others_root
	.balign 8
guest_others_entry:
	.skip 8
guest_others_root:
	.skip 4

	.section .note.GNU-stack, "", @progbits
