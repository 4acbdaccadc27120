/* SPDX-License-Identifier: MIT */

/*
 * EFI's system table and runtime services, to be copied to pages of their own, which the OS maps
 * where it likes. No service works besides SetVirtualAddressMap(): UEFI 2.11, chapters 4 and 8.
 * Linux hands the EFI tables to a kernel that it starts by kexec only if there are runtime services.
 */
#define EFI_UNSUPPORTED 0x8000000000000003
#define SERVICES	14
/* Of a memory descriptor. */
#define PHYSICAL 8
#define VIRTUAL	 16
#define PAGES	 24

	.section .rodata
	.globl runtime_start, runtime_end, runtime_system, runtime_services, runtime_vendor
	.globl runtime_unsupported, runtime_set_map
	.balign 16
runtime_start:
runtime_system:
	.quad 0x5453595320494249 /* "IBI SYST" */
	.long 0x2000a, 120, 0, 0 /* 2.10, bytes, CRC-32 */
	.quad 0			 /* the vendor's name */
	.long 0x200, 0		 /* the firmware's revision */
	.quad 0, 0, 0, 0, 0, 0	 /* console handles and protocols */
	.quad 0, 0		 /* runtime services, boot services */
	.quad 0, 0		 /* number of tables, tables */
runtime_services:
	.quad 0x56524553544e5552 /* "RUNTSERV" */
	.long 0x2000a, 136, 0, 0
	.skip 8 * SERVICES
runtime_vendor:
	.word 'c', 'v', 'm', 'e', 'm', 0

	.code64
	.balign 16
runtime_unsupported:
	endbr64
	movabsq $EFI_UNSUPPORTED, %rax
	ret

	/* RCX: bytes of the map; RDX: of a descriptor; R8D: version; R9: the map. */
	.balign 16
runtime_set_map:
	endbr64
	pushq %rbx
	leaq runtime_start(%rip), %r10
1:
	cmpq %rdx, %rcx
	jb 4f
	movq PAGES(%r9), %rax
	shlq $12, %rax
	movq PHYSICAL(%r9), %r11
	addq %r11, %rax
	cmpq %r11, %r10
	jb 2f
	cmpq %rax, %r10
	jb 3f
2:
	addq %rdx, %r9
	subq %rdx, %rcx
	jmp 1b
	/* The functions, and where the system table finds their table. */
3:
	movq VIRTUAL(%r9), %rbx
	subq %r11, %rbx
	leaq runtime_services + 24(%rip), %r10
	movl $SERVICES, %eax
5:
	addq %rbx, (%r10)
	addq $8, %r10
	decl %eax
	jnz 5b
	addq %rbx, runtime_system + 88(%rip)
	xorl %eax, %eax
	popq %rbx
	ret
4:
	movabsq $0x8000000000000002, %rax /* EFI_INVALID_PARAMETER */
	popq %rbx
	ret
runtime_end:

	.section .note.GNU-stack, "", @progbits
