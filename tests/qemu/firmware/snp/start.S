/* SPDX-License-Identifier: MIT */
/*
 * The smallest firmware of an SNP guest: from a processor's state after reset to 64-bit mode, with
 * the C-bit in all entries of the page tables.
 */
#define VARIABLES      0x800000
#define VARIABLES_SIZE 0x10000
#define SECRETS	       0x810000
#define CPUID	       0x811000
#define CALLING_AREA   0x814000
#define PAGE_SIZE      0x1000

#define CODE 8
#define DATA 16

#define MSR_EFER 0xc0000080
#define MSR_GHCB 0xc0010130
#define CR0_PE	 (1 << 0)
#define CR0_PG	 (1 << 31)
#define CR4_PAE	 (1 << 5)
#define EFER_LME (1 << 8)

/* Page-table entries. */
#define TABLE 0x27 /* accessed, user, writable, present */
#define LARGE 0xe7 /* the same, dirty, 1 GiB */

	.text
	.code32
start32:
	movl $DATA, %eax
	movl %eax, %ds
	movl %eax, %ss
	/* GHCB specification, 2.3.1: the SEV information is in the MSR from the start; the C-bit's
	 * position, in bits 31:24, is above 32. */
	movl $MSR_GHCB, %ecx
	rdmsr
	shrl $24, %eax
	subl $32, %eax
	xorl %ebx, %ebx
	btsl %eax, %ebx
	movl $private_pdpt + TABLE, pml4
	movl %ebx, pml4 + 4
	.irp gigabyte, 0, 1, 2, 3
	movl $(\gigabyte << 30 | LARGE), private_pdpt + 8 * \gigabyte
	movl %ebx, private_pdpt + 8 * \gigabyte + 4
	.endr
	movl %cr4, %eax
	orl $CR4_PAE, %eax
	movl %eax, %cr4
	movl $pml4, %eax
	movl %eax, %cr3
	movl $MSR_EFER, %ecx
	rdmsr
	orl $EFER_LME, %eax
	wrmsr
	movl %cr0, %eax
	orl $CR0_PG, %eax
	movl %eax, %cr0
	lgdt rom_gdtr
	ljmp $CODE, $start64

/* The last 256 bytes: the metadata that OVMF calls SEV metadata, with sections of zeroed memory,
 * for the secrets page, for the CPUID page and for an SVSM's calling area. */
	.section .tail, "ax"
metadata:
	.ascii "ASEV"
	.long metadata_end - metadata, 1, 4
	.long VARIABLES, VARIABLES_SIZE, 1
	.long SECRETS, PAGE_SIZE, 2
	.long CPUID, PAGE_SIZE, 3
	.long CALLING_AREA, PAGE_SIZE, 4
metadata_end:

	.balign 8
start_gdt:
	.quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
start_gdtr:
	.word start_gdtr - start_gdt - 1
	.long start_gdt

	/* The code segment ends at 4 GiB. */
	.code16
start16:
	lgdtl %cs:start_gdtr - 0xffff0000
	movl %cr0, %eax
	orl $CR0_PE, %eax
	movl %eax, %cr0
	ljmpl $CODE, $start32

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
