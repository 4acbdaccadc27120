/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "qemu/guest/polling.h"
#include "qemu/host/vcpu.h"

#define MANY 1000000

static const char loop, other;

uint64_t *qemu_gpr(unsigned vcpu)
{
	return NULL;
}

/* Rounds until the first sleep. */
static unsigned rounds_awake(struct guest_polling *polling, const void *code, const uint64_t *gpr)
{
	unsigned rounds = 0;

	while (rounds < MANY && !guest_polling_round(polling, code, gpr))
		rounds++;
	return rounds;
}

/* A wait that is over soon costs nothing; a long one sleeps longer and longer, but never so long
 * that other vCPUs would notice. */
static void test_sleeps(void **state)
{
	struct guest_polling polling = { 0 };
	uint64_t gpr[EMU_GPRS] = { 0 }, last = 0, ns;

	assert_in_range(rounds_awake(&polling, &loop, gpr), 100, 10000);
	for (unsigned i = 0; i < MANY; i++) {
		ns = guest_polling_round(&polling, &loop, gpr);
		assert_true(ns >= last && ns > 0);
		last = ns;
	}
	assert_in_range(last, 1000000, 5000000);
}

/* A loop whose registers change does more than wait. */
static void test_progress(void **state)
{
	struct guest_polling polling = { 0 };
	uint64_t gpr[EMU_GPRS] = { 0 };

	for (unsigned i = 0; i < MANY; i++) {
		gpr[EMU_RCX] = i;
		assert_int_equal(guest_polling_round(&polling, &loop, gpr), 0);
	}
}

static void test_other_loop(void **state)
{
	struct guest_polling polling = { 0 };
	uint64_t gpr[EMU_GPRS] = { 0 };
	unsigned awake = rounds_awake(&polling, &loop, gpr);

	assert_int_equal(rounds_awake(&polling, &other, gpr), awake);
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(guest_polling_round(&polling, i % 2 ? &other : &loop, gpr), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sleeps),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_other_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
