/* SPDX-License-Identifier: MIT */
/* QEMU starts an ELF file at its entry, at EL1 and with the MMU off. */
	.section .head, "ax"
	.globl	_start
_start:
	adrp	x0, stack_top
	mov	sp, x0
	adrp	x0, vectors
	msr	vbar_el1, x0
	isb
	b	realm_main

/* Accesses that tests ask for by address. x0: where; x1: what is stored. */
	.text
	.globl	load, load_here, store, store_here, jump
load:
load_here:
	ldr	x0, [x0]
	ret
store:
store_here:
	str	x1, [x0]
	ret
jump:
	br	x0

/* Arm ARM, D1.4.1: only synchronous exceptions of this level are expected. */
	.balign	4096
vectors:
	.space	0x200
	mrs	x0, esr_el1
	mrs	x1, far_el1
	mrs	x2, elr_el1
	b	realm_abort
	.balign	4096
