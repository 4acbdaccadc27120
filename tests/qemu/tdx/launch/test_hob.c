/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <cvmem/map.h>

#include "qemu/tdx/launch/hob.h"

/* In the order of an image, which is not that of the addresses. */
static const struct metadata tdvf = {
	.count = 4,
	.section = {
		{ .gpa = 0xfffff000, .size = 0x1000, .type = TDVF_BFV },
		{ .gpa = 0x811000, .size = 0xf000, .type = TDVF_TEMP_MEM },
		{ .gpa = 0x80b000, .size = 0x2000, .type = TDVF_TEMP_MEM },
		{ .gpa = 0x809000, .size = 0x2000, .type = TDVF_TD_HOB },
	},
};

static uint64_t get(const unsigned char *bytes, unsigned count)
{
	uint64_t value = 0;

	while (count--)
		value = value << 8 | bytes[count];
	return value;
}

static void test_hob(void **state)
{
	static const struct emu_ram ram[] = { { 0, 0x80000000 }, { 0x100000000, 0x180000000 } };
	static const struct {
		uint32_t type;
		uint64_t start, length;
	} expected[] = {
		{ 7, 0, 0x809000 },
		{ 0, 0x809000, 0x2000 },
		{ 0, 0x80b000, 0x2000 },
		{ 7, 0x80d000, 0x4000 },
		{ 0, 0x811000, 0xf000 },
		{ 7, 0x820000, 0x7f7e0000 },
		{ 7, 0x100000000, 0x80000000 },
	};
	const size_t count = sizeof(expected) / sizeof(expected[0]), length = 56 + count * 48 + 8;
	unsigned char hob[1024];

	memset(hob, 0xee, sizeof(hob));
	assert_int_equal(tdx_hob_write(&tdvf, ram, 2, hob, length - 1), 0);
	assert_int_equal(hob[length - 1], 0xee);
	assert_int_equal(tdx_hob_write(&tdvf, ram, 2, hob, length), length);
	assert_int_equal(hob[length], 0xee);

	assert_int_equal(get(hob, 2), 1);
	assert_int_equal(get(hob + 2, 2), 56);
	assert_int_equal(get(hob + 8, 4), 9);
	assert_int_equal(get(hob + 48, 8), 0x809000 + length);
	for (size_t i = 0; i < count; i++) {
		const unsigned char *block = hob + 56 + i * 48;

		assert_int_equal(get(block, 2), 3);
		assert_int_equal(get(block + 2, 2), 48);
		assert_int_equal(get(block + 24, 4), expected[i].type);
		assert_int_equal(get(block + 28, 4), 7);
		assert_int_equal(get(block + 32, 8), expected[i].start);
		assert_int_equal(get(block + 40, 8), expected[i].length);
	}
	assert_int_equal(get(hob + length - 8, 4), 0x8ffff);
}

/* The library's reader finds the same memory. */
static void test_read_back(void **state)
{
	static const struct emu_ram ram[] = { { 0, 0x80000000 }, { 0x100000000, 0x180000000 } };
	struct cvm_range ranges[16];
	unsigned char hob[1024];
	struct cvm_map map;
	size_t length = tdx_hob_write(&tdvf, ram, 2, hob, sizeof(hob));

	cvm_map_init(&map, ranges, 16);
	assert_int_equal(cvm_map_read_hob(&map, hob, length), 0);
	/* Two neighbouring sections are one range. */
	assert_int_equal(map.count, 6);
	assert_int_equal(cvm_map_bytes(&map, CVM_MEM_RAM), 0x2000 + 0x2000 + 0xf000);
	assert_int_equal(cvm_map_bytes(&map, CVM_MEM_RAM) + cvm_map_bytes(&map, CVM_MEM_UNACCEPTED),
			 UINT64_C(0x100000000));
	assert_int_equal(cvm_map_find(&map, 0x80c000)->type, CVM_MEM_RAM);
	assert_int_equal(cvm_map_find(&map, 0x80d000)->type, CVM_MEM_UNACCEPTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hob),
		cmocka_unit_test(test_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
