/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/cca/realm.h"

static void expect(struct realm *realm, uint64_t base, uint64_t top, uint64_t end,
		   enum emu_ripas ripas)
{
	struct rsi call = realm_call(realm, IPA_STATE_GET, base, top, 0, 0);

	assert_int_equal(call.x[0], 0);
	assert_int_equal(call.x[1], end);
	assert_int_equal(call.x[2], ripas);
}

static void test_runs(void **state)
{
	struct realm realm = realm_start((struct emu_cca_config){ .populate = true });

	/* One table of blocks. */
	expect(&realm, 0x1000, 0x400000, 0x400000, EMU_RIPAS_EMPTY);
	expect(&realm, 0x1000, REALM_SHARED, 0x40000000, EMU_RIPAS_EMPTY);
	realm_set(&realm, 0, 0x400000, EMU_RIPAS_RAM, false);
	expect(&realm, 0x1000, REALM_SHARED, 0x400000, EMU_RIPAS_RAM);
	/* From the first change of single pages on the region has a table of its own. */
	realm_set(&realm, 0x201000, 0x202000, EMU_RIPAS_EMPTY, false);
	expect(&realm, 0x1000, REALM_SHARED, 0x200000, EMU_RIPAS_RAM);
	expect(&realm, 0x200000, REALM_SHARED, 0x201000, EMU_RIPAS_RAM);
	expect(&realm, 0x201000, REALM_SHARED, 0x202000, EMU_RIPAS_EMPTY);
	expect(&realm, 0x202000, REALM_SHARED, 0x400000, EMU_RIPAS_RAM);
	expect(&realm, 0x202000, 0x204000, 0x204000, EMU_RIPAS_RAM);
	emu_cca_data_unmap(realm.cca, 0x203000, 0x205000);
	expect(&realm, 0x203000, 0x207000, 0x205000, EMU_RIPAS_DESTROYED);
	realm_finish(&realm);
}

static void test_not_ram(void **state)
{
	struct realm realm = realm_start((struct emu_cca_config){ 0 });

	expect(&realm, REALM_SHARED - 0x1000, REALM_SHARED, REALM_SHARED, EMU_RIPAS_EMPTY);
	realm_set(&realm, 0x600000, 0x701000, EMU_RIPAS_RAM, false);
	expect(&realm, 0x500000, 0x701000, 0x600000, EMU_RIPAS_EMPTY);
	expect(&realm, 0x600000, 0x800000, 0x701000, EMU_RIPAS_RAM);
	expect(&realm, 0x701000, 0x800000, 0x800000, EMU_RIPAS_EMPTY);
	realm_finish(&realm);
}

static void test_errors(void **state)
{
	static const uint64_t bad[][2] = {
		{ 0x1000, 0x1000 },
		{ 0x2000, 0x1000 },
		{ 0x1001, 0x3000 },
		{ 0x1000, 0x2fff },
		{ REALM_SHARED - 0x1000, REALM_SHARED + 0x1000 },
		{ REALM_SHARED, REALM_SHARED + 0x1000 },
	};
	struct realm realm = realm_start((struct emu_cca_config){ 0 });

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct rsi call = realm_call(&realm, IPA_STATE_GET, bad[i][0], bad[i][1], 7, 7);

		assert_int_equal(call.x[0], 1);
		assert_int_equal(call.x[1], 0);
		assert_int_equal(call.x[2], 0);
	}
	realm_finish(&realm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_not_ram),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
