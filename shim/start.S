/* SPDX-License-Identifier: MIT */
#include "shim/layout.h"

/*
 * The first instructions on both platforms. An SNP guest begins with one vCPU, in 16 bits, as after
 * reset. A TD begins with all vCPUs at once, in 32 bits with long mode enabled (TDX module base
 * specification, "Initial State of TD VCPU"): ESI is the number of the vCPU.
 */
#define TDX 1 /* enum cvm_platform_kind */

#define HASHES_ROOM 0x400 /* hashes.h */

#define CR0_PE (1 << 0)

	.section .start, "ax"
	.code32
first_tdx:
	xorl %ebx, %ebx
	movl $TDX, %edx
	movl $shim_main, %ebp
	testl %esi, %esi
	jz start_first
	/* The others wait for page tables, and then for the OS: mailbox.S. */
	movl %esi, %edi
wait:
	pause
	movl mailbox_root, %eax
	testl %eax, %eax
	jz wait
	movl $mailbox_wait, %ecx
	jmp start_paging

	.section .tail, "ax"
/* TDVF design guide, "TDVF Metadata". */
	.long 0xe9eaf9f3
	.word 0x168e, 0x44d5
	.byte 0xa8, 0xeb, 0x7f, 0x4d, 0x87, 0x38, 0xf6, 0xae
tdvf:
	.ascii "TDVF"
	.long tdvf_end - tdvf, 1, 3
	/* The ROM (BFV), measured: offset, bytes in the file; address, size; type, attributes. */
	.long 0, SHIM_ROM_BYTES
	.quad SHIM_ROM, SHIM_ROM_BYTES
	.long 0, 1
	/* TEMP_MEM. */
	.long 0, 0
	.quad BARE_IMAGE, BARE_IMAGE_BYTES + BARE_LAUNCH_BYTES
	.long 3, 0
	/* TD_HOB. */
	.long 0, 0
	.quad BARE_PLATFORM, BARE_PLATFORM_BYTES
	.long 2, 0
tdvf_end:

/* What OVMF calls SEV metadata: zeroed memory, the secrets page, the CPUID page, the page of the
 * kernel's hashes, the calling area for an SVSM. */
asev:
	.ascii "ASEV"
	.long asev_end - asev, 1, 5
	.long BARE_IMAGE, BARE_IMAGE_BYTES + BARE_LAUNCH_BYTES, 1
	.long BARE_PLATFORM, 0x1000, 2
	.long BARE_PLATFORM + 0x1000, 0x1000, 3
	.long SHIM_HASHES, 0x1000, 0x10
	.long SHIM_CAA, 0x1000, 4
asev_end:

	/* In 16 bits: bare/start_snp.S continues. */
	.code16
start16:
	movl $shim_main, %ebp
	jmp start_snp

	/* Another vCPU waits: Linux creates it anew. */
other_snp:
	pause
	jmp other_snp

	/* The table of GUIDs, which is read from its end. */
	.org SHIM_TAIL_BYTES - 0x20 - 18 - 4 * 22 - 26
table:
	/* This firmware's own, which cvmem inspect looks for: the version. */
	.long 1
	.word 22
	.long 0x8f4d2c31
	.word 0x6a07, 0x4b9e
	.byte 0xa1, 0xc8, 0x5d, 0x20, 0xf7, 0xe3, 0x94, 0x6b
	/* The SEV-ES reset block, without which QEMU starts no second vCPU: where one begins that
	 * the OS has not created by then. */
	.long other_snp
	.word 22
	.long 0x00f771de
	.word 0x1a7e, 0x4fcb
	.byte 0x89, 0x0e, 0x68, 0xc7, 0x7e, 0x2f, 0xb4, 0x4e
	/* Where the hashes are: QEMU's SEV_HASH_TABLE_RV_GUID. */
	.long SHIM_HASHES, HASHES_ROOM
	.word 26
	.long 0x7255371f
	.word 0x3a3b, 0x4b04
	.byte 0x92, 0x7b, 0x1d, 0xa6, 0xef, 0xa8, 0xd4, 0x54
	.long 4f - tdvf
	.word 22
	.long 0xe47a6535
	.word 0x984a, 0x4798
	.byte 0x86, 0x5e, 0x46, 0x85, 0xa7, 0xbf, 0x8e, 0xc2
	.long 4f - asev
	.word 22
	.long 0xdc886566
	.word 0x984a, 0x4798
	.byte 0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc
	.word 18 + 4 * 22 + 26
	.long 0x96b582de
	.word 0x1fb2, 0x45f7
	.byte 0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d

	/* These bytes mean the same in 16 and in 32 bits. */
	.org SHIM_TAIL_BYTES - 0x10
	.code32
	.globl reset_vector
reset_vector:
	movl %cr0, %eax
	testb $CR0_PE, %al
	jz 3f
	jmp first_tdx
3:
	.code16
	jmp start16
	.org SHIM_TAIL_BYTES
4:

	.section .note.GNU-stack, "", @progbits
