/* SPDX-License-Identifier: MIT */
/* Which versions are known to be bad: the bounds of each row, and names of distributions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/common/known.h"

static void versions_by_number(void **unused)
{
	assert_true(known_compare("6.12.43", "6.12.107") < 0);
	assert_true(known_compare("6.12.107", "6.12.107") == 0);
	assert_true(known_compare("6.12.107+deb13-cloud-amd64", "6.12.107") == 0);
	assert_true(known_compare("6.12", "6.12.0") == 0);
	assert_true(known_compare("7.2", "6.12.107") > 0);
	assert_true(known_compare("6.5.0-rc1", "6.5") == 0);
	assert_true(known_compare("99999999999999999999", "6") > 0);
	assert_true(known_compare("", "6.5") < 0);
}

static const struct known_bad *find(enum known_part part, const char *version, const char *name)
{
	const struct known_bad *row = NULL;

	while ((row = known_next(row, part, version)) && strcmp(row->name, name) != 0)
		;
	return row;
}

static void bounds(void **unused)
{
	assert_non_null(find(KNOWN_KERNEL, "6.12.43", "table-longer-than-page"));
	assert_null(find(KNOWN_KERNEL, "6.12.107", "table-longer-than-page"));
	assert_null(find(KNOWN_KERNEL, "7.2", "table-longer-than-page"));
	assert_non_null(find(KNOWN_KERNEL, "7.2", "hot-add"));
	assert_null(find(KNOWN_KERNEL, "6.4.9", "hot-add"));
	assert_non_null(find(KNOWN_LOADER, "2.06-13+deb12u2", "grub-own-map"));
	assert_null(find(KNOWN_LOADER, "2.12-9", "grub-own-map"));
	assert_non_null(find(KNOWN_OPTION, "CONFIG_X86_PAT", "no-pat"));
	assert_null(find(KNOWN_OPTION, "CONFIG_SMP", "no-pat"));
	assert_null(find(KNOWN_REALM, "6.16.3", "realm-bbml2"));
	assert_non_null(find(KNOWN_REALM, "6.18.15", "realm-bbml2"));
	assert_non_null(find(KNOWN_REALM, "6.19.14+deb14-arm64", "realm-bbml2"));
	assert_null(find(KNOWN_REALM, "7.0", "realm-bbml2"));
	assert_null(find(KNOWN_KERNEL, "6.18.15", "realm-bbml2"));
	assert_null(find(KNOWN_KERNEL, "a kernel", "hot-add"));
	assert_non_null(find(KNOWN_KERNEL, "6.12.117+deb13-rt-amd64", "real-time-dmi"));
	assert_null(find(KNOWN_KERNEL, "6.12.117+deb13-amd64", "real-time-dmi"));
	assert_null(find(KNOWN_KERNEL, "6.16.3+deb13-rt-amd64", "real-time-dmi"));
}

/* As distributions write it into their builds. */
static void releases(void **unused)
{
	static const struct {
		const char *version, *release;
	} known[] = {
		{ "2025.02-8+deb13u1", "2025.02" },
		{ "2026.08+ds-2", "2026.08" },
		{ "edk2-20241117-3.el9", "2024.11" },
		{ "edk2-stable202411-debian", "2024.11" },
		{ "unknown", NULL },
		{ "0.0.0", NULL },
		{ "", NULL },
		{ "2.0", NULL },
		{ "2024.13", NULL },
		{ "2024", NULL },
		{ "edk2-", NULL },
		{ "edk2-20249", NULL },
		{ "1.16.2", NULL },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		char *release = known_release(known[i].version);

		if (known[i].release)
			assert_string_equal(release, known[i].release);
		else
			assert_null(release);
		free(release);
	}
}

static void firmware(void **unused)
{
	assert_non_null(find(KNOWN_FIRMWARE, "2020.11", "before-snp"));
	assert_non_null(find(KNOWN_FIRMWARE, "2020.11", "before-tdx"));
	assert_null(find(KNOWN_FIRMWARE, "2022.02", "before-snp"));
	assert_non_null(find(KNOWN_FIRMWARE, "2022.02", "before-tdx"));
	assert_non_null(find(KNOWN_FIRMWARE, "2022.08", "tdx-accepts-all"));
	assert_null(find(KNOWN_FIRMWARE, "2022.11", "tdx-accepts-all"));
	assert_non_null(find(KNOWN_FIRMWARE, "2022.11", "snp-accepts-all"));
	assert_null(find(KNOWN_FIRMWARE, "2023.02", "snp-accepts-all"));
	assert_non_null(find(KNOWN_FIRMWARE, "2024.08", "snp-early-variables"));
	assert_null(find(KNOWN_FIRMWARE, "2024.11", "snp-early-variables"));
	assert_null(find(KNOWN_FIRMWARE, "2022.08", "snp-early-variables"));
	/* Of the newest ones nothing is known. */
	assert_null(known_next(NULL, KNOWN_FIRMWARE, "2025.02"));
	assert_int_equal(known_named(KNOWN_FIRMWARE, "snp-page-tables")->above_gib, 512);
	assert_null(known_named(KNOWN_KERNEL, "snp-page-tables"));
}

/* What is shown to a user is there, in every row. */
static void rows_are_whole(void **unused)
{
	static const struct {
		enum known_part part;
		const char *version;
	} all[] = {
		{ KNOWN_KERNEL, "6.5" },       { KNOWN_KERNEL, "6.6" },
		{ KNOWN_KERNEL, "6.12.43" },   { KNOWN_KERNEL, "6.16" },
		{ KNOWN_KERNEL, "7.2" },       { KNOWN_FIRMWARE, "2020.11" },
		{ KNOWN_FIRMWARE, "2022.08" }, { KNOWN_FIRMWARE, "2022.11" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		for (const struct known_bad *row = NULL;
		     (row = known_next(row, all[i].part, all[i].version));) {
			assert_true(*row->name && *row->what && *row->cure && *row->source);
			assert_true(row->platforms);
			assert_true(known_compare(row->from, row->before) < 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_by_number), cmocka_unit_test(bounds),
		cmocka_unit_test(releases),	      cmocka_unit_test(firmware),
		cmocka_unit_test(rows_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
