/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "efi.h"
#include "painter.h"

#define DESCS 30
#define SP    0x40000 /* EFI_MEMORY_SP */

static const struct {
	uint32_t efi;
	enum cvm_mem_type type, with_sp;
} types[] = {
	{ 7, CVM_MEM_RAM, CVM_MEM_SOFT_RESERVED }, /* conventional */
	{ 0, CVM_MEM_RESERVED, CVM_MEM_RESERVED },
	{ 1, CVM_MEM_RAM, CVM_MEM_SOFT_RESERVED }, /* loader */
	{ 2, CVM_MEM_RAM, CVM_MEM_SOFT_RESERVED },
	{ 3, CVM_MEM_RAM, CVM_MEM_SOFT_RESERVED }, /* boot services */
	{ 4, CVM_MEM_RAM, CVM_MEM_SOFT_RESERVED },
	{ 5, CVM_MEM_RUNTIME, CVM_MEM_RUNTIME },
	{ 6, CVM_MEM_RUNTIME, CVM_MEM_RUNTIME },
	{ 8, CVM_MEM_UNUSABLE, CVM_MEM_UNUSABLE },
	{ 9, CVM_MEM_ACPI, CVM_MEM_ACPI },
	{ 10, CVM_MEM_NVS, CVM_MEM_NVS },
	{ 11, CVM_MEM_MMIO, CVM_MEM_MMIO },
	{ 12, CVM_MEM_MMIO, CVM_MEM_MMIO },
	{ 13, CVM_MEM_RESERVED, CVM_MEM_RESERVED }, /* PAL code */
	{ 14, CVM_MEM_PERSISTENT, CVM_MEM_PERSISTENT },
	{ 15, CVM_MEM_UNACCEPTED, CVM_MEM_UNACCEPTED },
	{ 16, CVM_MEM_RESERVED, CVM_MEM_RESERVED },
	{ 0x70000000, CVM_MEM_RESERVED, CVM_MEM_RESERVED }, /* OEM */
	{ 0x80000000, CVM_MEM_RESERVED, CVM_MEM_RESERVED }, /* OS */
	{ 0xffffffff, CVM_MEM_RESERVED, CVM_MEM_RESERVED },
};

#define TYPES (sizeof(types) / sizeof(types[0]))

static void every_type(void **state)
{
	static const uint64_t attrs[] = { 0, 0xf, 0x800000000000000f, SP, SP | 0xf };

	for (size_t i = 0; i < TYPES; i++) {
		for (int j = 0; j < 5; j++) {
			struct cvm_map map = map_with(1);
			uint8_t desc[40];

			put_desc(desc, 40, types[i].efi, 0x3000, 5, attrs[j]);
			assert_int_equal(cvm_map_read_efi(&map, desc, 40, 40), 0);
			assert_int_equal(map.count, 1);
			assert_int_equal(map.range[0].start, 0x3000);
			assert_int_equal(map.range[0].end, 0x8000);
			assert_int_equal(map.range[0].attr, attrs[j]);
			assert_int_equal(map.range[0].type,
					 attrs[j] & SP ? types[i].with_sp : types[i].type);
			free(map.range);
		}
	}
}

/* A random map in `descs`, and what it says. */
static void random_descs(uint8_t *descs, size_t desc_size, struct entry *entries,
			 const struct painter *painter)
{
	for (int i = 0; i < DESCS; i++) {
		size_t type = random_below(random_below(2) ? TYPES : 2);
		struct entry entry = random_entry(painter, 1, 4);
		uint64_t pages = entry.size / 4096;

		/* So many pages that the bytes do not fit into 64 bits. */
		if (!random_below(30)) {
			pages = ((uint64_t)1 << 52) + random_below(2) * pages;
			entry.size = UINT64_MAX;
		}
		put_desc(descs + i * desc_size, desc_size, types[type].efi, entry.start, pages,
			 entry.attr);
		entry.type = entry.attr & SP ? types[type].with_sp : types[type].type;
		entries[i] = entry;
	}
}

static void random_maps(void **state)
{
	static const size_t sizes[] = { 40, 48, 56, 4096 };

	random_seed(12);
	for (int round = 0; round < 2000; round++) {
		struct cvm_map map = map_with(cvm_map_storage(DESCS));
		size_t desc_size = sizes[round % 64 ? round % 3 : 3];
		uint8_t *memory = malloc(DESCS * desc_size + round % 8);
		struct entry entries[DESCS];
		struct painter painter;

		assert_non_null(memory);
		painter_random(&painter, 4096, 64);
		random_descs(memory + round % 8, desc_size, entries, &painter);
		assert_int_equal(
			cvm_map_read_efi(&map, memory + round % 8, DESCS * desc_size, desc_size),
			0);
		for (int i = 0; i < DESCS; i++)
			painter_add(&painter, &entries[i]);
		painter_expect(&painter, &map);
		free(memory);
		free(map.range);
	}
}

/* Whatever is wrong, nothing was added before it was seen. */
static void corrupt_maps_are_refused(void **state)
{
	static const size_t bad_sizes[] = { 0, 1, 8, 32, 39, 41, 44, 47, 60 };
	struct cvm_map map = map_with(8);
	uint8_t descs[3 * 40];

	for (int i = 0; i < 3; i++)
		put_desc(descs + 40 * i, 40, 7, 0x10000 * i, 1, 0xf);
	for (size_t i = 0; i < sizeof(bad_sizes) / sizeof(bad_sizes[0]); i++)
		assert_int_equal(cvm_map_read_efi(&map, descs, 120, bad_sizes[i]), CVM_EINVAL);
	for (size_t bytes = 1; bytes < 120; bytes++)
		if (bytes % 40)
			assert_int_equal(cvm_map_read_efi(&map, descs, bytes, 40), CVM_EINVAL);
	assert_int_equal(cvm_map_read_efi(&map, descs, 40, 80), CVM_EINVAL);
	for (uint64_t low = 1; low < 4096; low *= 2) {
		poke(descs + 80 + 8, 8, 0x20000 + low);
		assert_int_equal(cvm_map_read_efi(&map, descs, 120, 40), CVM_EINVAL);
	}
	assert_int_equal(map.count + map.dropped, 0);

	poke(descs + 80 + 8, 8, 0x20000);
	assert_int_equal(cvm_map_read_efi(&map, descs, 0, 40), 0);
	assert_int_equal(map.count, 0);
	assert_int_equal(cvm_map_read_efi(&map, descs, 120, 40), 0);
	assert_int_equal(map.count, 3);
	free(map.range);
}

static void page_counts_that_wrap(void **state)
{
	static const uint64_t pages[] = { 0x10000000000000, 0x10000000000001, UINT64_MAX,
					  0x8000000000000000, 0x10000000001 };
	const uint64_t limit = 0x10000000000000; /* 2^52 bytes */

	for (int i = 0; i < 5; i++) {
		struct cvm_map map = map_with(1);
		uint8_t desc[40];

		put_desc(desc, 40, 7, 0x1000, pages[i], 0);
		assert_int_equal(cvm_map_read_efi(&map, desc, 40, 40), 0);
		put_desc(desc, 40, 15, 0x1000, pages[i], 0);
		assert_int_equal(cvm_map_read_efi(&map, desc, 40, 40), 0);
		assert_int_equal(map.count, 0);
		assert_int_equal(map.dropped, 2);
		put_desc(desc, 40, 11, 0x1000, pages[i], 0);
		assert_int_equal(cvm_map_read_efi(&map, desc, 40, 40), 0);
		assert_int_equal(map.count, 1);
		assert_int_equal(map.range[0].start, 0x1000);
		assert_int_equal(map.range[0].end, limit);
		free(map.range);
	}
}

static void too_little_storage(void **state)
{
	random_seed(13);
	for (int round = 0; round < 60; round++) {
		struct entry entries[DESCS];
		uint8_t descs[40 * DESCS];
		struct painter whole;

		painter_random(&whole, 4096, 64);
		random_descs(descs, 40, entries, &whole);
		for (int i = 0; i < DESCS; i++)
			painter_add(&whole, &entries[i]);
		for (size_t capacity = 0; capacity < cvm_map_storage(DESCS); capacity++) {
			struct cvm_map map = map_with(capacity);

			if (cvm_map_read_efi(&map, descs, sizeof(descs), 40)) {
				size_t needed = map.needed;

				assert_true(needed > capacity);
				free(map.range);
				map = map_with(needed);
				assert_int_equal(cvm_map_read_efi(&map, descs, sizeof(descs), 40),
						 0);
			}
			painter_expect(&whole, &map);
			free(map.range);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type),
		cmocka_unit_test(random_maps),
		cmocka_unit_test(corrupt_maps_are_refused),
		cmocka_unit_test(page_counts_that_wrap),
		cmocka_unit_test(too_little_storage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
