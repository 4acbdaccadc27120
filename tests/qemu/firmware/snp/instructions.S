/* SPDX-License-Identifier: MIT */
/* Instructions of an SNP guest, and those that a hypervisor intercepts: the address of each is
 * known by name. */
	.text
	.code64
	.macro begin name
	.globl \name, \name\()_here
\name:
	.endm

	/* void NAME(struct rmp_operands *operands). */
	.macro rmp_instruction name, bytes:vararg
	begin \name
	movq (%rdi), %rax
	movq 8(%rdi), %rcx
	movq 16(%rdi), %rdx
\name\()_here:
	.byte \bytes
	pushfq
	popq 24(%rdi)
	movq %rax, (%rdi)
	ret
	.endm
	rmp_instruction pvalidate, 0xf2, 0x0f, 0x01, 0xff
	rmp_instruction rmpadjust, 0xf3, 0x0f, 0x01, 0xfe

	/* void pvalidate_and_test(struct rmp_operands *operands): with DF set; the flags of PVALIDATE
	 * in rflags, and in rcx those of the TEST of 1 behind it. */
	begin pvalidate_and_test
	movq (%rdi), %rax
	movq 8(%rdi), %rcx
	movq 16(%rdi), %rdx
	std
pvalidate_and_test_here:
	.byte 0xf2, 0x0f, 0x01, 0xff
	pushfq
	popq 24(%rdi)
	movl $1, %edx
	testl %edx, %edx
	pushfq
	popq 8(%rdi)
	cld
	ret

	/* void run_NAME(uint64_t operand): of a leaf, a port, or an MSR. */
	begin run_cpuid
	movl %edi, %eax
run_cpuid_here:
	cpuid
	ret
	begin run_in
	movl %edi, %edx
run_in_here:
	inb %dx, %al
	ret
	begin run_out
	movl %edi, %edx
run_out_here:
	outb %al, %dx
	ret
	begin run_outs
	movl %edi, %edx
	movl $1, %ecx
	leaq run_outs(%rip), %rsi
run_outs_here:
	rep outsb
	ret
	begin run_rdmsr
	movl %edi, %ecx
run_rdmsr_here:
	rdmsr
	ret
	begin run_wrmsr
	movl %edi, %ecx
run_wrmsr_here:
	wrmsr
	ret
	begin run_rmpquery
	movq %rdi, %rax
run_rmpquery_here:
	.byte 0xf3, 0x0f, 0x01, 0xfd
	ret
	begin run_wbinvd
	nop
run_wbinvd_here:
	wbinvd
	ret
	begin run_invd
	nop
run_invd_here:
	invd
	ret
	begin run_vmmcall
	nop
run_vmmcall_here:
	vmmcall
	ret
	begin run_dr7_read
	nop
run_dr7_read_here:
	movq %dr7, %rax
	ret
	begin run_dr7_write
	movl $0x400, %eax
run_dr7_write_here:
	movq %rax, %dr7
	ret
	/* Of a counter; and with extensions, in ECX. */
	begin run_rdpmc
	movl %edi, %ecx
run_rdpmc_here:
	rdpmc
	ret
	begin run_monitor
	leaq run_monitor(%rip), %rax
	movl %edi, %ecx
	xorl %edx, %edx
run_monitor_here:
	monitor
	ret
	begin run_mwait
	xorl %eax, %eax
	movl %edi, %ecx
run_mwait_here:
	mwait
	ret

	/* void run_hlt(void *unused): an interrupt that is pending ends it, not earlier. */
	.globl run_hlt, run_hlt_end
run_hlt:
	sti
	hlt
run_hlt_end:
	cli
	ret

	/* void run_cpuid_on(void *stack): does not come back. */
	begin run_cpuid_on
	movq %rdi, %rsp
	xorl %eax, %eax
run_cpuid_on_here:
	cpuid
	ud2

	/* Where the second vCPU begins: its registers go to ap(). */
	.globl ap_start
ap_start:
	pushfq
	.irp register, r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax
	pushq %\register
	.endr
	cld
	movq %rsp, %rdi
	movabsq $ap, %rax
	call *%rax

	.section .note.GNU-stack, "", @progbits
