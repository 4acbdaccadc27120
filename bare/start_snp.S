/* SPDX-License-Identifier: MIT */
#include "bare/layout.h"

/*
 * From the state of an SNP guest's first vCPU, 16 bits as after reset, to 32 bits.
 */
#define SNP 2 /* enum cvm_platform_kind */

#define MSR_EFER 0xc0000080
#define MSR_GHCB 0xc0010130
#define CR0_PE	 (1 << 0)
#define EFER_LME (1 << 8)
#define EFER_NXE (1 << 11)

	.section .start, "ax"
	.balign 8
protected_gdt:
	.quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
protected_gdtr:
	.word protected_gdtr - protected_gdt - 1
	.long protected_gdt

	/* EBP: the function to call in 64 bits. The code segment ends at 4 GiB. */
	.code16
	.globl start_snp
start_snp:
	lgdtl %cs:protected_gdtr - 0xffff0000
	movl %cr0, %eax
	orl $CR0_PE, %eax
	movl %eax, %cr0
	ljmpl $BARE_CODE, $protected

	.code32
protected:
	movl $BARE_DATA, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	/* GHCB specification, 2.3.1: the SEV information is in the MSR from the start; the C-bit's
	 * position, in bits 31:24, is above 32. */
	movl $MSR_GHCB, %ecx
	rdmsr
	shrl $24, %eax
	subl $32, %eax
	xorl %ebx, %ebx
	btsl %eax, %ebx
	movl $MSR_EFER, %ecx
	rdmsr
	orl $EFER_LME | EFER_NXE, %eax
	wrmsr
	movl $SNP, %edx
	jmp start_first

	.section .note.GNU-stack, "", @progbits
