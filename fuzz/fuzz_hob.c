/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "map_check.h"

/* An input is a HOB list. Random bytes seldom are one, so those without a hand-off block get it. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t get(const uint8_t *at, unsigned bytes)
{
	uint64_t value = 0;

	memcpy(&value, at, bytes);
	return value;
}

static enum cvm_mem_type type_of_efi(uint32_t type)
{
	static const enum cvm_mem_type known[16] = {
		[0] = CVM_MEM_RESERVED,	   [5] = CVM_MEM_RUNTIME,     [6] = CVM_MEM_RUNTIME,
		[8] = CVM_MEM_UNUSABLE,	   [9] = CVM_MEM_ACPI,	      [10] = CVM_MEM_NVS,
		[11] = CVM_MEM_MMIO,	   [12] = CVM_MEM_MMIO,	      [13] = CVM_MEM_RESERVED,
		[14] = CVM_MEM_PERSISTENT, [15] = CVM_MEM_UNACCEPTED,
	};

	return type < 16 ? known[type] : CVM_MEM_RESERVED;
}

static enum cvm_mem_type type_of_resource(uint32_t type, uint32_t attr)
{
	static const enum cvm_mem_type known[8] = {
		[1] = CVM_MEM_MMIO,	[3] = CVM_MEM_MMIO,	  [4] = CVM_MEM_MMIO,
		[5] = CVM_MEM_RESERVED, [7] = CVM_MEM_UNACCEPTED,
	};

	if (type)
		return type < 8 ? known[type] : CVM_MEM_RESERVED;
	if (attr & 0x800000)
		return CVM_MEM_PERSISTENT;
	if ((attr & 0x40387) != 7)
		return CVM_MEM_RESERVED;
	return attr & 0x8000000 ? CVM_MEM_SOFT_RESERVED : CVM_MEM_RAM;
}

/* The ranges of a list, or -1: it must be refused; -2: for its version. */
static long parse(const uint8_t *list, size_t size, struct source *sources)
{
	size_t at = 0, n = 0;

	for (bool first = true;; first = false) {
		struct source source = { 0 };
		unsigned type, length;

		if (size - at < 8)
			return -1;
		type = (unsigned)get(list + at, 2);
		length = (unsigned)get(list + at + 2, 2);
		if (get(list + at + 4, 4) || length < 8 || length % 8 || length > size - at)
			return -1;
		if (first != (type == 1) || (type == 1 && length != 56) ||
		    (type == 3 && length != 48) || (type == 2 && length < 48) ||
		    (type == 0xffff && length != 8))
			return -1;
		if (type == 1 && get(list + at + 8, 4) != 9)
			return -2;
		if (type == 0xffff)
			return (long)n;
		if (type == 3) {
			source.type = type_of_resource((uint32_t)get(list + at + 24, 4),
						       (uint32_t)get(list + at + 28, 4));
			source.start = get(list + at + 32, 8);
			source.size = get(list + at + 40, 8);
		} else if (type == 2) {
			source.type = type_of_efi((uint32_t)get(list + at + 40, 4));
			source.start = get(list + at + 24, 8);
			source.size = get(list + at + 32, 8);
		}
		if (source.type) {
			uint64_t end;

			if (__builtin_add_overflow(source.start, source.size, &end))
				return -1;
			if (source.type != CVM_MEM_MMIO && (source.start % 4096 || end % 4096))
				return -1;
			sources[n++] = source;
		}
		at += length;
	}
}

static void check_space(const struct cvm_map *map, const uint8_t *list, size_t size)
{
	struct cvm_map small = fuzz_map(map->count / 2), again;

	if (cvm_map_read_hob(&small, list, size)) {
		CHECK(small.needed > small.capacity);
		again = fuzz_map(small.needed);
		CHECK(!cvm_map_read_hob(&again, list, size));
		check_equal(map, &again);
		free(again.range);
	}
	check_form(&small);
	free(small.range);
}

static void check(const uint8_t *list, size_t size)
{
	size_t most = size / 48 + 1;
	struct cvm_map map = fuzz_map(cvm_map_storage(most));
	struct source *sources = malloc(most * sizeof(*sources));
	int error = cvm_map_read_hob(&map, list, size);
	long n;

	CHECK(sources);
	n = parse(list, size, sources);
	if (n < 0) {
		CHECK(error == (n == -1 ? CVM_EINVAL : CVM_EVERSION));
		CHECK(!map.count && !map.dropped);
	} else {
		CHECK(!error);
		check_form(&map);
		check_sources(&map, sources, (size_t)n);
		check_space(&map, list, size);
		check_operations(&map);
	}
	free(sources);
	free(map.range);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t handoff[56] = { 1, 0, 56, [8] = 9 };
	static const uint8_t end[8] = { 0xff, 0xff, 8 };
	uint8_t *framed;

	check(data, size);
	framed = malloc(sizeof(handoff) + size + sizeof(end));
	CHECK(framed);
	memcpy(framed, handoff, sizeof(handoff));
	memcpy(framed + sizeof(handoff), data, size);
	memcpy(framed + sizeof(handoff) + size, end, sizeof(end));
	check(framed, sizeof(handoff) + size + sizeof(end));
	free(framed);
	return 0;
}
