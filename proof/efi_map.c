/* SPDX-License-Identifier: MIT */
/*
 * proves:  cvm_map_read_efi() reads within the map, adds nothing if one start is not aligned, else
 *          each descriptor once, in order, with its bounds; a number of pages does not wrap
 * bound:   maps of up to 2 descriptors of 40 or 48 bytes, any content and length; any other size
 *          of a descriptor; cvm_map_add() is replaced by one that may fail at any call
 * unwind:  4
 * broken:  lib/efi_map.c: if (pages <= UINT64_MAX >> CVM_PAGE_SHIFT) => if (pages)
 */
#include "../lib/efi_map.c"

#include "proof.h"

#define BYTES 96

static const uint64_t *words;
static size_t calls, desc_size, bytes;
static bool failed;

int cvm_map_add(struct cvm_map *map, uint64_t start, uint64_t size, enum cvm_mem_type type,
		uint64_t attr)
{
	const uint64_t *desc = words + calls++ * (desc_size / 8);
	uint32_t number = (uint32_t)desc[0];

	PROVE(!failed && map && calls * desc_size <= bytes);
	PROVE(start == desc[1] && !(start % 4096) && attr == desc[4]);
	PROVE(size >> 12 == desc[3] || (size == UINT64_MAX && desc[3] >> 52));
	PROVE((type == CVM_MEM_UNACCEPTED) == (number == 15));
	PROVE(type != CVM_MEM_RAM || number == 7 || (number >= 1 && number <= 4));
	PROVE(type > CVM_MEM_NONE && type < CVM_MEM_TYPES);
	failed = any_bool();
	return failed ? CVM_ENOSPC : 0;
}

size_t cvm_map_enough(const struct cvm_map *map, size_t n)
{
	PROVE(map && n <= 2);
	return n;
}

static void prove(size_t size)
{
	uint64_t content[BYTES / 8];
	struct cvm_map map;
	int error;

	words = content;
	bytes = any_size();
	desc_size = size;
	calls = 0;
	failed = false;
	ASSUME(bytes <= BYTES);
	error = cvm_map_read_efi(&map, words, bytes, desc_size);
	PROVE(error != CVM_EINVAL || !calls);
	PROVE(error || calls * desc_size == bytes);
	PROVE(error != CVM_ENOSPC || failed);
	REACHABLE(!error && calls == 2);
	REACHABLE(error == CVM_EINVAL && bytes == 2 * size);
}

int main(void)
{
	size_t other = any_size();

	prove(40);
	prove(48);
	ASSUME(other < 40 || other % 8);
	PROVE(cvm_map_read_efi(NULL, NULL, BYTES, other) == CVM_EINVAL);
	return 0;
}
