/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/cca/realm.h"

/* Who is told of an access, by RIPAS and half. */
static void expect(struct realm *realm, uint64_t ipa, bool fetch, enum emu_cca_abort expected)
{
	assert_int_equal(emu_cca_abort(realm->cca, 1, ipa, fetch), expected);
}

static void test_protected(void **state)
{
	struct realm realm = realm_start((struct emu_cca_config){ 0 });
	struct emu_stop stop;

	expect(&realm, 0x1234, false, EMU_CCA_SEA);
	expect(&realm, 0x1234, true, EMU_CCA_SEA);
	expect(&realm, 0x500000, false, EMU_CCA_SEA);
	expect(&realm, REALM_SHARED - 1, false, EMU_CCA_SEA);
	expect(&realm, 2 * REALM_SHARED, false, EMU_CCA_SEA);
	assert_int_equal(realm.fake->calls, 0);
	realm_set(&realm, 0, 0x3000, EMU_RIPAS_RAM, false);
	expect(&realm, 0x1234, true, EMU_CCA_AGAIN);
	fake_expect(realm.fake, 0, 'P', 0x1000, 0x1000);
	assert_true(realm.fake->call[0].zero);
	/* Another vCPU was faster. */
	expect(&realm, 0x1fff, false, EMU_CCA_AGAIN);
	assert_int_equal(realm.fake->calls, 1);
	emu_stop_get(emu_cca_machine(realm.cca), &stop);
	assert_int_equal(stop.cause, EMU_RUNNING);
	emu_cca_data_unmap(realm.cca, 0x1000, 0x2000);
	expect(&realm, 0x1008, false, EMU_CCA_STOP);
	emu_stop_get(emu_cca_machine(realm.cca), &stop);
	assert_int_equal(stop.cause, EMU_STOP_HOST_FAULT);
	assert_int_equal(stop.gpa, 0x1008);
	assert_int_equal(stop.vcpu, 1);
	assert_string_equal(stop.text, "an access to IPA 0x1008 (protected half, RIPAS DESTROYED)");
	expect(&realm, 0x1234, false, EMU_CCA_STOP);
	realm_finish(&realm);
}

static void test_unprotected(void **state)
{
	struct realm realm = realm_start((struct emu_cca_config){ .populate = true });
	struct emu_stop stop;

	expect(&realm, REALM_SHARED | 0x500000, false, EMU_CCA_DEVICE);
	expect(&realm, REALM_SHARED | 0x2000, true, EMU_CCA_SEA);
	expect(&realm, REALM_SHARED | 0x2010, false, EMU_CCA_AGAIN);
	expect(&realm, REALM_SHARED | 0x2010, false, EMU_CCA_AGAIN);
	assert_int_equal(realm.fake->calls, 1);
	fake_expect(realm.fake, 0, 'S', 0x2000, 0x1000);
	assert_int_equal(emu_machine_state(emu_cca_machine(realm.cca), 0x2000), EMU_PAGE_SHARED);
	assert_int_equal(emu_cca_ripas(realm.cca, 0x2000), EMU_RIPAS_EMPTY);
	/* The alias goes when the page becomes RAM, and then is not the host's to give. */
	realm_set(&realm, 0x2000, 0x3000, EMU_RIPAS_RAM, false);
	fake_expect(realm.fake, 1, 's', 0x2000, 0x1000);
	fake_expect(realm.fake, 2, 'P', 0x2000, 0x1000);
	expect(&realm, REALM_SHARED | 0x2010, false, EMU_CCA_STOP);
	emu_stop_get(emu_cca_machine(realm.cca), &stop);
	assert_int_equal(stop.gpa, 0x2010);
	assert_string_equal(stop.text,
			    "an access to IPA 0x8000002010 (unprotected half, RIPAS RAM)");
	realm_finish(&realm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_protected),
		cmocka_unit_test(test_unprotected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
