/* SPDX-License-Identifier: MIT */
/* Headers of maps, and what only looks like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/mapfile/log.h"

static void headers(void **unused)
{
	static const struct {
		const char *text;
		enum map_source source;
	} cases[] = {
		{ "[    0.000000] BIOS-provided physical RAM map:", MAP_E820 },
		{ "e820: BIOS-provided physical RAM map:", MAP_E820 },
		{ "user-defined physical RAM map:", MAP_USER },
		{ "modified physical RAM map:", MAP_MODIFIED },
		{ "extended physical RAM map:", MAP_EXTENDED },
		{ "Xen-provided physical RAM map:", MAP_XEN },
		{ "(XEN) Xen-e820 RAM map:", MAP_XEN_HOST },
		{ "e820 map has 2 items:", MAP_SEABIOS },
	};
	enum map_source source = MAP_SOURCES;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(log_header(cases[i].text, &source));
		assert_int_equal(source, cases[i].source);
		assert_non_null(log_resembles("Early memory node ranges"));
	}
	assert_false(log_header("Linux version 6.12", &source));
}

static void resembling(void **unused)
{
	assert_non_null(log_resembles("Registered nosave memory: [mem 0x0-0xfff]"));
	assert_non_null(log_resembles("virt/tdx:  CMR: [0x1000, 0x2000)"));
	assert_null(log_resembles("Linux version 6.12"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(resembling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
