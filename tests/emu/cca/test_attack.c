/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/cca/realm.h"

static struct realm start(enum emu_cca_attack_kind kind, uint64_t at)
{
	return realm_start((struct emu_cca_config){ .attack = { kind, at } });
}

static void expect(struct realm *realm, uint64_t triggers, uint64_t injections, uint64_t ipa)
{
	struct emu_cca_attack_report report;

	emu_cca_attack_progress(realm->cca, &report);
	assert_int_equal(report.triggers, triggers);
	assert_int_equal(report.injections, injections);
	assert_int_equal(report.ipa, ipa);
}

/* A page of the range before; accepting it again is an error, or gives zeros. */
static void test_destroy(void **state)
{
	struct realm realm = start(EMU_CCA_ATTACK_DESTROY, 3);

	for (uint64_t base = 0; base < 0x8000; base += 0x2000)
		assert_int_equal(realm_set(&realm, base, base + 0x2000, EMU_RIPAS_RAM, false),
				 base + 0x2000);
	assert_int_equal(emu_cca_ripas(realm.cca, 0x2000), EMU_RIPAS_DESTROYED);
	assert_int_equal(emu_cca_ripas(realm.cca, 0x3000), EMU_RIPAS_RAM);
	assert_int_equal(emu_cca_ripas(realm.cca, 0x4000), EMU_RIPAS_RAM);
	expect(&realm, 4, 1, 0x2000);
	assert_int_equal(realm_set(&realm, 0, 0x8000, EMU_RIPAS_RAM, false), 0x2000);
	assert_int_equal(realm_set(&realm, 0, 0x8000, EMU_RIPAS_RAM, true), 0x8000);
	realm_finish(&realm);
}

/* What another vCPU does meanwhile. */
static void two_more(void *arg)
{
	struct realm *realm = arg;

	for (uint64_t base = 0x200000; base < 0x204000; base += 0x2000)
		assert_int_equal(realm_set(realm, base, base + 0x2000, EMU_RIPAS_RAM, false),
				 base + 0x2000);
}

static void test_destroy_once(void **state)
{
	struct realm realm = start(EMU_CCA_ATTACK_DESTROY, 2);

	assert_int_equal(realm_set(&realm, 0, 0x2000, EMU_RIPAS_RAM, false), 0x2000);
	realm.fake->meanwhile = two_more;
	realm.fake->meanwhile_arg = &realm;
	assert_int_equal(realm_set(&realm, 0x2000, 0x4000, EMU_RIPAS_RAM, false), 0x4000);
	assert_null(realm.fake->meanwhile);
	expect(&realm, 4, 1, 0);
	assert_int_equal(emu_cca_ripas(realm.cca, 0), EMU_RIPAS_DESTROYED);
	assert_int_equal(emu_cca_ripas(realm.cca, 0x200000), EMU_RIPAS_RAM);
	realm_finish(&realm);
}

static void test_destroy_again(void **state)
{
	for (int flag = 0; flag < 2; flag++) {
		struct realm realm = start(EMU_CCA_ATTACK_DESTROY_AGAIN, 0);

		assert_int_equal(realm_set(&realm, 0x1000, 0x3000, EMU_RIPAS_RAM, flag), 0x3000);
		expect(&realm, 0, 0, UINT64_MAX);
		/* Without CHANGE_DESTROYED the page is not accepted in silence. */
		assert_int_equal(realm_set(&realm, 0, 0x2000, EMU_RIPAS_RAM, flag),
				 flag ? 0x2000 : 0x1000);
		expect(&realm, 1, 1, 0x1000);
		assert_int_equal(emu_cca_ripas(realm.cca, 0x1000),
				 flag ? EMU_RIPAS_RAM : EMU_RIPAS_DESTROYED);
		realm_finish(&realm);
	}
}

/* From the second change to RAM on nothing is changed. */
static void expect_answer(enum emu_cca_attack_kind kind, uint64_t end, uint64_t response)
{
	struct realm realm = start(kind, 2);

	assert_int_equal(realm_set(&realm, 0x1000, 0x2000, EMU_RIPAS_RAM, false), 0x2000);
	for (uint64_t i = 1; i <= 3; i++) {
		struct rsi call =
			realm_call(&realm, IPA_STATE_SET, 0x2000, 0x4000, EMU_RIPAS_RAM, 0);

		assert_int_equal(call.x[0], 0);
		assert_int_equal(call.x[1], end);
		assert_int_equal(call.x[2], response);
		assert_int_equal(emu_cca_ripas(realm.cca, 0x2000), EMU_RIPAS_EMPTY);
		expect(&realm, 1 + i, i, 0x2000);
	}
	/* Changes to EMPTY are done. */
	assert_int_equal(realm_set(&realm, 0x1000, 0x4000, EMU_RIPAS_EMPTY, false), 0x4000);
	realm_finish(&realm);
}

static void test_answers(void **state)
{
	expect_answer(EMU_CCA_ATTACK_REJECT, 0x2000, 1);
	expect_answer(EMU_CCA_ATTACK_STALL, 0x2000, 0);
	expect_answer(EMU_CCA_ATTACK_BACK, 0x1000, 0);
	expect_answer(EMU_CCA_ATTACK_PAST, 0x5000, 0);
}

static void test_empty_start(void **state)
{
	struct realm realm = start(EMU_CCA_ATTACK_EMPTY_START, 2);

	assert_int_equal(emu_cca_init_ripas(realm.cca, 0, 0x1000), 0x1000);
	assert_int_equal(emu_cca_init_ripas(realm.cca, 0x1000, 0x2000), 0x2000);
	assert_int_equal(emu_cca_ripas(realm.cca, 0), EMU_RIPAS_RAM);
	assert_int_equal(emu_cca_ripas(realm.cca, 0x1000), EMU_RIPAS_EMPTY);
	expect(&realm, 2, 1, 0x1000);
	assert_int_equal(realm_set(&realm, 0, 0x2000, EMU_RIPAS_RAM, false), 0x2000);
	realm_finish(&realm);
}

static void test_names(void **state)
{
	assert_null(emu_cca_attack_info(EMU_CCA_ATTACK_NONE));
	assert_null(emu_cca_attack_info(EMU_CCA_ATTACKS));
	for (unsigned i = 1; i < EMU_CCA_ATTACKS; i++) {
		const struct emu_cca_attack_info *info = emu_cca_attack_info(i);

		assert_non_null(info);
		assert_true(info->at);
		for (unsigned j = 1; j < i; j++)
			assert_string_not_equal(info->name, emu_cca_attack_info(j)->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_destroy),	      cmocka_unit_test(test_destroy_once),
		cmocka_unit_test(test_destroy_again), cmocka_unit_test(test_answers),
		cmocka_unit_test(test_empty_start),   cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
