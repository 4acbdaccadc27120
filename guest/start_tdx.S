/* SPDX-License-Identifier: MIT */
#include "guest/layout.h"

/*
 * The first instructions of a TD's vCPUs, which all begin here at once (TDX module base
 * specification, "Initial State of TD VCPU"): ESI is the number of the vCPU, and long mode is
 * enabled already.
 */
#define TDX 1 /* enum cvm_platform_kind */

	.section .start, "ax"
	.code32
first:
	xorl %ebx, %ebx
	movl $TDX, %edx
	movl $guest_main, %ebp
	testl %esi, %esi
	jz start_first
	/* The others wait for page tables, and then for a kernel: mailbox.S. */
	movl %esi, %edi
wait:
	pause
	movl mailbox_root, %eax
	testl %eax, %eax
	jz wait
	movl $mailbox_wait, %ecx
	jmp start_paging

/* The last 256 bytes: TDVF design guide, "TDVF Descriptor" and "TDVF Metadata". */
	.section .tail, "ax"
metadata:
	.ascii "TDVF"
	.long metadata_end - metadata, 1, 3
	/* The ROM (BFV), measured: offset, bytes in the file; address, size; type, attributes. */
	.long 0, GUEST_ROM_BYTES
	.quad GUEST_ROM, GUEST_ROM_BYTES
	.long 0, 1
	/* TEMP_MEM. */
	.long 0, 0
	.quad BARE_IMAGE, BARE_IMAGE_BYTES + BARE_LAUNCH_BYTES
	.long 3, 0
	/* TD_HOB. */
	.long 0, 0
	.quad BARE_PLATFORM, BARE_PLATFORM_BYTES
	.long 2, 0
metadata_end:

	/* The table of GUIDs, which is read from its end. */
	.org 0xe0 - 40
table:
	.long 0x100 /* from the metadata to 4 GiB */
	.word 22
	.long 0xe47a6535
	.word 0x984a, 0x4798
	.byte 0x86, 0x5e, 0x46, 0x85, 0xa7, 0xbf, 0x8e, 0xc2
	.word 40
	.long 0x96b582de
	.word 0x1fb2, 0x45f7
	.byte 0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d

	.org 0xf0
	.code32
reset_vector:
	jmp first
	.org 0x100

	.section .note.GNU-stack, "", @progbits
