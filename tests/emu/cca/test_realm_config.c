/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/cca/realm.h"

static void test_page(void **state)
{
	struct emu_cca_config config = { .populate = true };
	unsigned char before[4096];
	struct realm realm;
	uint64_t width;

	memset(config.rpv, 'r', sizeof(config.rpv));
	config.rpv[63] = 'v';
	realm = realm_start(config);
	realm_set(&realm, 0x2000, 0x3000, EMU_RIPAS_RAM, false);
	memset(realm.bytes, 0x5a, 0x4000);
	memset(before, 0x5a, sizeof(before));
	assert_int_equal(realm_call(&realm, REALM_CONFIG, 0x2000, 0, 0, 0).x[0], 0);
	memcpy(&width, realm.bytes + 0x2000, 8);
	assert_int_equal(width, 40);
	assert_int_equal(realm.bytes[0x2008], 0);
	assert_memory_equal(realm.bytes + 0x2200, config.rpv, 64);
	/* Nothing besides. */
	memcpy(before, &width, 8);
	before[8] = 0;
	memcpy(before + 0x200, config.rpv, 64);
	assert_memory_equal(realm.bytes + 0x2000, before, sizeof(before));
	realm_finish(&realm);
}

/* EMPTY, not RAM, unprotected, not aligned. */
static void test_errors(void **state)
{
	static const uint64_t bad[] = { 0x2000, 0x500000, REALM_SHARED | 0x1000, 0x1800,
					UINT64_MAX & -UINT64_C(4096) };
	struct realm realm = realm_start((struct emu_cca_config){ .populate = true });

	realm_set(&realm, 0x1000, 0x2000, EMU_RIPAS_RAM, false);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(realm_call(&realm, REALM_CONFIG, bad[i], 0, 0, 0).x[0], 1);
	realm_finish(&realm);
}

/* The call is repeated once the host has mapped the page; a page that is gone stops the vCPU. */
static void test_exits(void **state)
{
	struct realm realm = realm_start((struct emu_cca_config){ 0 });
	struct rsi call = { { REALM_CONFIG, 0x1000 } };

	realm_set(&realm, 0x1000, 0x2000, EMU_RIPAS_RAM, false);
	assert_int_equal(emu_cca_rsi(realm.cca, 0, call.x), EMU_AGAIN);
	assert_int_equal(call.x[0], REALM_CONFIG);
	assert_int_equal(emu_cca_rsi(realm.cca, 0, call.x), EMU_NEXT);
	assert_int_equal(call.x[0], 0);
	emu_cca_data_unmap(realm.cca, 0x1000, 0x2000);
	call = (struct rsi){ { REALM_CONFIG, 0x1000 } };
	assert_int_equal(emu_cca_rsi(realm.cca, 0, call.x), EMU_STOP);
	realm_finish(&realm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_exits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
