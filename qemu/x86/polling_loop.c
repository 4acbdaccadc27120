/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/x86/polling_loop.h"

#include <string.h>

#include "qemu/x86/code.h"

/* Longer ones do more than wait. */
#define MAX_LENGTH 64

/* JMP and Jcc; the offset is relative to the end of the instruction. */
static bool is_branch(const uint8_t *code, size_t size, int32_t *offset)
{
	if (size == 2 && ((code[0] & 0xf0) == 0x70 || code[0] == 0xeb)) {
		*offset = (int8_t)code[1];
		return true;
	}
	if (size == 6 && code[0] == 0x0f && (code[1] & 0xf0) == 0x80) {
		memcpy(offset, code + 2, sizeof(*offset));
		return true;
	}
	if (size == 5 && code[0] == 0xe9) {
		memcpy(offset, code + 1, sizeof(*offset));
		return true;
	}
	return false;
}

static bool is_pause(const uint8_t *code, size_t size)
{
	return size == 2 && code[0] == 0xf3 && code[1] == 0x90;
}

/* Intel SDM volume 2, opcode map: CMP, TEST, and loads by MOV. Sets whether memory is read. */
static bool only_reads(const uint8_t *code, size_t size, bool *loads)
{
	const struct x86_prefixes prefixes = x86_read_prefixes(code, size);
	size_t rest = size - prefixes.count;
	uint8_t opcode = code[prefixes.count], modrm, extension;

	*loads = false;
	if (prefixes.lock || prefixes.repeat || !rest)
		return false;
	if (opcode == 0x3c || opcode == 0x3d || opcode == 0xa8 || opcode == 0xa9)
		return true;
	if (rest < 2)
		return false;
	modrm = code[prefixes.count + 1];
	extension = modrm >> 3 & 7;
	*loads = modrm < 0xc0;
	switch (opcode) {
	case 0x38 ... 0x3b: /* CMP */
	case 0x84 ... 0x85: /* TEST */
	case 0x8a ... 0x8b: /* MOV */
		return true;
	case 0x80 ... 0x81:
	case 0x83:
		return extension == 7; /* CMP */
	case 0xf6 ... 0xf7:
		return extension == 0; /* TEST */
	default:
		return false;
	}
}

void x86_polling_add(struct x86_polling_block *block, const uint8_t *code, size_t size)
{
	int32_t offset;
	bool loads;

	if (block->end == 0)
		block->end = block->start;
	block->end += size;
	if (!size || block->has_branch) {
		block->other = true;
	} else if (is_branch(code, size, &offset)) {
		block->has_branch = true;
		if (offset < 0)
			block->back = block->end + (uint64_t)(int64_t)offset;
	} else if (only_reads(code, size, &loads)) {
		block->loads |= loads;
	} else if (!is_pause(code, size)) {
		block->other = true;
	}
}

/* The block that begins there. */
static const struct x86_polling_block *find(const struct x86_polling_blocks *seen, uint64_t start)
{
	for (unsigned i = 0; i < X86_POLLING_BLOCKS; i++)
		if (seen->block[i].start == start && seen->block[i].end)
			return &seen->block[i];
	return NULL;
}

static void keep(struct x86_polling_blocks *seen, const struct x86_polling_block *block)
{
	struct x86_polling_block *same = (void *)find(seen, block->start);

	if (!same)
		same = &seen->block[seen->next++ % X86_POLLING_BLOCKS];
	*same = *block;
}

/* The first block from here on that branches back. Ends, since each begins where another ends. */
static const struct x86_polling_block *find_last(const struct x86_polling_blocks *seen,
						 const struct x86_polling_block *block)
{
	const uint64_t start = block->start;

	while (block && !block->back && block->end - start <= MAX_LENGTH)
		block = find(seen, block->end);
	return block && block->back ? block : NULL;
}

bool x86_polling_completes(const struct x86_polling_block *block, struct x86_polling_blocks *seen)
{
	const struct x86_polling_block *last, *each;
	bool loads = false;

	if (block->other || block->start == block->end)
		return false;
	keep(seen, block);
	last = find_last(seen, find(seen, block->start));
	if (!last || last->back > block->start || last->end - last->back > MAX_LENGTH)
		return false;
	each = find(seen, last->back);
	while (each && each != last) {
		loads |= each->loads;
		each = each->end <= last->start ? find(seen, each->end) : NULL;
	}
	return each && (loads || last->loads);
}
