/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "formats/bytes.h"

static const uint8_t data[] = { 0xff, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef };
static const struct bytes bytes = { data, sizeof(data) };

static void test_numbers(void **state)
{
	uint8_t out[10] = { 0 };

	assert_int_equal(le_get16(data + 1), 0x2301);
	assert_int_equal(le_get32(data + 1), 0x67452301);
	assert_true(le_get64(data + 1) == UINT64_C(0xefcdab8967452301));
	assert_int_equal(le_get(data + 1, 3), 0x452301);
	assert_int_equal(le_get(data, 0), 0);
	le_put(out + 1, UINT64_C(0xefcdab8967452301), 8);
	assert_memory_equal(out + 1, data + 1, 8);
	assert_int_equal(out[0] | out[9], 0);
	le_put(out, 0x1234, 1);
	assert_int_equal(out[0], 0x34);
	assert_int_equal(out[1], 0x01);
}

/* No offset and no size, whatever their sum, leads outside. */
static void test_bounds(void **state)
{
	assert_true(bytes_have(bytes, 0, 9));
	assert_true(bytes_have(bytes, 9, 0));
	assert_false(bytes_have(bytes, 0, 10));
	assert_false(bytes_have(bytes, 10, 0));
	assert_false(bytes_have(bytes, 9, UINT64_MAX));
	assert_false(bytes_have(bytes, UINT64_MAX, 9));
	assert_int_equal(bytes_u16(bytes, 7), 0xefcd);
	assert_int_equal(bytes_u16(bytes, 8), 0);
	assert_int_equal(bytes_u32(bytes, 5), 0xefcdab89);
	assert_int_equal(bytes_u32(bytes, 6), 0);
	assert_true(bytes_u64(bytes, 1) == UINT64_C(0xefcdab8967452301));
	assert_int_equal(bytes_u64(bytes, 2), 0);
	assert_int_equal(bytes_u64(bytes, UINT64_MAX - 3), 0);
}

static void test_parts(void **state)
{
	struct bytes part = bytes_part(bytes, 2, 3);

	assert_ptr_equal(part.data, data + 2);
	assert_int_equal(part.size, 3);
	assert_int_equal(bytes_part(bytes, 7, UINT64_MAX).size, 2);
	assert_int_equal(bytes_part(bytes, 9, 1).size, 0);
	assert_int_equal(bytes_part(bytes, UINT64_MAX, UINT64_MAX).size, 0);
	assert_int_equal(bytes_part((struct bytes){ NULL, 0 }, 1, 1).size, 0);
}

static void test_search(void **state)
{
	assert_true(bytes_are(bytes, 7, "\xcd\xef", 2));
	assert_false(bytes_are(bytes, 7, "\xcd\xee", 2));
	assert_false(bytes_are(bytes, 8, "\xef\x00", 2));
	assert_ptr_equal(bytes_find(bytes, "\x45\x67", 2), data + 3);
	assert_null(bytes_find(bytes, "\x45\x68", 2));
	assert_null(bytes_find((struct bytes){ data, 1 }, "\xff\x01", 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
