/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_X86_POLLING_LOOP_H
#define CVMEM_QEMU_X86_POLLING_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Recognises loops that wait for a change of memory: instructions that only load, compare and
 * pause, branches forward, and a branch back to the first of them. Translated code comes in blocks
 * that end at branches and at PAUSE, and in any order, so the blocks of a loop are put together by
 * their addresses.
 */
struct x86_polling_block {
	uint64_t start, end;
	uint64_t back; /* where it branches back to; 0: nowhere */
	bool loads, other, has_branch;
};

/* Blocks that may be part of a loop, the last of them. Begins as zeros. */
#define X86_POLLING_BLOCKS 64
struct x86_polling_blocks {
	struct x86_polling_block block[X86_POLLING_BLOCKS];
	unsigned next;
};

/* A block begins with its address and zeros, and instructions are added in order. */
void x86_polling_add(struct x86_polling_block *block, const uint8_t *code, size_t size);
/* At its end: whether it is part of such a loop, all of which has been seen now. */
bool x86_polling_completes(const struct x86_polling_block *block, struct x86_polling_blocks *seen);

#endif
