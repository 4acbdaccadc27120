/* SPDX-License-Identifier: MIT */
/* From 64-bit mode to C with a stack, and what C cannot say. */
#define DATA   16
#define CODE_3 0x23
#define DATA_3 0x1b

	.text
	.code64
	.globl start64
start64:
	movl $DATA, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	movabsq $stack + 0x4000, %rsp
	movabsq $firmware, %rax
	call *%rax

	.globl load, load_here, store, store_here, jump, jump_here
load:
	nop
load_here:
	movq (%rdi), %rax
	ret
store:
	nop
store_here:
	movq %rsi, (%rdi)
	ret
jump:
	nop
jump_here:
	jmp *(%rdi)

	.globl ud2_on, ud2_here, wait_on, wait_here
ud2_on:
	movq %rdi, %rsp
ud2_here:
	ud2
wait_on:
	movq %rdi, %rsp
	sti
wait_here:
	jmp wait_here

	.macro begin_attempt
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movabsq $attempt_rsp, %rax
	movq %rsp, (%rax)
	movq %rdi, %rax
	movq %rsi, %rdi
	.endm

	.globl attempt, attempt_at_cpl3, after_attempt
attempt:
	begin_attempt
	call *%rax
after_attempt:
	movabsq $attempt_rsp, %rax
	movq $0, (%rax)
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rbx
	ret
attempt_at_cpl3:
	begin_attempt
	pushq $DATA_3
	pushq %rsp
	pushq $2
	pushq $CODE_3
	pushq %rax
	iretq

/* One stub of 16 bytes for each vector; those without an error code get 0. */
	.globl exceptions
	.balign 16
exceptions:
	.set vector, 0
	.rept 33
	.balign 16
	.if vector >= 32 || !((0x60227d00 >> vector) & 1)
	pushq $0
	.endif
	pushq $vector
	jmp exception
	.set vector, vector + 1
	.endr
	.balign 16
exception:
	pushq %rax
	pushq %rcx
	pushq %rdx
	pushq %rsi
	pushq %rdi
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
	leaq 72(%rsp), %rdi
	movabsq $take_exception, %rax
	call *%rax
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rdi
	popq %rsi
	popq %rdx
	popq %rcx
	popq %rax
	addq $16, %rsp
	iretq

	.section .rodata
	.globl rom_gdt, rom_gdtr
	.balign 8
rom_gdt:
	.quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
	.quad 0x00cff3000000ffff, 0x00affb000000ffff
rom_gdtr:
	.word rom_gdtr - rom_gdt - 1
	.long rom_gdt

	.section .note.GNU-stack, "", @progbits
