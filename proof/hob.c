/* SPDX-License-Identifier: MIT */
/*
 * proves:  cvm_map_read_hob() reads within the list, with any lengths in its blocks; a list that it
 *          does not accept adds nothing; ranges that are added do not wrap; memory is page aligned
 * bound:   lists of up to 3 blocks, the first a hand-off table, the others of any content, cut
 *          after 7, 58, 104 and 112 bytes; cvm_map_add() is replaced by one that may fail at any
 *          call
 * unwind:  4
 * options: --no-unwinding-assertions
 * broken:  lib/hob.c: if (left < HEADER_BYTES) => if (!left)
 */
#include "../lib/hob.c"

#include "proof.h"

#define BYTES 112

static size_t calls;
static bool failed;

enum cvm_mem_type cvm_efi_mem_type(uint32_t type, uint64_t attr)
{
	/* The same answer to the same question, as the function that this is for gives. */
	return type || attr ? CVM_MEM_RESERVED + type % 3 : CVM_MEM_RAM;
}

int cvm_map_add(struct cvm_map *map, uint64_t start, uint64_t size, enum cvm_mem_type type,
		uint64_t attr)
{
	calls++;
	PROVE(!failed && map && !attr);
	PROVE(size <= UINT64_MAX - start);
	PROVE(type == CVM_MEM_MMIO || !((start | size) % 4096));
	PROVE(type > CVM_MEM_NONE && type < CVM_MEM_TYPES);
	failed = any_bool();
	return failed ? CVM_ENOSPC : 0;
}

size_t cvm_map_enough(const struct cvm_map *map, size_t n)
{
	PROVE(map && n <= BYTES / 8);
	return n;
}

static void prove(size_t bytes, bool handoff)
{
	uint8_t storage[BYTES], *list = storage + BYTES - bytes;
	struct cvm_map map;
	int error;

	calls = 0;
	failed = false;
	if (handoff) {
		list[0] = 1;
		list[1] = list[3] = 0;
		list[2] = 56;
	}
	/* The list is the end of its storage: a read behind it is one outside of the storage. */
	error = cvm_map_read_hob(&map, list, bytes);
	PROVE((error != CVM_EINVAL && error != CVM_EVERSION) || !calls);
	PROVE(error != CVM_ENOSPC || failed);
	PROVE(error || handoff);
	if (bytes == 112)
		REACHABLE(!error && calls);
}

int main(void)
{
	prove(112, true);
	prove(104, true);
	prove(58, true);
	prove(7, false);
	return 0;
}
