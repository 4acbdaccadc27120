/* SPDX-License-Identifier: MIT */
#include "bare/layout.h"

/*
 * From 32 bits without paging, at the end of a platform's first code, to C. All of it is in the
 * ROM.
 */
#define CR0_PG	(1 << 31)
#define CR4_PAE (1 << 5)

/* Page-table entries. */
#define TABLE 0x23 /* present, writable, accessed */
#define LARGE 0xe3 /* the same, dirty, 1 GiB */

	/* EBX: the upper half of every entry of the page tables. EDX: enum cvm_platform_kind,
	 * which is the argument of the function at EBP. */
	.section .start, "ax"
	.code32
	.globl start_first
start_first:
	cld
	movl $rom_start, %esi
	movl $BARE_IMAGE, %edi
	movl $image_words, %ecx
	rep movsl
	movl $first_pdpt + TABLE, first_pml4
	movl %ebx, first_pml4 + 4
	.irp gigabyte, 0, 1, 2, 3
	movl $(\gigabyte << 30 | LARGE), first_pdpt + 8 * \gigabyte
	movl %ebx, first_pdpt + 8 * \gigabyte + 4
	.endr
	movl $first_pml4, %eax
	movl $first64, %ecx
	/* EAX: CR3. ECX: where to go. EDX, EDI: its arguments. */
	.globl start_paging
start_paging:
	movl %eax, %cr3
	movl %cr4, %eax
	orl $CR4_PAE, %eax
	movl %eax, %cr4
	movl %cr0, %eax
	orl $CR0_PG, %eax
	movl %eax, %cr0
	lgdt start_gdtr
	ljmp $BARE_CODE, $start64

	.globl start_gdtr
start_gdtr:
	.word 23
	.long start_gdt
	.balign 8
start_gdt:
	.quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff

	.code64
start64:
	movl $BARE_DATA, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	movl %ecx, %ecx
	jmp *%rcx

first64:
	movl $bare_stacks + BARE_STACK_BYTES, %esp
	movl %edx, %edi
	movl %ebp, %ebp
	call *%rbp

	.section .bss
	.balign 4096
first_pml4:
	.skip 4096
first_pdpt:
	.skip 4096

	.section .note.GNU-stack, "", @progbits
