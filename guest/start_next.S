/* SPDX-License-Identifier: MIT */
#include "guest/layout.h"

	/* RDI: where the image is. Another kernel has loaded it, and jumps to its first byte. */
	.section .entry, "ax"
	.code64
	leaq bare_stacks + BARE_STACK_BYTES(%rip), %rsp
	call guest_next

	.section .note.GNU-stack, "", @progbits
