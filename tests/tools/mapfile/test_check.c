/* SPDX-License-Identifier: MIT */
/* What is warned of in maps that are made here, entry by entry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/mapfile/mapfile.h"

#define MIB UINT64_C(0x100000)

static struct map_file file;
static struct map_info *map;

static void begin(enum map_source source)
{
	maps_begin(&file, "made");
	map = maps_new(&file, source, 1);
}

static void add(uint64_t start, uint64_t size, uint32_t type)
{
	struct map_entry entry = {
		.start = start,
		.size = size,
		.type = type,
		.type_known = true,
		.line = map->entries + 1,
	};

	maps_add(&file, map, &entry);
}

/* The warnings, in order; ends with NULL. */
static void expect(const char *first, ...)
{
	const char *text = first;
	size_t count = 0;
	va_list rest;

	assert_true(maps_finish(&file));
	va_start(rest, first);
	for (; text; text = va_arg(rest, const char *)) {
		assert_true(count < file.warnings);
		assert_string_equal(file.warning[count++].text, text);
	}
	va_end(rest);
	assert_int_equal(file.warnings, count);
	maps_free(&file);
}

static void nothing(void **unused)
{
	begin(MAP_E820);
	add(0, 4 * MIB, 1);
	add(4 * MIB, MIB, 2);
	add(5 * MIB, MIB, 1);
	expect(NULL);
}

/* Each entry that lies in a long one is named beside it, not beside the one before it. */
static void long_entry(void **unused)
{
	begin(MAP_E820);
	add(0, 100 * MIB, 1);
	add(10 * MIB, MIB, 2);
	add(20 * MIB, MIB, 2);
	add(30 * MIB, MIB, 2);
	expect("line 2: overlaps line 1", "line 3: overlaps line 1", "line 4: overlaps line 1",
	       NULL);
}

/* The one that reaches furthest counts, the later of two that reach equally far. */
static void reach(void **unused)
{
	begin(MAP_E820);
	add(0, 10 * MIB, 1);
	add(5 * MIB, 5 * MIB, 2);
	add(8 * MIB, 4 * MIB, 2);
	add(11 * MIB, MIB, 2);
	expect("line 2: overlaps line 1", "line 3: overlaps line 2", "line 4: overlaps line 3",
	       NULL);
}

static void twice(void **unused)
{
	begin(MAP_E820);
	add(0, MIB, 1);
	add(0, MIB, 1);
	expect("line 2: repeats line 1", NULL);
}

static void order(void **unused)
{
	begin(MAP_E820);
	add(4 * MIB, MIB, 1);
	add(0, MIB, 1);
	expect("line 2: out of order: 0x0 after 0x400000", NULL);
	/* Descriptors of EFI need no order: UEFI 2.11 section 7.2.3. */
	begin(MAP_EFI);
	add(4 * MIB, MIB, 7);
	add(0, MIB, 7);
	expect(NULL);
}

static void alignment(void **unused)
{
	begin(MAP_E820);
	add(0, 0x9fc00, 1);
	add(0x9fc00, 0x400, 2);
	add(MIB, MIB + 0x10, 1);
	/* A bound that two entries share is named once. */
	expect("line 1: ends at 0x9fc00, not a multiple of 4 KiB",
	       "line 3: ends at 0x200010, not a multiple of 4 KiB", NULL);
}

static void odd_entries(void **unused)
{
	const uint64_t end = UINT64_C(1) << 52;
	struct map_entry backward = { .start = MIB, .line = 5, .defect = MAP_DEFECT_BACKWARD };

	begin(MAP_E820);
	add(0, 0, 1);
	add(MIB, MIB, 1);
	add(2 * MIB, MIB, 9);
	add(end - MIB, 2 * MIB, 2);
	maps_add(&file, map, &backward);
	expect("line 1: an entry of zero length", "line 3: unknown E820 type 9: read as reserved",
	       "line 4: goes beyond 2^52, the end of physical addresses: cut off there",
	       "line 5: left out of the map: it ends before it starts", NULL);
}

static void repeated_map(void **unused)
{
	begin(MAP_E820);
	add(0, MIB, 1);
	map = maps_new(&file, MAP_E820, 7);
	maps_add(&file, map,
		 &(struct map_entry){ .size = MIB, .type = 1, .type_known = true, .line = 7 });
	expect("line 7: the same e820 map as on line 1", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),     cmocka_unit_test(long_entry),
		cmocka_unit_test(reach),       cmocka_unit_test(twice),
		cmocka_unit_test(order),       cmocka_unit_test(alignment),
		cmocka_unit_test(odd_entries), cmocka_unit_test(repeated_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
