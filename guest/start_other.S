/* SPDX-License-Identifier: MIT */
#include "guest/layout.h"

	/* EDI: the number of a CPU that is not the first. */
	.text
	.code64
	.globl start_other64
start_other64:
	movl %edi, %edi
	leaq 1(%rdi), %rsp
	imulq $GUEST_STACK_BYTES, %rsp
	addq $guest_stacks, %rsp
	call *guest_others_entry

	.section .note.GNU-stack, "", @progbits
