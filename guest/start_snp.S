/* SPDX-License-Identifier: MIT */
#include "guest/layout.h"

/*
 * The first instructions of an SNP guest; bare/start_snp.S continues. The other vCPUs begin in 64
 * bits, with the state that cpus.c gives them.
 */

/* The last 256 bytes: the metadata that OVMF calls SEV metadata, with a section of zeroed memory,
 * one for the secrets page and one for the CPUID page. */
	.section .tail, "ax"
metadata:
	.ascii "ASEV"
	.long metadata_end - metadata, 1, 3
	.long BARE_IMAGE, BARE_IMAGE_BYTES + BARE_LAUNCH_BYTES, 1
	.long BARE_PLATFORM, 0x1000, 2
	.long BARE_PLATFORM + 0x1000, 0x1000, 3
metadata_end:

	.code16
start16:
	movl $guest_main, %ebp
	jmp start_snp

	/* The table of GUIDs, which is read from its end. */
	.org 0xe0 - 40
table:
	.long 0x100 /* from the metadata to 4 GiB */
	.word 22
	.long 0xdc886566
	.word 0x984a, 0x4798
	.byte 0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc
	.word 40
	.long 0x96b582de
	.word 0x1fb2, 0x45f7
	.byte 0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d

	.org 0xf0
reset_vector:
	jmp start16
	.org 0x100

	.section .note.GNU-stack, "", @progbits
