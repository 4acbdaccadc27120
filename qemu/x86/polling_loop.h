/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_X86_POLLING_LOOP_H
#define CVMEM_QEMU_X86_POLLING_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Recognises loops that wait for a change of memory: instructions that only load, compare and
 * pause, branches forward, and a branch back to the first of them. Translated code comes in blocks
 * that end at branches and at PAUSE, so the blocks of a loop are put together by their addresses.
 */
#define X86_POLLING_PARTS 64

struct x86_polling_part {
	uint64_t start, end;
	bool loads;
};

/* Code that has been seen and may be the first part of a loop. Begins as zeros. */
struct x86_polling_parts {
	struct x86_polling_part part[X86_POLLING_PARTS];
	unsigned next;
};

/* A block; begins with its address and zeros, and instructions are added in order. */
struct x86_polling_block {
	uint64_t start, end;
	uint64_t back; /* where it branches back to; 0: nowhere */
	bool loads, other, has_branch;
};

void x86_polling_add(struct x86_polling_block *block, const uint8_t *code, size_t size);
/* At the end of the block: whether it closes such a loop. */
bool x86_polling_closes(const struct x86_polling_block *block, struct x86_polling_parts *parts);

#endif
