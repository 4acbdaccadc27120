/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "formats/guid.h"

/* UEFI 2.10, appendix A, has this example of a text and its bytes in a buffer. */
static void test_specification(void **state)
{
	static const uint8_t guid[GUID_SIZE] =
		GUID(0x00112233, 0x4455, 0x6677, 0x8899, 0xaabbccddeeff);
	static const uint8_t expected[GUID_SIZE] = {
		0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66,
		0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
	};
	char text[GUID_TEXT];

	assert_memory_equal(guid, expected, GUID_SIZE);
	assert_ptr_equal(guid_text(text, expected), text);
	assert_string_equal(text, "00112233-4455-6677-8899-aabbccddeeff");
}

/* Leading zeros of each group count. */
static void test_small(void **state)
{
	static const uint8_t guid[GUID_SIZE] = GUID(1, 2, 3, 4, 5);
	char text[GUID_TEXT];

	assert_string_equal(guid_text(text, guid), "00000001-0002-0003-0004-000000000005");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_specification),
		cmocka_unit_test(test_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
