/* SPDX-License-Identifier: MIT */
/* void NAME(struct operands *): one instruction each, at an address that is known by name. */
	.macro exit name, code:vararg
	.globl \name, \name\()_here
\name:
	movq (%rdi), %rax
	movq 8(%rdi), %rcx
	movq 16(%rdi), %rdx
	movq 24(%rdi), %rsi
	movq 32(%rdi), %rdi
\name\()_here:
	\code
	ret
	.endm

	.text
	.code64
	exit cpuid, cpuid
	exit hlt, hlt
	exit invd, invd
	exit wbinvd, wbinvd
	exit wbnoinvd, .byte 0xf3, 0x0f, 0x09
	exit vmcall_instruction, vmcall
	exit rdpmc, rdpmc
	exit rdmsr, rdmsr
	exit wrmsr, wrmsr
	exit out_immediate, outb %al, $0x80
	exit in_dx, inl %dx, %eax
	exit out_word, outw %ax, %dx
	exit out_string, rep outsb
	exit out_string_of_gs, outsl %gs:(%rsi), %dx
	exit in_string, insl
	exit mmio_load, movzbl 4(%rdi, %rcx, 2), %eax
	exit mmio_store, movl %eax, (%rdi)
	exit mmio_string, stosl
	exit mmio_copy, movsl

	.section .note.GNU-stack, "", @progbits
