/* SPDX-License-Identifier: MIT */
/*
 * Xen, docs/misc/pvh.pandoc: 32 bits without paging, flat segments, an active TSS at 0, interrupts
 * masked, EBX is the address of struct hvm_start_info. CR0 and CR4 are clear except for CR0.PE and
 * what a TD cannot clear: CR0.NE, CR4.MCE and EFER.LME (TDX module base specification, "Virtualized
 * Control Registers" and "IA32_EFER").
 */
#define PVH_CS	0x08
#define PVH_DS	0x10
#define PVH_TSS 0x18

#define CR0_PE	 (1 << 0)
#define CR0_NE	 (1 << 5)
#define CR4_MCE	 (1 << 6)
#define MSR_EFER 0xc0000080
#define EFER_LME (1 << 8)

	.text
	.code64
	/* EDI: the entry, ESI: hvm_start_info, EDX: EFER.LME is cleared. */
	.globl shim_jump_pvh
shim_jump_pvh:
	cli
	lgdt pvh_gdtr
	/* An exception before the kernel has a table of its own ends the guest. */
	lidt no_idtr
	movl %esi, %ebx
	movl %edx, %ebp
	pushq $PVH_CS
	pushq $without_paging
	lretq

	.code32
without_paging:
	movl $PVH_DS, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %fs
	movl %eax, %gs
	movl %eax, %ss
	movl %cr0, %eax
	andl $CR0_PE | CR0_NE, %eax
	movl %eax, %cr0
	movl %cr4, %eax
	andl $CR4_MCE, %eax
	movl %eax, %cr4
	testl %ebp, %ebp
	jz 1f
	movl $MSR_EFER, %ecx
	rdmsr
	andl $~EFER_LME, %eax
	wrmsr
1:
	movl $PVH_TSS, %eax
	ltr %ax
	xorl %eax, %eax
	movl %eax, %cr3
	pushl %eax
	popfl
	jmp *%edi

	/* LTR marks the TSS busy. */
	.data
	.balign 8
pvh_gdt:
	.quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x0000890000000067
pvh_gdtr:
	.word pvh_gdtr - pvh_gdt - 1
	.quad pvh_gdt
no_idtr:
	.word 0
	.quad 0

	.section .note.GNU-stack, "", @progbits
