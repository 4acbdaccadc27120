/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "painter.h"

#define ENTRIES 30

static const struct {
	uint32_t e820;
	enum cvm_mem_type type;
} types[] = {
	{ 1, CVM_MEM_RAM },
	{ 2, CVM_MEM_RESERVED },
	{ 3, CVM_MEM_ACPI },
	{ 4, CVM_MEM_NVS },
	{ 5, CVM_MEM_UNUSABLE },
	{ 7, CVM_MEM_PERSISTENT },
	{ 8, CVM_MEM_UNACCEPTED },
	{ 12, CVM_MEM_PRAM },
	{ 0xefffffff, CVM_MEM_SOFT_RESERVED },
	/* Unknown types. */
	{ 0, CVM_MEM_RESERVED },
	{ 6, CVM_MEM_RESERVED },
	{ 9, CVM_MEM_RESERVED },
	{ 11, CVM_MEM_RESERVED },
	{ 13, CVM_MEM_RESERVED },
	{ 128, CVM_MEM_RESERVED },
	{ 0x80000001, CVM_MEM_RESERVED },
	{ 0xeffffffe, CVM_MEM_RESERVED },
	{ 0xffffffff, CVM_MEM_RESERVED },
};

#define TYPES (sizeof(types) / sizeof(types[0]))

static void put(uint8_t *at, uint64_t start, uint64_t size, uint32_t type)
{
	poke(at, 8, start);
	poke(at + 8, 8, size);
	poke(at + 16, 4, type);
}

static uint32_t e820_of(enum cvm_mem_type type, uint32_t unaccepted)
{
	if (type == CVM_MEM_UNACCEPTED)
		return unaccepted;
	for (size_t i = 0; i < 9; i++)
		if (types[i].type == type)
			return types[i].e820;
	return 2; /* runtime, MMIO */
}

/* A random table in `table`, and what it says. */
static void random_table(uint8_t *table, struct entry *entries, const struct painter *painter)
{
	for (int i = 0; i < ENTRIES; i++) {
		size_t type = random_below(random_below(2) ? TYPES : 2);

		entries[i] = random_entry(painter, 1, 1);
		entries[i].type = types[type].type;
		entries[i].attr = 0;
		put(table + 20 * i, entries[i].start, entries[i].size, types[type].e820);
	}
}

static void every_type(void **state)
{
	for (size_t i = 0; i < TYPES; i++) {
		struct cvm_map map = map_with(1);
		uint8_t table[20];

		put(table, 0x1000, 0x2345, types[i].e820);
		assert_int_equal(cvm_map_read_e820(&map, table, 20, 8), 0);
		assert_int_equal(map.count, 1);
		assert_int_equal(map.range[0].start, 0x1000);
		assert_int_equal(map.range[0].end, 0x3345);
		assert_int_equal(map.range[0].type, types[i].type);
		assert_int_equal(map.range[0].attr, 0);
		free(map.range);
	}
}

/* At each address modulo 8, ending at the last byte of its storage. */
static void random_tables(void **state)
{
	random_seed(8);
	for (int round = 0; round < 2000; round++) {
		struct cvm_map map = map_with(cvm_map_storage(ENTRIES));
		struct entry entries[ENTRIES];
		uint8_t *memory = malloc(20 * ENTRIES + round % 8);
		uint8_t *table = memory + round % 8;
		struct painter painter;

		assert_non_null(memory);
		painter_random(&painter, 1, 64);
		random_table(table, entries, &painter);
		assert_int_equal(cvm_map_read_e820(&map, table, 20 * ENTRIES, 8), 0);
		for (int i = 0; i < ENTRIES; i++)
			painter_add(&painter, &entries[i]);
		painter_expect(&painter, &map);
		free(memory);
		free(map.range);
	}
}

static void partial_entries_are_refused(void **state)
{
	struct cvm_map map = map_with(4);
	uint8_t table[41];

	put(table, 0, 0x1000, 1);
	put(table + 20, 0x1000, 0x1000, 2);
	assert_int_equal(cvm_map_read_e820(&map, NULL, 0, 8), 0);
	for (size_t bytes = 1; bytes < 42; bytes++)
		if (bytes != 20 && bytes != 40)
			assert_int_equal(cvm_map_read_e820(&map, table, bytes, 8), CVM_EINVAL);
	assert_int_equal(map.count, 0);
	assert_int_equal(cvm_map_read_e820(&map, table, 40, 8), 0);
	assert_int_equal(map.count, 2);
	free(map.range);
}

/* What fits is there, and map.needed is enough for the whole table. */
static void too_little_storage(void **state)
{
	random_seed(9);
	for (int round = 0; round < 100; round++) {
		struct entry entries[ENTRIES];
		uint8_t table[20 * ENTRIES];
		struct painter blank, whole;

		painter_random(&blank, 1, 64);
		random_table(table, entries, &blank);
		whole = blank;
		for (int i = 0; i < ENTRIES; i++)
			painter_add(&whole, &entries[i]);

		for (size_t capacity = 0; capacity < cvm_map_storage(ENTRIES); capacity++) {
			struct cvm_map map = map_with(capacity), again;
			struct cvm_range ranges[PAINTER_SLOTS];
			struct painter fits = blank, next = blank;
			int error = cvm_map_read_e820(&map, table, sizeof(table), 8);

			if (!error) {
				painter_expect(&whole, &map);
				free(map.range);
				continue;
			}
			assert_int_equal(error, CVM_ENOSPC);
			for (int i = 0; i < ENTRIES; i++) {
				painter_add(&next, &entries[i]);
				if (painter_ranges(&next, ranges) > capacity)
					break;
				fits = next;
			}
			painter_expect(&fits, &map);
			assert_true(map.needed > capacity);
			again = map_with(map.needed);
			assert_int_equal(cvm_map_read_e820(&again, table, sizeof(table), 8), 0);
			painter_expect(&whole, &again);
			free(map.range);
			free(again.range);
		}
	}
}

/* The entries that a painted map makes: equal neighbours are one. */
static size_t expected(const struct painter *painter, uint32_t unaccepted, uint8_t *table)
{
	struct cvm_range ranges[PAINTER_SLOTS];
	size_t n = painter_ranges(painter, ranges), out = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t type = e820_of(ranges[i].type, unaccepted);
		uint8_t *last = out ? table + 20 * (out - 1) : NULL;

		if (out && peek(last, 8) + peek(last + 8, 8) == ranges[i].start &&
		    peek(last + 16, 4) == type)
			poke(last + 8, 8, ranges[i].end - peek(last, 8));
		else
			put(table + 20 * out++, ranges[i].start, ranges[i].end - ranges[i].start,
			    type);
	}
	return 20 * out;
}

static void written_tables(void **state)
{
	random_seed(10);
	for (int round = 0; round < 2000; round++) {
		struct cvm_map map = map_with(PAINTER_SLOTS);
		uint32_t unaccepted = round % 2 ? 1 : 8;
		uint8_t want[20 * PAINTER_SLOTS], *memory, *got;
		struct painter painter;
		size_t bytes, needed;

		painter_random(&painter, 1, 64);
		for (size_t i = random_below(ENTRIES); i-- > 0;) {
			struct entry entry = random_entry(&painter, round % 4 < 2 ? 11 : 3, 2);

			painter_add(&painter, &entry);
			cvm_map_add(&map, entry.start, entry.size, entry.type, entry.attr);
		}
		bytes = expected(&painter, unaccepted, want);
		memory = malloc(bytes + round % 8 + 1);
		assert_non_null(memory);
		got = memory + round % 8;
		memset(got, 0x5a, bytes + 1);
		if (bytes) {
			needed = 0;
			assert_int_equal(
				cvm_map_write_e820(&map, got, bytes - 1, unaccepted, &needed),
				CVM_ENOSPC);
			assert_int_equal(needed, bytes);
			for (size_t i = 0; i <= bytes; i++)
				assert_int_equal(got[i], 0x5a);
		}
		needed = 1;
		assert_int_equal(cvm_map_write_e820(&map, got, bytes, unaccepted, &needed), 0);
		assert_int_equal(needed, bytes);
		assert_memory_equal(got, want, bytes);
		assert_int_equal(got[bytes], 0x5a);
		free(memory);
		free(map.range);
	}
}

/* What was read comes back the same, all types that E820 has included. */
static void round_trip(void **state)
{
	random_seed(11);
	for (int round = 0; round < 500; round++) {
		struct cvm_map map = map_with(cvm_map_storage(ENTRIES));
		struct cvm_map back = map_with(cvm_map_storage(ENTRIES));
		uint8_t table[20 * (2 * ENTRIES + 1)];
		struct entry entries[ENTRIES];
		struct painter painter;
		size_t needed;

		painter_random(&painter, 1, 64);
		random_table(table, entries, &painter);
		assert_int_equal(cvm_map_read_e820(&map, table, 20 * ENTRIES, 8), 0);
		assert_int_equal(cvm_map_write_e820(&map, table, sizeof(table), 8, &needed), 0);
		assert_int_equal(cvm_map_read_e820(&back, table, needed, 8), 0);
		expect_same(&map, &back);
		free(map.range);
		free(back.range);
	}
}

/* Type 8 of an author who knows no unaccepted memory; and one that calls it otherwise. */
static void type_of_unaccepted(void **state)
{
	static const struct {
		uint32_t type, unaccepted_type;
		enum cvm_mem_type expected;
	} cases[] = {
		{ 8, 8, CVM_MEM_UNACCEPTED }, { 8, 0, CVM_MEM_RESERVED },
		{ 0, 0, CVM_MEM_RESERVED },   { 9, 9, CVM_MEM_UNACCEPTED },
		{ 8, 9, CVM_MEM_RESERVED },   { 1, 0, CVM_MEM_RAM },
		{ 1, 1, CVM_MEM_UNACCEPTED },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cvm_map map = map_with(1);
		uint8_t table[20];

		put(table, 0x1000, 0x2000, cases[i].type);
		assert_int_equal(cvm_map_read_e820(&map, table, 20, cases[i].unaccepted_type), 0);
		assert_int_equal(map.count, 1);
		assert_int_equal(map.range[0].type, cases[i].expected);
		free(map.range);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type),	      cmocka_unit_test(type_of_unaccepted),
		cmocka_unit_test(random_tables),      cmocka_unit_test(partial_entries_are_refused),
		cmocka_unit_test(too_little_storage), cmocka_unit_test(written_tables),
		cmocka_unit_test(round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
