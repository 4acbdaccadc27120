/* SPDX-License-Identifier: MIT */
/*
 * The smallest firmware of a TD: from the state in which the TDX module starts a vCPU (TDX module
 * base specification, "Initial State of TD VCPU") to 64-bit mode.
 */
#define ROM_SIZE  0x10000
#define TEMP_MEM  0x800000
#define TEMP_SIZE 0x10000
#define TD_HOB	  0x810000
#define HOB_SIZE  0x2000

#define CODE 8

#define CR0_PG	(1 << 31)
#define CR4_PAE (1 << 5)

/* Page-table entries; with all that a processor would write, because they are in ROM. */
#define TABLE 0x27 /* accessed, user, writable, present */
#define LARGE 0xe7 /* the same, dirty, 1 GiB */

	.text
	.code32
start:
	/* All vCPUs start here, and there is one stack. */
	testl %esi, %esi
	jnz .
	movl %ebx, entry_rbx
	movl %ecx, entry_rcx
	movl %esi, entry_rsi
	movl %cr0, %eax
	movl %eax, entry_cr0
	movl $0xc0000080, %ecx
	rdmsr
	movl %eax, entry_efer
	/* IA32_EFER.LME is set already, and a TD may not change it. */
	movl %cr4, %eax
	movl %eax, entry_cr4
	orl $CR4_PAE, %eax
	movl %eax, %cr4
	movl $rom_pml4, %eax
	movl %eax, %cr3
	movl %cr0, %eax
	orl $CR0_PG, %eax
	movl %eax, %cr0
	lgdt rom_gdtr
	ljmp $CODE, $start64

	.code64
/* void tdcall(struct tdcall *registers). */
	.globl tdcall, tdcall_here
tdcall:
	pushq %rbx
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movq (%rdi), %rax
	movq 8(%rdi), %rcx
	movq 16(%rdi), %rdx
	movq 24(%rdi), %r8
	movq 32(%rdi), %r9
	movq 40(%rdi), %r10
	movq 48(%rdi), %r11
	movq 56(%rdi), %r12
	movq 64(%rdi), %r13
	movq 72(%rdi), %r14
	movq 80(%rdi), %r15
tdcall_here:
	.byte 0x66, 0x0f, 0x01, 0xcc
	movq %rax, (%rdi)
	movq %rcx, 8(%rdi)
	movq %rdx, 16(%rdi)
	movq %r8, 24(%rdi)
	movq %r9, 32(%rdi)
	movq %r10, 40(%rdi)
	movq %r11, 48(%rdi)
	movq %r12, 56(%rdi)
	movq %r13, 64(%rdi)
	movq %r14, 72(%rdi)
	movq %r15, 80(%rdi)
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbx
	ret

	.section .rodata
	/* The first 4 GiB at their own addresses. */
	.balign 4096
rom_pml4:
	.quad rom_pdpt + TABLE
	.balign 4096
rom_pdpt:
	.quad LARGE, 1 << 30 | LARGE, 2 << 30 | LARGE, 3 << 30 | LARGE
	.balign 4096

/* The last 256 bytes: TDVF design guide, "TDVF Descriptor" and "TDVF Metadata". */
	.section .tail, "ax"
metadata:
	.ascii "TDVF"
	.long metadata_end - metadata, 1, 3
	/* The ROM (BFV), measured: offset, bytes in the file; address, size; type, attributes. */
	.long 0, ROM_SIZE
	.quad 0x100000000 - ROM_SIZE, ROM_SIZE
	.long 0, 1
	/* TEMP_MEM. */
	.long 0, 0
	.quad TEMP_MEM, TEMP_SIZE
	.long 3, 0
	/* TD_HOB. */
	.long 0, 0
	.quad TD_HOB, HOB_SIZE
	.long 2, 0
metadata_end:

	/* The table of GUIDs, which is read from its end. */
	.org 0xe0 - 40
table:
	.long 0x100 /* from the metadata to 4 GiB */
	.word 22
	.long 0xe47a6535
	.word 0x984a, 0x4798
	.byte 0x86, 0x5e, 0x46, 0x85, 0xa7, 0xbf, 0x8e, 0xc2
	.word 40
	.long 0x96b582de
	.word 0x1fb2, 0x45f7
	.byte 0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d

	.org 0xf0
	.code32
reset_vector:
	jmp start
	.org 0x100

	.section .note.GNU-stack, "", @progbits
