/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/emu/cca/realm.h"

/* Two vCPUs and a host that change the same pages: the backend sees one change of a page at a time,
 * and its views are those of the last one. */

#define PAGES  600
#define ROUNDS 4000

static struct realm realm;

static uint64_t roll(uint64_t *seed, uint64_t n)
{
	*seed = *seed * 6364136223846793005 + 1442695040888963407;
	return (*seed >> 33) % n;
}

static void *vcpu(void *arg)
{
	uint64_t seed = *(unsigned *)arg;

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t base = roll(&seed, PAGES), top = base + 1 + roll(&seed, PAGES - base);
		uint64_t x[EMU_CCA_SMC_REGS] = { IPA_STATE_SET, base * 4096, top * 4096,
						 roll(&seed, 2), roll(&seed, 2) };

		if (emu_cca_rsi(realm.cca, *(unsigned *)arg, x) != EMU_NEXT || x[0])
			return arg;
	}
	return NULL;
}

static void *host(void *arg)
{
	uint64_t seed = 99;

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t base = roll(&seed, PAGES), top = base + 1 + roll(&seed, PAGES - base);

		if (roll(&seed, 2))
			emu_cca_data_map(realm.cca, base * 4096, top * 4096);
		else
			emu_cca_data_unmap(realm.cca, base * 4096, top * 4096);
	}
	return NULL;
}

static void test_threads(void **state)
{
	unsigned number[] = { 0, 1 };
	pthread_t thread[3];

	realm = realm_start((struct emu_cca_config){ .populate = true });
	realm.fake->log = false;
	realm.fake->yield = true;
	assert_int_equal(pthread_create(&thread[0], NULL, vcpu, &number[0]), 0);
	assert_int_equal(pthread_create(&thread[1], NULL, vcpu, &number[1]), 0);
	assert_int_equal(pthread_create(&thread[2], NULL, host, NULL), 0);
	for (int i = 0; i < 3; i++) {
		void *failed;

		pthread_join(thread[i], &failed);
		assert_null(failed);
	}
	for (uint64_t i = 0; i < PAGES; i++)
		if (realm.fake->private_ok[i])
			assert_int_equal(emu_cca_ripas(realm.cca, i * 4096), EMU_RIPAS_RAM);
	realm_finish(&realm);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_threads) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
