/* SPDX-License-Identifier: MIT */
/* One stub of 16 bytes for each of the processor's exceptions; those without an error code get 0.
 * Bits 8, 10 to 14, 17, 21, 29, 30 of the mask have one. */
	.text
	.code64
	.globl exception_stubs
	.balign 16
exception_stubs:
	.set vector, 0
	.rept 32
	.balign 16
	.if !((0x60227d00 >> vector) & 1)
	pushq $0
	.endif
	pushq $vector
	jmp exception
	.set vector, vector + 1
	.endr
	.balign 16
exception:
	movq %rsp, %rdi
	andq $-16, %rsp
	call *exception_handler(%rip)

	.section .bss
	.globl exception_handler
	.balign 8
exception_handler:
	.skip 8

	.section .note.GNU-stack, "", @progbits
