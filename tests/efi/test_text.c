/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "efi/text.h"

static void test_numbers(void **state)
{
	struct efi_text text = { 0 };

	efi_text_number(&text, 0);
	efi_text_add(&text, " ");
	efi_text_number(&text, UINT64_MAX);
	efi_text_add(&text, " ");
	efi_text_hex(&text, UINT64_MAX);
	efi_text_add(&text, " ");
	efi_text_hex(&text, 0);
	assert_string_equal(text.text, "0 18446744073709551615 0xffffffffffffffff 0x0");
}

static void test_sizes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} sizes[] = { { 0, "0 MiB" },
		      { 1, "1 MiB" },
		      { 1 << 20, "1 MiB" },
		      { (1 << 20) + 1, "2 MiB" },
		      { UINT64_MAX, "17592186044416 MiB" } };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct efi_text text = { 0 };

		efi_text_size(&text, sizes[i].bytes);
		assert_string_equal(text.text, sizes[i].text);
	}
}

static void test_cut_off(void **state)
{
	struct efi_text text = { 0 };

	for (int i = 0; i < 100; i++)
		efi_text_add(&text, "0123456789");
	assert_int_equal(strlen(text.text), sizeof(text.text) - 1);
	assert_int_equal(text.used, sizeof(text.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
