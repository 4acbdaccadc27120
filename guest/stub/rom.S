/* SPDX-License-Identifier: MIT */
	/* The part that is the image, and how to relocate it, is the same for both platforms. */
	.section .rdata, "dr"
	.globl guest_stub_rom
	.balign 16
guest_stub_rom:
	.incbin "guest-tdx.rom"
