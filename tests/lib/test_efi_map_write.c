/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "efi.h"
#include "painter.h"

#define SP 0x40000 /* EFI_MEMORY_SP */

static const uint32_t efi[CVM_MEM_TYPES] = {
	[CVM_MEM_RAM] = 7,   [CVM_MEM_UNACCEPTED] = 15, [CVM_MEM_SOFT_RESERVED] = 7,
	[CVM_MEM_ACPI] = 9,  [CVM_MEM_NVS] = 10,	[CVM_MEM_PERSISTENT] = 14,
	[CVM_MEM_PRAM] = 0,  [CVM_MEM_RUNTIME] = 6,	[CVM_MEM_RESERVED] = 0,
	[CVM_MEM_MMIO] = 11, [CVM_MEM_UNUSABLE] = 8,
};

static uint64_t efi_attr(const struct cvm_range *range)
{
	if (range->type == CVM_MEM_SOFT_RESERVED)
		return range->attr | SP;
	return range->type == CVM_MEM_RAM ? range->attr & ~(uint64_t)SP : range->attr;
}

/* The descriptors that painted and aligned slots make: equal neighbours are one. */
static size_t expected(const struct painter *painter, uint8_t *descs, size_t desc_size)
{
	struct cvm_range ranges[PAINTER_SLOTS];
	size_t n = painter_ranges(painter, ranges), out = 0;
	uint64_t end = 0;

	for (size_t i = 0; i < n; i++) {
		uint8_t *last = out ? descs + (out - 1) * desc_size : NULL;
		uint32_t type = efi[ranges[i].type];
		uint64_t attr = efi_attr(&ranges[i]);
		uint64_t pages = (ranges[i].end - ranges[i].start) / 4096;

		if (out && end == ranges[i].start && peek(last, 4) == type &&
		    peek(last + 32, 8) == attr) {
			poke(last + 24, 8, peek(last + 24, 8) + pages);
		} else {
			last = descs + out * desc_size;
			memset(last, 0, desc_size);
			poke(last, 4, type);
			poke(last + 8, 8, ranges[i].start);
			poke(last + 24, 8, pages);
			poke(last + 32, 8, attr);
			out++;
		}
		end = ranges[i].end;
	}
	return out * desc_size;
}

static void fill(struct cvm_map *map, struct painter *painter, size_t types)
{
	for (size_t i = random_below(40); i-- > 0;) {
		struct entry entry = random_entry(painter, types, 4);

		painter_add(painter, &entry);
		assert_int_equal(cvm_map_add(map, entry.start, entry.size, entry.type, entry.attr),
				 0);
	}
}

static void written_maps(void **state)
{
	static const size_t sizes[] = { 40, 48, 56 };
	static const uint64_t scales[] = { 512, 1024, 4096 };

	random_seed(14);
	for (int round = 0; round < 3000; round++) {
		struct cvm_map map = map_with(64);
		size_t desc_size = sizes[round % 3], bytes, needed;
		uint64_t slot = scales[random_below(3)];
		uint8_t want[56 * 64], *memory, *got;
		struct painter painter;

		painter_uniform(&painter, round % 2 ? 0 : ((uint64_t)1 << 52) - 64 * slot, slot,
				64);
		fill(&map, &painter, round % 4 < 2 ? 11 : 3);
		painter_align(&painter, 4096);
		bytes = expected(&painter, want, desc_size);
		memory = malloc(bytes + round % 8 + 1);
		assert_non_null(memory);
		got = memory + round % 8;
		memset(got, 0x5a, bytes + 1);
		if (bytes) {
			needed = 0;
			assert_int_equal(
				cvm_map_write_efi(&map, got, bytes - 1, desc_size, &needed),
				CVM_ENOSPC);
			assert_int_equal(needed, bytes);
			for (size_t i = 0; i <= bytes; i++)
				assert_int_equal(got[i], 0x5a);
		}
		needed = 1;
		assert_int_equal(cvm_map_write_efi(&map, got, bytes, desc_size, &needed), 0);
		assert_int_equal(needed, bytes);
		assert_memory_equal(got, want, bytes);
		assert_int_equal(got[bytes], 0x5a);
		free(memory);
		free(map.range);
	}
}

/* E820 to map to EFI and back: page granular memory comes back the same. */
static void round_trip(void **state)
{
	static const uint32_t e820[] = { 1, 2, 3, 4, 5, 7, 8, 0xefffffff };

	random_seed(15);
	for (int round = 0; round < 1000; round++) {
		struct cvm_map map = map_with(PAINTER_SLOTS), back = map_with(PAINTER_SLOTS);
		uint8_t first[20 * 40], descs[40 * PAINTER_SLOTS], last[20 * PAINTER_SLOTS];
		uint8_t again[20 * PAINTER_SLOTS];
		struct painter painter;
		size_t bytes, needed;

		painter_random(&painter, 4096, 64);
		for (int i = 0; i < 40; i++) {
			struct entry entry = random_entry(&painter, 1, 1);

			poke(first + 20 * i, 8, entry.start);
			poke(first + 20 * i + 8, 8, entry.size);
			poke(first + 20 * i + 16, 4, e820[random_below(8)]);
		}
		assert_int_equal(cvm_map_read_e820(&map, first, sizeof(first), 8), 0);
		assert_int_equal(cvm_map_write_efi(&map, descs, sizeof(descs), 40, &needed), 0);
		assert_int_equal(cvm_map_read_efi(&back, descs, needed, 40), 0);
		assert_int_equal(cvm_map_write_e820(&map, last, sizeof(last), 8, &bytes), 0);
		assert_int_equal(cvm_map_write_e820(&back, again, sizeof(again), 8, &needed), 0);
		assert_int_equal(needed, bytes);
		assert_memory_equal(again, last, bytes);
		free(map.range);
		free(back.range);
	}
}

/* EFI to map to EFI to map: types and attributes come back the same. */
static void efi_round_trip(void **state)
{
	random_seed(16);
	for (int round = 0; round < 1000; round++) {
		struct cvm_map map = map_with(PAINTER_SLOTS), back = map_with(PAINTER_SLOTS);
		uint8_t descs[48 * PAINTER_SLOTS];
		struct painter painter;
		size_t needed;

		painter_random(&painter, 4096, 64);
		for (int i = 0; i < 40; i++) {
			struct entry entry = random_entry(&painter, 1, 4);

			put_desc(descs + 48 * i, 48, (uint32_t)random_below(17), entry.start,
				 entry.size / 4096, entry.attr);
		}
		assert_int_equal(cvm_map_read_efi(&map, descs, 48 * 40, 48), 0);
		assert_int_equal(cvm_map_write_efi(&map, descs, sizeof(descs), 48, &needed), 0);
		assert_int_equal(cvm_map_read_efi(&back, descs, needed, 48), 0);
		expect_same(&map, &back);
		free(map.range);
		free(back.range);
	}
}

/* Unaccepted special-purpose memory is RAM like any other once it is accepted. */
static void accepted_memory_is_conventional(void **state)
{
	struct cvm_map map = map_with(1);
	uint8_t desc[40];
	size_t needed;

	put_desc(desc, 40, 15, 0, 1, SP | 8);
	assert_int_equal(cvm_map_read_efi(&map, desc, 40, 40), 0);
	assert_int_equal(cvm_map_set(&map, 0, 0x1000, CVM_MEM_RAM), 0);
	assert_int_equal(cvm_map_write_efi(&map, desc, 40, 40, &needed), 0);
	assert_int_equal(peek(desc, 4), 7);
	assert_int_equal(peek(desc + 32, 8), 8);
	free(map.range);
}

static void bad_descriptor_sizes(void **state)
{
	static const size_t bad[] = { 0, 8, 32, 39, 41, 44, SIZE_MAX };
	struct cvm_map map = map_with(3);
	uint8_t descs[40];
	size_t needed;

	for (size_t i = 0; i < 7; i++) {
		needed = 1;
		assert_int_equal(cvm_map_write_efi(&map, descs, 40, bad[i], &needed), CVM_EINVAL);
		assert_int_equal(needed, 0);
	}
	for (uint64_t i = 0; i < 3; i++)
		cvm_map_add(&map, i << 16, 4096, CVM_MEM_RAM, 0);
	/* 3 * desc_size is 8 in 64 bits. */
	assert_int_equal(
		cvm_map_write_efi(&map, descs, 40, (SIZE_MAX / 3 + 3) & ~(size_t)7, &needed),
		CVM_ENOSPC);
	assert_int_equal(needed, SIZE_MAX);
	free(map.range);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_maps),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(efi_round_trip),
		cmocka_unit_test(accepted_memory_is_conventional),
		cmocka_unit_test(bad_descriptor_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
