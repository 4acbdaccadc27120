/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "efi/options.h"

static struct efi_options options;

static void parse(const char *text)
{
	efi_options_init(&options);
	efi_options_parse(&options, text, strlen(text));
}

static void test_nothing(void **state)
{
	static const char *const texts[] = { "", "\n\n", "# accept=never", "  \t\r\n# x\n" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		parse(texts[i]);
		assert_int_equal(options.accept, EFI_ACCEPT_AUTO);
		assert_int_equal(options.below, 0);
		assert_string_equal(options.next, "");
		assert_string_equal(options.args, "");
		assert_string_equal(options.wrong, "");
	}
}

static void test_words(void **state)
{
	parse("# of an operator\r\naccept=always next=/EFI/debian/grubx64.efi\r\n"
	      "args= quiet accept=never # 1\r\n");
	assert_int_equal(options.accept, EFI_ACCEPT_ALWAYS);
	assert_string_equal(options.next, "\\EFI\\debian\\grubx64.efi");
	assert_string_equal(options.args, " quiet accept=never # 1");
	assert_string_equal(options.wrong, "");
	parse("accept=always accept=never");
	assert_int_equal(options.accept, EFI_ACCEPT_NEVER);
}

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{ "accept=below:32G", 32ull << 30 }, { "accept=below:4096", 4096 },
		{ "accept=below:1t", 1ull << 40 },   { "accept=below:3M", 3 << 20 },
		{ "accept=below:4k", 4096 },	     { "accept=below:4095T", 4095ull << 40 },
	};
	static const char *const bad[] = {
		"accept=below:",     "accept=below:0",	   "accept=below:G",
		"accept=below:4097", "accept=below:-1",	   "accept=below:1x",
		"accept=below:32GB", "accept=below:4096T", "accept=below:99999999999999999999",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		parse(good[i].text);
		assert_true(options.below == good[i].bytes);
		assert_string_equal(options.wrong, "");
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		parse(bad[i]);
		assert_int_equal(options.below, 0);
		assert_string_equal(options.wrong, bad[i]);
	}
	parse("accept=below:1G accept=always");
	assert_int_equal(options.below, 0);
}

/* The first one is named, and the rest still counts. */
static void test_wrong(void **state)
{
	char text[600] = "next=";

	parse("acept=never accept=nver accept=never");
	assert_string_equal(options.wrong, "acept=never");
	assert_int_equal(options.accept, EFI_ACCEPT_NEVER);
	parse("next=");
	assert_string_equal(options.wrong, "next=");
	memset(text + 5, 'x', 500);
	parse(text);
	assert_string_equal(options.next, "");
	assert_int_equal(strlen(options.wrong), sizeof(options.wrong) - 1);
	memcpy(text, "args=", 5);
	memset(text + 5, 'y', 590);
	parse(text);
	assert_int_equal(strlen(options.args), sizeof(options.args) - 1);
}

static void parse_wide(const char *text)
{
	uint8_t wide[512];
	size_t size = 0;

	do {
		wide[size++] = (uint8_t)*text;
		wide[size++] = 0;
	} while (*text++);
	efi_options_init(&options);
	efi_options_parse_load_options(&options, wide, size);
}

static void test_load_options(void **state)
{
	/* What firmware marks its own boot entries with: no text. */
	static const uint8_t guid[16] = { 0xd8, 0x7c, 0x39, 0x6e, 0x5b, 0xf2, 0x47, 0x41 };

	parse_wide("cvmem-acceptx64.efi accept=below:1G");
	assert_true(options.below == 1 << 30);
	assert_string_equal(options.wrong, "");
	parse_wide("FS0:\\a.efi");
	assert_string_equal(options.wrong, "");
	parse_wide("");
	parse_wide("x accept=maybe");
	assert_string_equal(options.wrong, "accept=maybe");
	efi_options_init(&options);
	efi_options_parse_load_options(&options, guid, sizeof(guid));
	efi_options_parse_load_options(&options, "a", 1);
	efi_options_parse_load_options(&options, NULL, 0);
	assert_string_equal(options.wrong, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),	     cmocka_unit_test(test_words),
		cmocka_unit_test(test_sizes),	     cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_load_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
