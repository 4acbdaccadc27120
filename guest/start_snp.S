/* SPDX-License-Identifier: MIT */
#include "guest/layout.h"

/*
 * The first instructions of an SNP guest: from a processor's state after reset to 32 bits. The
 * other vCPUs begin in 64 bits, with the state that cpus.c gives them.
 */
#define SNP 2 /* enum cvm_platform_kind */

#define MSR_EFER 0xc0000080
#define MSR_GHCB 0xc0010130
#define CR0_PE	 (1 << 0)
#define EFER_LME (1 << 8)
#define EFER_NXE (1 << 11)

	.section .start, "ax"
	.code32
first:
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
	movl $guest_main, %ebp
	jmp start_first

/* The last 256 bytes: the metadata that OVMF calls SEV metadata, with a section of zeroed memory,
 * one for the secrets page and one for the CPUID page. */
	.section .tail, "ax"
metadata:
	.ascii "ASEV"
	.long metadata_end - metadata, 1, 3
	.long BARE_IMAGE, BARE_IMAGE_BYTES + BARE_LAUNCH_BYTES, 1
	.long BARE_PLATFORM, 0x1000, 2
	.long BARE_PLATFORM + 0x1000, 0x1000, 3
metadata_end:

	.balign 8
protected_gdt:
	.quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
protected_gdtr:
	.word protected_gdtr - protected_gdt - 1
	.long protected_gdt

	/* The code segment ends at 4 GiB. */
	.code16
start16:
	lgdtl %cs:protected_gdtr - 0xffff0000
	movl %cr0, %eax
	orl $CR0_PE, %eax
	movl %eax, %cr0
	ljmpl $BARE_CODE, $first

	/* The table of GUIDs, which is read from its end. */
	.org 0xe0 - 40
table:
	.long 0x100 /* from the metadata to 4 GiB */
	.word 22
	.long 0xdc886566
	.word 0x984a, 0x4798
	.byte 0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc
	.word 40
	.long 0x96b582de
	.word 0x1fb2, 0x45f7
	.byte 0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d

	.org 0xf0
reset_vector:
	jmp start16
	.org 0x100

	.section .note.GNU-stack, "", @progbits
