/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/cca/realm.h"

static struct {
	unsigned calls, vcpu, imm;
	uint64_t gprs[EMU_CCA_HOST_GPRS];
} host;

static void answer(void *ctx, unsigned vcpu, uint16_t imm, uint64_t gprs[EMU_CCA_HOST_GPRS])
{
	host.calls++;
	host.vcpu = vcpu;
	host.imm = imm;
	memcpy(host.gprs, gprs, sizeof(host.gprs));
	for (unsigned i = 0; i < EMU_CCA_HOST_GPRS; i++)
		gprs[i] = 1000 + i;
}

#define CALL 0x1100

static void test_registers(void **state)
{
	struct realm realm =
		realm_start((struct emu_cca_config){ .populate = true, .host_call = answer });
	uint64_t words[32];

	realm_set(&realm, 0x1000, 0x2000, EMU_RIPAS_RAM, false);
	for (uint64_t i = 0; i < 32; i++)
		words[i] = 0x1230000 + i;
	memcpy(realm.bytes + CALL, words, sizeof(words));
	assert_int_equal(realm_call(&realm, HOST_CALL, CALL, 0, 0, 0).x[0], 0);
	assert_int_equal(host.calls, 1);
	assert_int_equal(host.vcpu, 0);
	/* 16 bits of it. */
	assert_int_equal(host.imm, 0);
	for (unsigned i = 0; i < EMU_CCA_HOST_GPRS; i++)
		assert_int_equal(host.gprs[i], 0x1230001 + i);
	memcpy(words, realm.bytes + CALL, sizeof(words));
	assert_int_equal(words[0], 0x1230000);
	for (unsigned i = 0; i < EMU_CCA_HOST_GPRS; i++)
		assert_int_equal(words[1 + i], 1000 + i);
	realm_finish(&realm);
}

static void test_errors(void **state)
{
	static const uint64_t bad[] = { CALL + 8, 0x3000, 0x500000, REALM_SHARED | CALL };
	struct realm realm =
		realm_start((struct emu_cca_config){ .populate = true, .host_call = answer });

	host.calls = 0;
	realm_set(&realm, 0x1000, 0x2000, EMU_RIPAS_RAM, false);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(realm_call(&realm, HOST_CALL, bad[i], 0, 0, 0).x[0], 1);
	assert_int_equal(host.calls, 0);
	realm_finish(&realm);
}

static void test_no_service(void **state)
{
	struct realm realm = realm_start((struct emu_cca_config){ .populate = true });
	uint64_t result;

	realm_set(&realm, 0x1000, 0x2000, EMU_RIPAS_RAM, false);
	assert_int_equal(realm_call(&realm, HOST_CALL, CALL, 0, 0, 0).x[0], 0);
	memcpy(&result, realm.bytes + CALL + 8, 8);
	assert_int_equal(result, UINT64_MAX);
	realm_finish(&realm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_no_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
