/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/cca/realm.h"

static void test_init_ripas(void **state)
{
	struct realm realm = realm_start((struct emu_cca_config){ .populate = true });

	assert_int_equal(emu_cca_init_ripas(realm.cca, 0x1000, 0x3000), 0x3000);
	assert_int_equal(emu_cca_init_ripas(realm.cca, 0, 0x4000), 0x4000);
	fake_expect(realm.fake, 0, 'P', 0x1000, 0x2000);
	fake_expect(realm.fake, 1, 'P', 0, 0x1000);
	fake_expect(realm.fake, 2, 'P', 0x3000, 0x1000);
	assert_true(realm.fake->call[0].zero);
	/* What is not RAM ends it, and so does a page that is gone. */
	assert_int_equal(emu_cca_init_ripas(realm.cca, 0x3ff000, 0x601000), 0x400000);
	emu_cca_data_unmap(realm.cca, 0x2000, 0x3000);
	assert_int_equal(emu_cca_init_ripas(realm.cca, 0, 0x4000), 0x2000);
	realm_finish(&realm);
}

/* The image's pages are RAM with their own content. */
static void test_map_init(void **state)
{
	struct realm realm = realm_start((struct emu_cca_config){ 0 });

	assert_int_equal(emu_cca_data_map_init(realm.cca, 0x1000, NULL), 0x2000);
	fake_expect(realm.fake, 0, 'P', 0x1000, 0x1000);
	assert_false(realm.fake->call[0].zero);
	assert_int_equal(emu_cca_ripas(realm.cca, 0x1000), EMU_RIPAS_RAM);
	emu_cca_init_ripas(realm.cca, 0x2000, 0x3000);
	assert_int_equal(emu_cca_data_map_init(realm.cca, 0x2000, NULL), 0x3000);
	realm_finish(&realm);
}

/* The alias of what is EMPTY, up to what the Realm counts as its own. */
static void test_unprot_map(void **state)
{
	struct realm realm = realm_start((struct emu_cca_config){ .populate = true });

	emu_cca_init_ripas(realm.cca, 0x3000, 0x4000);
	realm.fake->calls = 0;
	assert_int_equal(emu_cca_unprot_map(realm.cca, 0x1000, 0x8000), 0x3000);
	fake_expect(realm.fake, 0, 'S', 0x1000, 0x2000);
	assert_int_equal(emu_machine_state(emu_cca_machine(realm.cca), 0x1000), EMU_PAGE_SHARED);
	assert_int_equal(emu_cca_ripas(realm.cca, 0x1000), EMU_RIPAS_EMPTY);
	assert_int_equal(emu_cca_unprot_map(realm.cca, 0x3000, 0x4000), 0x3000);
	assert_int_equal(emu_cca_ripas(realm.cca, 0x3000), EMU_RIPAS_RAM);
	realm_finish(&realm);
}

/* By RIPAS: what a granule that comes or goes changes for the Realm. */
static void test_map_and_unmap(void **state)
{
	struct realm realm = realm_start((struct emu_cca_config){ .keep_empty = true });
	struct emu_cca_stats stats;

	/* EMPTY: nothing. Then it is RAM with a granule of zeros. */
	assert_int_equal(emu_cca_data_unmap(realm.cca, 0, 0x1000), 0);
	assert_int_equal(emu_cca_data_map(realm.cca, 0, 0x1000), 0x1000);
	assert_int_equal(emu_cca_data_map(realm.cca, 0, 0x1000), 0);
	assert_int_equal(realm.fake->calls, 0);
	realm_set(&realm, 0, 0x2000, EMU_RIPAS_RAM, false);
	assert_int_equal(realm.fake->calls, 1);
	assert_true(realm.fake->call[0].zero);
	/* RAM without a granule cannot be destroyed; the host ends at the first such page. */
	assert_int_equal(emu_cca_data_unmap(realm.cca, 0, 0x2000), 0x1000);
	assert_int_equal(emu_cca_ripas(realm.cca, 0), EMU_RIPAS_DESTROYED);
	assert_int_equal(emu_cca_ripas(realm.cca, 0x1000), EMU_RIPAS_RAM);
	/* A granule does not bring the page back. */
	assert_int_equal(emu_cca_data_map(realm.cca, 0, 0x1000), 0x1000);
	assert_int_equal(emu_cca_ripas(realm.cca, 0), EMU_RIPAS_DESTROYED);
	assert_int_equal(emu_cca_data_unmap(realm.cca, 0, 0x1000), 0x1000);
	assert_int_equal(emu_cca_ripas(realm.cca, 0), EMU_RIPAS_DESTROYED);
	assert_int_equal(realm.fake->calls, 2);
	emu_cca_stats(realm.cca, &stats);
	assert_int_equal(stats.destroyed, 1);
	assert_int_equal(stats.populated, 2);
	assert_int_equal(fake_unaccepted(emu_cca_machine(realm.cca)), 0x501000 - 0x1000);
	realm_finish(&realm);
}

/* A page that was taken and is accepted again is empty, also where it was mapped before. */
static void test_destroyed_content(void **state)
{
	for (int mapped = 0; mapped < 2; mapped++) {
		struct realm realm = realm_start((struct emu_cca_config){ .populate = true });

		emu_cca_data_map_init(realm.cca, 0, NULL);
		emu_cca_data_unmap(realm.cca, 0, 0x1000);
		if (mapped)
			emu_cca_data_map(realm.cca, 0, 0x1000);
		assert_int_equal(realm_set(&realm, 0, 0x1000, EMU_RIPAS_RAM, true), 0x1000);
		fake_expect(realm.fake, 2, 'P', 0, 0x1000);
		assert_true(realm.fake->call[2].zero);
		realm_finish(&realm);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init_ripas),	  cmocka_unit_test(test_map_init),
		cmocka_unit_test(test_unprot_map),	  cmocka_unit_test(test_map_and_unmap),
		cmocka_unit_test(test_destroyed_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
