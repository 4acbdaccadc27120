/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/cca/realm.h"

static void test_version(void **state)
{
	struct realm realm = realm_start((struct emu_cca_config){ 0 });
	struct rsi call = realm_call(&realm, VERSION, 0x10000, 0, 0, 0);

	assert_int_equal(call.x[0], 0);
	assert_int_equal(call.x[1], 0x10000);
	assert_int_equal(call.x[2], 0x10000);
	call = realm_call(&realm, VERSION, 0x20000, 0, 0, 0);
	assert_int_equal(call.x[0], 1);
	assert_int_equal(call.x[1], 0x10000);
	assert_int_equal(call.x[2], 0x10000);
	realm_finish(&realm);
}

static void test_features(void **state)
{
	struct realm realm = realm_start((struct emu_cca_config){ 0 });

	for (uint64_t index = 0; index < 4; index++) {
		struct rsi call = realm_call(&realm, FEATURES, index, 0, 0, 0);

		assert_int_equal(call.x[0], 0);
		assert_int_equal(call.x[1], 0);
	}
	realm_finish(&realm);
}

/* PSCI_VERSION, RSI_VSMMU_GET_INFO of 1.1, the call before the first, and SMC32 forms. */
static void test_unknown(void **state)
{
	static const uint64_t functions[] = { 0x84000000, 0xc400019a, 0xc400018f,
					      0x84000190, 0,	      UINT64_MAX };
	struct realm realm = realm_start((struct emu_cca_config){ 0 });

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		assert_int_equal(realm_call(&realm, functions[i], 0, 0, 0, 0).x[0], UINT64_MAX);
	realm_finish(&realm);
}

static void test_stopped(void **state)
{
	struct realm realm = realm_start((struct emu_cca_config){ .populate = true });
	struct rsi call = { { VERSION, 0x10000 } };

	realm_set(&realm, 0, 0x1000, EMU_RIPAS_RAM, false);
	emu_cca_data_unmap(realm.cca, 0, 0x1000);
	assert_int_equal(emu_cca_abort(realm.cca, 1, 0x10, false), EMU_CCA_STOP);
	assert_int_equal(emu_cca_rsi(realm.cca, 0, call.x), EMU_STOP);
	assert_int_equal(call.x[0], VERSION);
	realm_finish(&realm);
}

static void test_configuration(void **state)
{
	static const struct emu_ram ram[] = { { 0, 0x200000 }, { 0x100000000, 0x100001000 } };
	struct fake_backend *fake = fake_create();
	struct emu_cca_config good = { .vcpus = 1, .ipa_bits = 34, .ram = ram, .ram_count = 2 };
	struct emu_cca_config bad[] = { good, good, good, good };
	struct emu_cca *cca = emu_cca_create(&good, &fake->backend);

	assert_non_null(cca);
	assert_int_equal(emu_cca_shared_bit(cca), UINT64_C(1) << 33);
	emu_cca_destroy(cca);
	bad[0].vcpus = 0;
	bad[1].ipa_bits = 53;
	bad[2].ipa_bits = 32;
	bad[3].ipa_bits = 33; /* RAM in the unprotected half */
	for (size_t i = 0; i < 4; i++)
		assert_null(emu_cca_create(&bad[i], &fake->backend));
	fake_destroy(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version),	      cmocka_unit_test(test_features),
		cmocka_unit_test(test_unknown),	      cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
