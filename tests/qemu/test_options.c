/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "qemu/options.h"
#include "qemu/guest/platform.h"

/* The plugin's arguments as docs/vm.md lists them, with a platform that has one argument. */
static bool initialised;

static void init(void)
{
	initialised = true;
}

static bool option(const char *key, const char *value)
{
	assert_true(initialised);
	return !strcmp(key, "own") && !strcmp(value, "yes");
}

static bool has_attack(const struct emu_attack_info *info)
{
	return info->tdx_at;
}

static const struct platform tdx = {
	.name = "tdx", .exception = "ve", .init = init, .option = option, .has_attack = has_attack
};

static const struct platform *const platforms[] = { &tdx, NULL };

static struct guest_options options;

static bool parse(const char *first, const char *second)
{
	char one[128], two[128], *argv[] = { one, two };

	platform = NULL;
	initialised = false;
	snprintf(one, sizeof(one), "%s", first);
	snprintf(two, sizeof(two), "%s", second ? second : "");
	return !plugin_options_parse(&options, platforms, second ? 2 : 1, argv);
}

static bool with(const char *argument)
{
	return parse("platform=tdx", argument);
}

static void test_platform(void **state)
{
	assert_true(parse("platform=tdx", NULL));
	assert_ptr_equal(platform, &tdx);
	/* In any order. */
	assert_true(parse("own=yes", "platform=tdx"));
	assert_false(parse("own=yes", NULL));
	assert_false(parse("platform=other", NULL));
	assert_false(parse("platform=tdx", "platform=snp"));
}

static void test_defaults(void **state)
{
	static const struct guest_options none;

	memset(&options, 0xff, sizeof(options));
	assert_true(parse("platform=tdx", NULL));
	assert_int_equal(options.violation, GUEST_VIOLATION_STOP);
	assert_null(options.report);
	assert_null(options.trace);
	assert_int_equal(options.attack.kind, EMU_ATTACK_NONE);
	assert_memory_equal(&options, &none, sizeof(none));
}

static void test_violation(void **state)
{
	assert_true(with("violation=stop"));
	assert_int_equal(options.violation, GUEST_VIOLATION_STOP);
	assert_true(with("violation=ve"));
	assert_int_equal(options.violation, GUEST_VIOLATION_RAISE);
	assert_true(with("violation=log"));
	assert_int_equal(options.violation, GUEST_VIOLATION_LOG);
	assert_false(with("violation=vc"));
	assert_false(with("violation="));
}

static void test_numbers(void **state)
{
	assert_true(with("accept_ns_per_4k=1500"));
	assert_int_equal(options.accept_ns_per_4k, 1500);
	assert_true(with("accept_ns_per_4k=1000000000"));
	assert_false(with("accept_ns_per_4k=1000000001"));
	assert_true(with("forget_accept=0x10"));
	assert_int_equal(options.forget_accept, 16);
	assert_false(with("forget_accept=18446744073709551616"));
	assert_false(with("forget_accept=-1"));
	assert_false(with("forget_accept= 1"));
	assert_false(with("forget_accept=1x"));
	assert_false(with("forget_accept="));
	assert_true(with("host_4k_only=on"));
	assert_true(options.host_4k_only);
	assert_true(with("host_4k_only=off"));
	assert_false(options.host_4k_only);
	assert_false(with("host_4k_only=1"));
}

/* Each text goes to a field of its own. */
static void test_texts(void **state)
{
	static const struct {
		const char *key;
		size_t offset;
	} rows[] = {
		{ "report", offsetof(struct guest_options, report) },
		{ "report_now", offsetof(struct guest_options, report_now) },
		{ "trace", offsetof(struct guest_options, trace) },
		{ "firmware", offsetof(struct guest_options, firmware) },
		{ "symbols", offsetof(struct guest_options, symbols) },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[64], first[] = "platform=tdx", *argv[] = { first, text };
		unsigned set = 0;

		snprintf(text, sizeof(text), "%s=a=b,c", rows[i].key);
		platform = NULL;
		assert_null(plugin_options_parse(&options, platforms, 2, argv));
		for (size_t j = 0; j < sizeof(rows) / sizeof(rows[0]); j++) {
			const char *value;

			memcpy(&value, (char *)&options + rows[j].offset, sizeof(value));
			set += value != NULL;
			if (i == j)
				assert_string_equal(value, "a=b,c");
		}
		assert_int_equal(set, 1);
		snprintf(text, sizeof(text), "%s=", rows[i].key);
		platform = NULL;
		assert_non_null(plugin_options_parse(&options, platforms, 2, argv));
	}
}

static void test_attack(void **state)
{
	assert_true(with("attack=busy"));
	assert_int_equal(options.attack.kind, EMU_ATTACK_BUSY);
	assert_int_equal(options.attack.at, 0);
	assert_true(options.attack.gpa == EMU_ATTACK_ANYWHERE);
	assert_true(with("attack=busy-forever@7"));
	assert_int_equal(options.attack.kind, EMU_ATTACK_BUSY_FOREVER);
	assert_int_equal(options.attack.at, 7);
	assert_false(with("attack=busy@0"));
	assert_false(with("attack=busy@"));
	assert_false(with("attack=bus"));
	assert_false(with("attack=busyy"));
	assert_false(with("attack="));
}

static void test_unknown(void **state)
{
	assert_true(with("own=yes"));
	assert_false(with("own=no"));
	assert_false(with("other=yes"));
	assert_false(with("report"));
	assert_false(with("=x"));
	assert_false(with("a_key_that_is_longer_than_any_of_the_arguments=1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_platform),  cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_violation), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_texts),	  cmocka_unit_test(test_attack),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
