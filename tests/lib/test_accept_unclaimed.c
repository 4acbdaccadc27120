/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

/* Acceptance by one CPU before there are claims, what the claims know of it, and the table at
 * another address. */

#define BASE (4 * GIB)
#define UNIT (2 * MIB)

static void take_claims_away(struct world *world)
{
	struct cvm_acceptor_config config = world->acceptor.config;
	const struct cvm_host host = world->acceptor.host;

	config.claims = NULL;
	config.single_cpu = true;
	config.host = &host;
	world_reset(world, &config);
}

static struct world *make(uint64_t units, bool guard)
{
	struct world *world = world_new(BASE, UNIT, units, NULL, guard);

	take_claims_away(world);
	return world;
}

static int accept_range(struct world *world, uint64_t start, uint64_t end)
{
	return cvm_accept(&world->acceptor, start, end, CVM_CAUSE_EARLY);
}

static void set_claims(struct world *world)
{
	memset(world->claims, 0xff, cvm_claims_bytes(world->table));
	cvm_acceptor_set_claims(&world->acceptor, world->claims);
}

/* Units, guard and queries are those of an acceptor with claims. */
static void test_same(void **state)
{
	uint64_t seed = 3;

	for (unsigned round = 0; round < 200; round++) {
		uint64_t bits[4];
		bool guard = round % 2;
		struct world *with, *without;

		for (unsigned i = 0; i < 4; i++)
			bits[i] = round % 3 ? rng(&seed) | rng(&seed) : UINT64_MAX;
		with = world_new(BASE, UNIT, 256, bits, guard);
		without = world_new(BASE, UNIT, 256, bits, guard);
		take_claims_away(without);
		for (unsigned i = 0; i < 8; i++) {
			uint64_t start = BASE + below(&seed, 256 * UNIT);
			uint64_t end = start + below(&seed, 100 * UNIT);

			if (i % 2)
				end = end / UNIT * UNIT;
			assert_int_equal(cvm_is_unaccepted(&without->acceptor, start, end),
					 cvm_is_unaccepted(&with->acceptor, start, end));
			assert_false(cvm_accept_would_wait(&without->acceptor, start, end));
			assert_int_equal(accept_range(without, start, end),
					 accept_range(with, start, end));
			assert_memory_equal(without->table->bitmap, with->table->bitmap, 32);
			assert_int_equal(without->fake->calls, with->fake->calls);
			assert_true(world_exact(without));
		}
		world_free(with);
		world_free(without);
	}
}

static void test_not_allowed(void **state)
{
	struct world *world = make(64, false);

	world->acceptor.config.single_cpu = false;
	assert_int_equal(accept_range(world, BASE, BASE + PAGE), CVM_EINVAL);
	assert_int_equal(accept_range(world, BASE, BASE + 64 * UNIT), CVM_EINVAL);
	assert_int_equal(world->fake->calls, 0);
	world_free(world);
}

static void test_counters(void **state)
{
	struct world *world = make(64, false);
	struct cvm_accept_stats stats;

	for (unsigned later = 0; later < 2; later++) {
		uint64_t at = BASE + later * 10 * UNIT;

		if (later)
			set_claims(world);
		assert_int_equal(cvm_accept(&world->acceptor, at, at + 3 * UNIT, CVM_CAUSE_EARLY),
				 0);
		assert_int_equal(cvm_accept(&world->acceptor, at, at + 5 * UNIT, CVM_CAUSE_PAGES),
				 0);
		world->fake->max_level = CVM_LEVEL_4K;
		assert_int_equal(cvm_accept(&world->acceptor, at, at + 6 * UNIT, CVM_CAUSE_PAGES),
				 0);
		world->fake->max_level = CVM_LEVEL_2M;
		cvm_acceptor_get_stats(&world->acceptor, &stats);
		assert_int_equal(stats.units, 6 * (later + 1));
		assert_int_equal(stats.bytes[CVM_CAUSE_EARLY], 3 * (later + 1) * UNIT);
		assert_int_equal(stats.bytes[CVM_CAUSE_PAGES], 3 * (later + 1) * UNIT);
		assert_int_equal(stats.accepted[CVM_LEVEL_2M], 5 * (later + 1));
		assert_int_equal(stats.accepted[CVM_LEVEL_4K], 512 * (later + 1));
	}
	assert_int_equal(cvm_unaccepted_bytes(&world->acceptor), 52 * UNIT);
	world_free(world);
}

/* A unit that failed is never tried again, with claims neither. */
static void test_failed(void **state)
{
	struct world *world = make(64, false);
	struct cvm_accept_stats stats;
	unsigned calls;

	fake_mood(world->fake, BASE + 5 * UNIT + 3 * PAGE, FAKE_REFUSE);
	assert_int_equal(accept_range(world, BASE, BASE + 10 * UNIT), CVM_EIO);
	assert_int_equal(world->table->bitmap[0], UINT64_MAX - 0x3df);
	fake_mood(world->fake, BASE + 5 * UNIT + 3 * PAGE, 0);
	calls = world->fake->calls;
	for (unsigned later = 0; later < 2; later++) {
		if (later)
			set_claims(world);
		assert_int_equal(accept_range(world, BASE, BASE + 10 * UNIT), CVM_EIO);
		assert_int_equal(accept_range(world, BASE + 5 * UNIT, BASE + 6 * UNIT), CVM_EIO);
		assert_int_equal(world->fake->calls, calls);
		assert_int_equal(accept_range(world, BASE + 4 * UNIT, BASE + (12 + later) * UNIT),
				 CVM_EIO);
		assert_int_equal(world->fake->calls, ++calls);
	}
	assert_int_equal(world->table->bitmap[0], UINT64_MAX - 0x1fdf);
	cvm_acceptor_get_stats(&world->acceptor, &stats);
	assert_int_equal(stats.failed, 1);
	assert_int_equal(stats.units, 12);
	assert_true(fake_clean(world->fake));
	world_free(world);
}

/* More failures than there is room for: memory is lost, and none is accepted twice. */
static void test_many_failures(void **state)
{
	uint64_t seed = 11;

	for (unsigned round = 0; round < 100; round++) {
		struct world *world = make(256, false);
		bool refused[256] = { false };

		for (unsigned n = 0; n < round % 30; n++) {
			uint64_t unit = below(&seed, 256);

			refused[unit] = true;
			fake_mood(world->fake, BASE + unit * UNIT + below(&seed, 512) * PAGE,
				  FAKE_REFUSE);
		}
		for (unsigned n = 0; n < 60; n++) {
			uint64_t start = BASE + below(&seed, 256) * UNIT;

			if (n == 40)
				set_claims(world);
			accept_range(world, start, start + (1 + below(&seed, 40)) * UNIT);
		}
		accept_range(world, BASE, BASE + 256 * UNIT);
		for (unsigned unit = 0; unit < 256; unit++) {
			bool set = world->table->bitmap[unit / 64] >> unit % 64 & 1;

			assert_true(set || !refused[unit]);
			if (round % 30 <= CVM_UNCLAIMED_FAILED)
				assert_int_equal(set, refused[unit]);
		}
		assert_true(fake_clean(world->fake));
		world_free(world);
	}
}

/* An exception in the middle of a call, which would accept the same unit a second time. */
static struct world *inside;
static int nested;
static int (*outer_accept)(struct cvm_platform *platform, uint64_t start, uint64_t end,
			   struct cvm_accept_result *result);

static int accept_with_exception(struct cvm_platform *platform, uint64_t start, uint64_t end,
				 struct cvm_accept_result *result)
{
	nested = cvm_accept_nowait(&inside->acceptor, start, end, CVM_CAUSE_FAULT);
	return outer_accept(platform, start, end, result);
}

static void test_nested(void **state)
{
	inside = make(64, false);
	outer_accept = inside->fake->platform.accept;
	inside->fake->platform.accept = accept_with_exception;
	assert_int_equal(accept_range(inside, BASE, BASE + PAGE), 0);
	assert_int_equal(nested, CVM_EBUSY);
	assert_int_equal(inside->fake->calls, 1);
	assert_int_equal(accept_range(inside, BASE + UNIT, BASE + UNIT + PAGE), 0);
	assert_true(world_exact(inside));
	world_free(inside);
}

/* The table and its claims move, and the old ones are gone. */
static void test_move(void **state)
{
	for (unsigned claimed = 0; claimed < 2; claimed++) {
		struct world *world = make(192, false);
		size_t bytes = CVM_TABLE_HEADER + 24, claims_bytes = cvm_claims_bytes(world->table);
		struct cvm_table *table = malloc(bytes);
		struct cvm_claim *claims = malloc(claims_bytes);
		struct cvm_claim *moved = claimed ? claims : NULL;

		assert_non_null(table);
		assert_non_null(claims);
		if (claimed)
			set_claims(world);
		fake_mood(world->fake, BASE + 2 * UNIT, FAKE_REFUSE);
		assert_int_equal(accept_range(world, BASE, BASE + 100 * UNIT), CVM_EIO);
		memcpy(table, world->table, bytes);
		memcpy(claims, world->claims, claims_bytes);
		assert_int_equal(cvm_acceptor_move(&world->acceptor, NULL, moved), CVM_EINVAL);
		assert_int_equal(
			cvm_acceptor_move(&world->acceptor, table, claimed ? NULL : claims),
			CVM_EINVAL);
		table->phys_base += UNIT;
		assert_int_equal(cvm_acceptor_move(&world->acceptor, table, moved), CVM_EINVAL);
		table->phys_base -= UNIT;
		table->size--;
		assert_int_equal(cvm_acceptor_move(&world->acceptor, table, moved), CVM_EINVAL);
		table->size++;
		table->unit_size *= 2;
		assert_int_equal(cvm_acceptor_move(&world->acceptor, table, moved), CVM_EINVAL);
		table->unit_size /= 2;
		memset(world->table, 0xff, bytes);
		memset(world->claims, 0xff, claims_bytes);
		assert_int_equal(cvm_acceptor_move(&world->acceptor, table, moved), 0);
		free(world->table);
		free(world->claims);
		world->table = table;
		world->claims = claims;
		assert_int_equal(accept_range(world, BASE + 50 * UNIT, BASE + 110 * UNIT), 0);
		assert_int_equal(accept_range(world, BASE, BASE + 3 * UNIT), CVM_EIO);
		assert_int_equal(cvm_unaccepted_bytes(&world->acceptor), 83 * UNIT);
		if (!claimed)
			set_claims(world);
		assert_int_equal(accept_range(world, BASE + 3 * UNIT, BASE + 192 * UNIT), 0);
		assert_int_equal(cvm_unaccepted_bytes(&world->acceptor), UNIT);
		assert_true(fake_clean(world->fake));
		world_free(world);
	}
}

/* Without a table there is nothing to move. */
static void test_move_no_table(void **state)
{
	struct cvm_platform platform = fake_calls;
	struct cvm_acceptor_config config = { .platform = &platform };
	struct cvm_acceptor acceptor;
	uint64_t words[4] = { 0 };

	assert_int_equal(cvm_acceptor_init(&acceptor, &config), 0);
	assert_int_equal(cvm_acceptor_move(&acceptor, NULL, NULL), 0);
	assert_int_equal(cvm_acceptor_move(&acceptor, (struct cvm_table *)words, NULL), CVM_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),	      cmocka_unit_test(test_not_allowed),
		cmocka_unit_test(test_counters),      cmocka_unit_test(test_failed),
		cmocka_unit_test(test_many_failures), cmocka_unit_test(test_nested),
		cmocka_unit_test(test_move),	      cmocka_unit_test(test_move_no_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
