/* SPDX-License-Identifier: MIT */
#include "guest/layout.h"

	/* RDI: where the image is. ESI: whether the EFI application has loaded it, or another
	 * kernel. It jumps to the first byte, in 64 bits, with this memory mapped at its own
	 * addresses. */
	.section .entry, "ax"
	.code64
	leaq bare_stacks + BARE_STACK_BYTES(%rip), %rsp
	call guest_segments
	call guest_next

	.section .note.GNU-stack, "", @progbits
