/* SPDX-License-Identifier: MIT */

/*
 * Where the vCPUs of a TD that are not the first wait for the OS: ACPI 6.5, 5.2.12.19,
 * "Multiprocessor Wakeup Structure". This page, this code and the page tables stay as they are
 * while the OS runs.
 */
#define COMMAND	     0
#define APIC_ID	     4
#define WAKEUP	     8
#define COMMAND_WAKE 1
#define COMMAND_TEST 2
#define VP_INFO	     1 /* TDG.VP.INFO: R9 is the number of the vCPU */

	.text
	.code64
	/* The OS gives a CPU back here, in 64 bits, with this memory mapped at its own addresses. */
	.globl mailbox_reset
mailbox_reset:
	movl $VP_INFO, %eax
	.byte 0x66, 0x0f, 0x01, 0xcc /* tdcall */
	movl %r9d, %edi
	movl mailbox_root(%rip), %eax
	movq %rax, %cr3
	/* EDI: the number of the vCPU. */
	.globl mailbox_wait
mailbox_wait:
	cli
	leaq mailbox(%rip), %rbx
	cmpl $1024, %edi
	jae 2f
	leaq mailbox_apic_ids(%rip), %rdx
	movl (%rdx, %rdi, 4), %edx
1:
	pause
	movzwl COMMAND(%rbx), %eax
	testl %eax, %eax
	jz 1b
	cmpl %edx, APIC_ID(%rbx)
	jne 1b
	/*
	 * The command that was read may have been another CPU's, if that one has taken it and the
	 * OS has begun the next one, whose last part is the command. Read before the APIC ID as
	 * well, it cannot be that of a CPU that is named later.
	 */
	movzwl COMMAND(%rbx), %eax
	testl %eax, %eax
	jz 1b
	cmpl $COMMAND_WAKE, %eax
	je 3f
	cmpl $COMMAND_TEST, %eax
	jne 1b
	movw $0, COMMAND(%rbx)
	jmp 1b
3:
	movq WAKEUP(%rbx), %rax
	movw $0, COMMAND(%rbx)
	jmp *%rax
2:
	pause
	jmp 2b

	.section .bss
	.globl mailbox, mailbox_apic_ids, mailbox_root
	.balign 4096
mailbox:
	.skip 4096
	/* By number of the vCPU. */
mailbox_apic_ids:
	.skip 4096
	/* CR3 for all of them; 0 until it and the table are ready. */
mailbox_root:
	.skip 4

	.section .note.GNU-stack, "", @progbits
