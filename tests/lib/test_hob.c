/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "painter.h"

/* Lists are made byte by byte from the tables of the PI specification 1.8, volume 3, chapter 5. */

#define LIST_BYTES 8192
#define ENTRIES	   30

struct list {
	uint8_t bytes[LIST_BYTES];
	size_t used;
};

/* The block's header; everything behind it is junk. */
static uint8_t *append(struct list *list, uint16_t type, uint16_t length)
{
	uint8_t *at = list->bytes + list->used;

	assert_true(list->used + length <= LIST_BYTES);
	memset(at, 0xa5, length);
	poke(at, 2, type);
	poke(at + 2, 2, length);
	poke(at + 4, 4, 0);
	list->used += length;
	return at;
}

static void begin(struct list *list)
{
	list->used = 0;
	poke(append(list, 1, 56) + 8, 4, 9);
}

static void end(struct list *list)
{
	append(list, 0xffff, 8);
}

static uint8_t *resource(struct list *list, uint32_t type, uint32_t attr, uint64_t start,
			 uint64_t length)
{
	uint8_t *at = append(list, 3, 48);

	poke(at + 24, 4, type);
	poke(at + 28, 4, attr);
	poke(at + 32, 8, start);
	poke(at + 40, 8, length);
	return at;
}

static uint8_t *allocation(struct list *list, uint32_t type, uint64_t start, uint64_t length,
			   uint16_t bytes)
{
	uint8_t *at = append(list, 2, bytes);

	poke(at + 24, 8, start);
	poke(at + 32, 8, length);
	poke(at + 40, 4, type);
	return at;
}

static const struct {
	uint32_t type, attr;
	enum cvm_mem_type expected;
} resources[] = {
	{ 0, 7, CVM_MEM_RAM },
	/* Cacheability, encrypted, more reliable, hot-pluggable or "accept early". */
	{ 0, 0x3c07, CVM_MEM_RAM },
	{ 0, 0x16003c07, CVM_MEM_RAM },
	{ 0, 0x08003c07, CVM_MEM_SOFT_RESERVED },
	{ 0, 0x00800007, CVM_MEM_PERSISTENT },
	{ 0, 0, CVM_MEM_RESERVED },
	{ 0, 1, CVM_MEM_RESERVED },
	{ 0, 3, CVM_MEM_RESERVED },
	{ 0, 0x87, CVM_MEM_RESERVED },
	{ 0, 0x107, CVM_MEM_RESERVED },
	{ 0, 0x207, CVM_MEM_RESERVED },
	{ 0, 0x40007, CVM_MEM_RESERVED },
	{ 1, 3, CVM_MEM_MMIO },
	{ 2, 3, CVM_MEM_NONE },
	{ 3, 3, CVM_MEM_MMIO },
	{ 4, 3, CVM_MEM_MMIO },
	{ 5, 3, CVM_MEM_RESERVED },
	{ 6, 3, CVM_MEM_NONE },
	{ 7, 7, CVM_MEM_UNACCEPTED },
	{ 7, 0x14000007, CVM_MEM_UNACCEPTED },
	{ 7, 0, CVM_MEM_UNACCEPTED },
	{ 7, 0x08000007, CVM_MEM_UNACCEPTED },
	{ 8, 7, CVM_MEM_RESERVED },
	{ 0xffffffff, 7, CVM_MEM_RESERVED },
};

#define RESOURCES (sizeof(resources) / sizeof(resources[0]))

static void expect_one(const struct list *list, enum cvm_mem_type type, uint64_t start,
		       uint64_t stop)
{
	struct cvm_map map = map_with(1);

	assert_int_equal(cvm_map_read_hob(&map, list->bytes, list->used), 0);
	assert_int_equal(map.count, type != CVM_MEM_NONE);
	if (map.count) {
		assert_int_equal(map.range[0].start, start);
		assert_int_equal(map.range[0].end, stop);
		assert_int_equal(map.range[0].type, type);
		assert_int_equal(map.range[0].attr, 0);
	}
	free(map.range);
}

static void every_resource(void **state)
{
	struct list list;

	for (size_t i = 0; i < RESOURCES; i++) {
		begin(&list);
		resource(&list, resources[i].type, resources[i].attr, 0x40000000, 0x3000);
		end(&list);
		expect_one(&list, resources[i].expected, 0x40000000, 0x40003000);
	}
}

static void every_allocation(void **state)
{
	/* UEFI 2.11, EFI_MEMORY_TYPE: what is free after ExitBootServices says nothing. */
	static const enum cvm_mem_type expected[] = {
		CVM_MEM_RESERVED, CVM_MEM_NONE,	    CVM_MEM_NONE,	CVM_MEM_NONE,
		CVM_MEM_NONE,	  CVM_MEM_RUNTIME,  CVM_MEM_RUNTIME,	CVM_MEM_NONE,
		CVM_MEM_UNUSABLE, CVM_MEM_ACPI,	    CVM_MEM_NVS,	CVM_MEM_MMIO,
		CVM_MEM_MMIO,	  CVM_MEM_RESERVED, CVM_MEM_PERSISTENT, CVM_MEM_UNACCEPTED,
		CVM_MEM_RESERVED,
	};
	struct list list;

	for (uint32_t type = 0; type < 17; type++) {
		begin(&list);
		/* That of a module has 24 bytes more. */
		allocation(&list, type, 0x80000, 0x2000, type % 2 ? 48 : 72);
		end(&list);
		expect_one(&list, expected[type], 0x80000, 0x82000);
	}
}

/* As a VMM makes it for a TD: private pages of the firmware, the rest unaccepted; in the other two
 * forms of a map the same memory comes back. */
static void td_hob_list(void **state)
{
	struct cvm_map map = map_with(8), back = map_with(8);
	uint8_t table[400];
	struct list list;
	size_t bytes;

	begin(&list);
	resource(&list, 7, 7, 0, 0x809000);
	resource(&list, 0, 7, 0x809000, 0x4000);
	resource(&list, 7, 7, 0x80d000, 0x7f7f3000);
	append(&list, 4, 40); /* GUID extension */
	resource(&list, 7, 7, UINT64_C(0x100000000), UINT64_C(0x180000000));
	resource(&list, 1, 3, 0xfec00000, 0x400);
	end(&list);
	/* What follows the end is not looked at. */
	append(&list, 3, 40);
	assert_int_equal(cvm_map_read_hob(&map, list.bytes, list.used), 0);
	assert_int_equal(map.count, 5);
	assert_int_equal(cvm_map_bytes(&map, CVM_MEM_RAM), 0x4000);
	assert_int_equal(cvm_map_bytes(&map, CVM_MEM_UNACCEPTED), UINT64_C(0x1ffffc000));
	assert_int_equal(cvm_map_bytes(&map, CVM_MEM_MMIO), 0x400);
	assert_int_equal(cvm_map_find(&map, 0x80c000)->type, CVM_MEM_RAM);

	assert_int_equal(cvm_map_write_e820(&map, table, sizeof(table), 8, &bytes), 0);
	assert_int_equal(cvm_map_read_e820(&back, table, bytes, 8), 0);
	assert_int_equal(cvm_map_bytes(&back, CVM_MEM_UNACCEPTED), UINT64_C(0x1ffffc000));
	assert_int_equal(cvm_map_bytes(&back, CVM_MEM_RAM), 0x4000);
	back.count = 0;
	assert_int_equal(cvm_map_write_efi(&map, table, sizeof(table), 48, &bytes), 0);
	assert_int_equal(cvm_map_read_efi(&back, table, bytes, 48), 0);
	assert_int_equal(cvm_map_bytes(&back, CVM_MEM_UNACCEPTED), UINT64_C(0x1ffffc000));
	assert_int_equal(cvm_map_bytes(&back, CVM_MEM_RAM), 0x4000);
	free(map.range);
	free(back.range);
}

/* Random resources, in pages, and blocks of no interest between them. */
static void random_list(struct list *list, const struct painter *blank, struct painter *whole)
{
	*whole = *blank;
	begin(list);
	for (int i = 0; i < ENTRIES; i++) {
		struct entry entry = random_entry(blank, 1, 1);
		size_t kind = random_below(RESOURCES);

		resource(list, resources[kind].type, resources[kind].attr, entry.start, entry.size);
		entry.type = resources[kind].expected;
		entry.attr = 0;
		if (entry.type != CVM_MEM_NONE)
			painter_add(whole, &entry);
		if (!random_below(3))
			append(list, (uint16_t)(4 + random_below(0xff00)),
			       (uint16_t)(8 + 8 * random_below(10)));
	}
	end(list);
}

static void random_lists(void **state)
{
	random_seed(12);
	for (int round = 0; round < 1000; round++) {
		struct painter blank, whole;
		struct cvm_map map;
		struct list list;
		uint8_t *copy;

		painter_uniform(&blank, 0x100000, 4096, 64);
		random_list(&list, &blank, &whole);
		/* At any address, and at the very end of an allocation. */
		copy = malloc(list.used + round % 8);
		assert_non_null(copy);
		memcpy(copy + round % 8, list.bytes, list.used);

		map = map_with(cvm_map_storage(ENTRIES));
		assert_int_equal(cvm_map_read_hob(&map, copy + round % 8, list.used), 0);
		painter_expect(&whole, &map);
		free(map.range);

		for (size_t capacity = 0; capacity < 8; capacity++) {
			struct cvm_map small = map_with(capacity), again;

			if (!cvm_map_read_hob(&small, list.bytes, list.used)) {
				painter_expect(&whole, &small);
				free(small.range);
				continue;
			}
			assert_true(small.needed > capacity);
			again = map_with(small.needed);
			assert_int_equal(cvm_map_read_hob(&again, list.bytes, list.used), 0);
			painter_expect(&whole, &again);
			free(again.range);
			free(small.range);
		}
		free(copy);
	}
}

/* The error, and an empty map. From an allocation of exactly these bytes. */
static int refused(const uint8_t *bytes, size_t size)
{
	struct cvm_map map = map_with(8);
	uint8_t *copy = malloc(size + !size);
	int error;

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	error = cvm_map_read_hob(&map, copy, size);
	if (error)
		assert_int_equal(map.count + map.dropped, 0);
	free(map.range);
	free(copy);
	return error;
}

static void small_list(struct list *list)
{
	begin(list);
	resource(list, 7, 7, 0x100000, 0x100000);
	resource(list, 0, 7, 0x200000, 0x100000);
	allocation(list, 9, 0x210000, 0x1000, 48);
	append(list, 4, 24);
	end(list);
}

static void no_end(void **state)
{
	struct list list;

	small_list(&list);
	assert_int_equal(refused(list.bytes, list.used), 0);
	for (size_t size = 0; size < list.used; size++)
		assert_int_equal(refused(list.bytes, size), CVM_EINVAL);
	assert_int_equal(cvm_map_read_hob(&(struct cvm_map){ 0 }, NULL, 0), CVM_EINVAL);
}

/* Every length in the header of each block. */
static void wrong_lengths(void **state)
{
	static const struct {
		size_t at;
		uint16_t good, least;
		bool fixed; /* the type has one length */
	} blocks[] = {
		{ 0, 56, 56, true },	{ 56, 48, 48, true },  { 104, 48, 48, true },
		{ 152, 48, 48, false }, { 200, 24, 8, false }, { 224, 8, 8, true },
	};
	struct list list;

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		for (uint32_t length = 0; length <= 0xffff; length++) {
			int error;

			small_list(&list);
			poke(list.bytes + blocks[i].at + 2, 2, length);
			error = refused(list.bytes, list.used);
			if (length == blocks[i].good)
				assert_int_equal(error, 0);
			else if (blocks[i].fixed || length % 8 || length < blocks[i].least ||
				 blocks[i].at + length > list.used - 8)
				assert_int_equal(error, CVM_EINVAL);
		}
	}
}

static void wrong_fields(void **state)
{
	struct list list;

	for (size_t at = 0; at < 232; at += at ? 48 : 56) {
		for (unsigned i = 4; i < 8 && at < 200; i++) {
			small_list(&list);
			list.bytes[at + i] = 1;
			assert_int_equal(refused(list.bytes, list.used), CVM_EINVAL);
		}
	}
	small_list(&list);
	poke(list.bytes + 8, 4, 8);
	assert_int_equal(refused(list.bytes, list.used), CVM_EVERSION);
	/* It does not begin with hand-off information, or has it twice. */
	small_list(&list);
	assert_int_equal(refused(list.bytes + 56, list.used - 56), CVM_EINVAL);
	begin(&list);
	poke(append(&list, 1, 56) + 8, 4, 9);
	end(&list);
	assert_int_equal(refused(list.bytes, list.used), CVM_EINVAL);
}

static void wrong_ranges(void **state)
{
	static const struct {
		uint32_t type;
		uint64_t start, length;
		int error;
	} cases[] = {
		{ 0, 0x100800, 0x1000, CVM_EINVAL },
		{ 0, 0x100000, 0x1001, CVM_EINVAL },
		{ 7, 0x100001, 0x1000, CVM_EINVAL },
		{ 7, 0x100000, 0x1fff, CVM_EINVAL },
		{ 5, 0x100000, 0x10, CVM_EINVAL },
		{ 1, 0x100010, 0x10, 0 },
		{ 2, 0xcf8, 8, 0 },
		{ 2, 0xcf8, UINT64_MAX, 0 },
		{ 7, UINT64_C(0xfffffffffffff000), 0x2000, CVM_EINVAL },
		{ 7, 0x1000, UINT64_C(0xfffffffffffff000), CVM_EINVAL },
		{ 1, 0x1000, UINT64_MAX, CVM_EINVAL },
		{ 7, 0x1000, 0, 0 },
	};
	struct list list;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&list);
		resource(&list, 7, 7, 0x40000000, 0x1000);
		resource(&list, cases[i].type, 7, cases[i].start, cases[i].length);
		end(&list);
		assert_int_equal(refused(list.bytes, list.used), cases[i].error);
	}
	begin(&list);
	allocation(&list, 5, 0x1800, 0x1000, 48);
	end(&list);
	assert_int_equal(refused(list.bytes, list.used), CVM_EINVAL);
}

/* RAM of which a part has no address is no RAM, as in every other map. */
static void beyond_the_address_width(void **state)
{
	struct cvm_map map = map_with(4);
	struct list list;

	begin(&list);
	resource(&list, 7, 7, CVM_PHYS_END - 0x1000, 0x2000);
	resource(&list, 5, 7, CVM_PHYS_END - 0x3000, 0x8000);
	end(&list);
	assert_int_equal(cvm_map_read_hob(&map, list.bytes, list.used), 0);
	assert_int_equal(map.count, 1);
	assert_int_equal(map.range[0].type, CVM_MEM_RESERVED);
	assert_int_equal(map.dropped, 1);
	free(map.range);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_resource),
		cmocka_unit_test(every_allocation),
		cmocka_unit_test(td_hob_list),
		cmocka_unit_test(random_lists),
		cmocka_unit_test(no_end),
		cmocka_unit_test(wrong_lengths),
		cmocka_unit_test(wrong_fields),
		cmocka_unit_test(wrong_ranges),
		cmocka_unit_test(beyond_the_address_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
