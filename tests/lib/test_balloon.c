/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <cvmem/hotplug.h>

#include "convert.h"

/* The balloon: which units it gives, and that all of them come back. */

#define BASE  GIB
#define UNIT  (2 * MIB)
#define UNITS 16
#define AT(n) (BASE + (uint64_t)(n)*UNIT)

struct setup {
	struct convert *c;
	struct cvm_pages pages;
	struct cvm_balloon balloon;
	uint64_t index[1], storage[UNITS], mapped;
	void *seed;
};

static void unmap(void *ctx, uint64_t start, uint64_t end)
{
	struct setup *setup = ctx;

	assert_int_equal(end - start, UNIT);
	assert_true(setup->mapped >> (start - BASE) / UNIT & 1);
	setup->mapped &= ~(UINT64_C(1) << (start - BASE) / UNIT);
}

static void map(void *ctx, uint64_t start, uint64_t end)
{
	struct setup *setup = ctx;

	assert_int_equal(end - start, UNIT);
	assert_false(setup->mapped >> (start - BASE) / UNIT & 1);
	setup->mapped |= UINT64_C(1) << (start - BASE) / UNIT;
}

static struct setup *begin(bool guard, size_t capacity)
{
	struct setup *setup = calloc(1, sizeof(*setup));
	struct cvm_acceptor_config acceptor;
	struct cvm_pages_config config = { .start = BASE, .end = AT(UNITS), .seed_bytes = MIB };
	struct cvm_balloon_config balloon = { .map = map, .unmap = unmap, .capacity = capacity };

	setup->c = convert_new(BASE, UNITS, NULL, UNITS);
	acceptor = setup->c->world->acceptor.config;
	acceptor.guard = guard;
	acceptor.host = NULL;
	world_reset(setup->c->world, &acceptor);
	config.acceptor = &setup->c->world->acceptor;
	config.index = setup->index;
	config.seed = setup->seed = aligned_alloc(16, MIB);
	setup->mapped = (1u << UNITS) - 1;
	assert_int_equal(cvm_pages_init(&setup->pages, &config), 0);
	assert_int_equal(cvm_pages_add(&setup->pages, BASE, AT(UNITS)), 0);
	balloon.pages = &setup->pages;
	balloon.share = &setup->c->share;
	assert_int_equal(cvm_balloon_init(&setup->balloon, &balloon), CVM_EINVAL);
	balloon.storage = setup->storage;
	balloon.ctx = setup;
	assert_int_equal(cvm_balloon_init(&setup->balloon, &balloon), 0);
	return setup;
}

static void end(struct setup *setup)
{
	assert_true(convert_exact(setup->c));
	convert_free(setup->c);
	free(setup->seed);
	free(setup);
}

static uint64_t take(struct setup *setup, unsigned order)
{
	uint64_t gpa = 0;

	assert_int_equal(cvm_pages_alloc(&setup->pages, order, &gpa), 0);
	return gpa;
}

static uint64_t free_pages(struct setup *setup)
{
	struct cvm_pages_stats stats;

	cvm_pages_get_stats(&setup->pages, &stats);
	return stats.free;
}

/* Accepted memory first, which the host gets something from. */
static void test_order(void **state)
{
	for (int guard = 0; guard < 2; guard++) {
		struct setup *setup = begin(guard, UNITS);
		uint64_t first = take(setup, 9), second = take(setup, 9), done;
		unsigned shares;

		assert_int_equal(cvm_pages_free(&setup->pages, second, 9), 0);
		/* The guard of the second is the highest. */
		second += (uint64_t)guard * UNIT;
		assert_int_equal(cvm_balloon_inflate(&setup->balloon, UNIT + PAGE, &done), 0);
		assert_int_equal(done, UNIT);
		assert_int_equal(cvm_share_state_at(&setup->c->share, second), CVM_RELEASED);
		assert_int_equal(setup->mapped, 0xffff & ~(1u << (second - BASE) / UNIT));
		shares = setup->c->shares;
		assert_int_equal(cvm_balloon_inflate(&setup->balloon, 3 * UNIT, &done), 0);
		assert_int_equal(done, 3 * UNIT);
		/* With the guard the second itself, besides. */
		assert_true(setup->c->shares - shares <= (unsigned)guard);
		assert_int_equal(cvm_balloon_bytes(&setup->balloon), 4 * UNIT);
		assert_int_equal(free_pages(setup), 11 * 512);
		/* All that is left, and no more. */
		assert_int_equal(cvm_balloon_inflate(&setup->balloon, 64 * UNIT, &done),
				 CVM_ENOMEM);
		assert_int_equal(done, 11 * UNIT);
		assert_int_equal(free_pages(setup), 0);
		assert_true(convert_exact(setup->c));
		assert_int_equal(cvm_balloon_deflate(&setup->balloon, 3 * UNIT - 1, &done), 0);
		assert_int_equal(done, 3 * UNIT);
		assert_int_equal(free_pages(setup), 3 * 512);
		assert_int_equal(cvm_balloon_deflate(&setup->balloon, 64 * UNIT, &done),
				 CVM_ENOMEM);
		assert_int_equal(done, 12 * UNIT);
		assert_int_equal(setup->mapped, 0xffff);
		assert_int_equal(cvm_pages_free(&setup->pages, first, 9), 0);
		assert_int_equal(free_pages(setup), UNITS * 512);
		for (int i = 0; i < UNITS; i++)
			take(setup, 9);
		end(setup);
	}
}

static void test_full(void **state)
{
	struct setup *setup = begin(false, 3);
	uint64_t done;

	assert_int_equal(cvm_balloon_inflate(&setup->balloon, 4 * UNIT, &done), CVM_ENOSPC);
	assert_int_equal(done, 3 * UNIT);
	assert_int_equal(cvm_balloon_deflate(&setup->balloon, UNIT, &done), 0);
	assert_int_equal(cvm_balloon_inflate(&setup->balloon, UNIT, &done), 0);
	end(setup);
}

/* The host takes no page of a unit: it is free memory as before. */
static void test_rejected(void **state)
{
	struct setup *setup = begin(false, UNITS);
	uint64_t gpa = take(setup, 9), done;

	assert_int_equal(cvm_pages_free(&setup->pages, gpa, 9), 0);
	convert_mood(setup->c, gpa + 5 * PAGE, CONVERT_REFUSE_SHARE);
	assert_int_equal(cvm_balloon_inflate(&setup->balloon, UNIT, &done), CVM_EIO);
	assert_int_equal(done, 0);
	assert_int_equal(setup->mapped, 0xffff);
	assert_int_equal(free_pages(setup), UNITS * 512);
	convert_mood(setup->c, gpa + 5 * PAGE, 0);
	assert_int_equal(cvm_balloon_inflate(&setup->balloon, UNIT, &done), 0);
	assert_int_equal(cvm_share_state_at(&setup->c->share, gpa), CVM_RELEASED);
	/* It does not come back yet. */
	convert_mood(setup->c, gpa + 5 * PAGE, CONVERT_REFUSE_UNSHARE);
	assert_int_equal(cvm_balloon_deflate(&setup->balloon, UNIT, &done), CVM_EIO);
	assert_int_equal(cvm_balloon_bytes(&setup->balloon), UNIT);
	assert_int_equal(free_pages(setup), (UNITS - 1) * 512);
	convert_free(setup->c);
	free(setup->seed);
	free(setup);
}

/* While the balloon moves, others allocate: nothing is handed out that is not accepted. */
static void test_random(void **state)
{
	struct setup *setup = begin(true, UNITS);
	uint64_t block[64], blocks = 0, seed = 5, done, moved = 0;
	unsigned order[64];

	for (int i = 0; i < 5000; i++) {
		uint64_t what = below(&seed, 8);

		if (what < 3 && blocks < 64) {
			order[blocks] = (unsigned)below(&seed, 10);
			if (cvm_pages_alloc(&setup->pages, order[blocks], &block[blocks]))
				continue;
			for (uint64_t n = 0; n < 1u << order[blocks]; n++)
				assert_int_equal(
					fake_at(setup->c->world->fake, block[blocks] + n * PAGE),
					FAKE_ACCEPTED);
			blocks++;
		} else if (what < 6 && blocks) {
			uint64_t k = below(&seed, blocks--);

			assert_int_equal(cvm_pages_free(&setup->pages, block[k], order[k]), 0);
			block[k] = block[blocks];
			order[k] = order[blocks];
		} else if (what == 6) {
			cvm_balloon_inflate(&setup->balloon, below(&seed, 4) * UNIT, &done);
			moved += done;
		} else if (what == 7) {
			cvm_balloon_deflate(&setup->balloon, below(&seed, 4) * UNIT, &done);
		}
		if (i % 100 == 0)
			assert_true(convert_exact(setup->c));
	}
	assert_true(moved > 100 * UNIT);
	end(setup);
}

/* A removable allocator, whose room for ranges never grows. */
struct removable {
	struct convert *c;
	struct cvm_pages pages;
	struct cvm_balloon balloon;
	uint64_t index[8], *storage;
	void *seed;
};

static void begin_removable(struct removable *r, uint64_t units, bool guard)
{
	struct cvm_pages_config config = { .start = BASE, .end = AT(units), .removable = true };
	struct cvm_balloon_config balloon = { .capacity = units };
	struct cvm_acceptor_config acceptor;

	r->c = convert_new(BASE, units, NULL, 4);
	acceptor = r->c->world->acceptor.config;
	acceptor.guard = guard;
	acceptor.host = NULL;
	world_reset(r->c->world, &acceptor);
	config.acceptor = &r->c->world->acceptor;
	assert_true(cvm_pages_index_bytes(BASE, AT(units)) <= sizeof(r->index));
	config.index = r->index;
	config.seed_bytes = cvm_pages_seed_bytes(BASE, AT(units));
	config.seed = r->seed = aligned_alloc(16, config.seed_bytes);
	assert_int_equal(cvm_pages_init(&r->pages, &config), 0);
	balloon.pages = &r->pages;
	balloon.share = &r->c->share;
	balloon.storage = r->storage = calloc(units, sizeof(*r->storage));
	assert_int_equal(cvm_balloon_init(&r->balloon, &balloon), 0);
}

static void end_removable(struct removable *r)
{
	assert_true(convert_exact(r->c));
	convert_free(r->c);
	free(r->storage);
	free(r->seed);
}

static uint64_t free_of(struct removable *r)
{
	struct cvm_pages_stats stats;

	cvm_pages_get_stats(&r->pages, &stats);
	return stats.free;
}

/* More units than there is room for ranges: they are one range when they are back. */
static void test_many(void **state)
{
	const uint64_t units = 2560;

	for (int guard = 0; guard < 2; guard++) {
		uint64_t gpa, done, bytes, moved = 2 * GIB / UNIT + 1200;
		struct removable r;
		unsigned calls;

		begin_removable(&r, units, guard);
		assert_int_equal(cvm_pages_add(&r.pages, BASE, AT(units)), 0);
		/* Populated: to give it away needs no room, and leaves none. */
		while (!cvm_pages_populate(&r.pages, CVM_CAUSE_BACKGROUND, &bytes))
			;
		assert_int_equal(cvm_balloon_inflate(&r.balloon, moved * UNIT, &done), 0);
		assert_int_equal(free_of(&r), (units - moved) * 512);
		calls = r.c->world->fake->calls;
		/* One call for all, and then one by one. */
		assert_int_equal(cvm_balloon_deflate(&r.balloon, GIB, &done), 0);
		assert_int_equal(done, GIB);
		assert_int_equal(r.c->world->fake->calls - calls, guard);
		for (uint64_t i = GIB / UNIT; i < moved; i++)
			assert_int_equal(cvm_balloon_deflate(&r.balloon, UNIT, &done), 0);
		assert_int_equal(cvm_balloon_bytes(&r.balloon), 0);
		assert_int_equal(free_of(&r), units * 512);
		/* Large blocks form again. */
		assert_int_equal(cvm_pages_alloc(&r.pages, 18, &gpa), 0);
		assert_int_equal(fake_count(r.c->world->fake, gpa, gpa + GIB, FAKE_ACCEPTED),
				 GIB / PAGE);
		end_removable(&r);
	}
}

/* No room to note another range: the unit is in the balloon until there is. */
static void test_no_room(void **state)
{
	const uint64_t units = 2560;
	uint64_t gpa, done, low[3], first = 0;
	struct removable r;

	begin_removable(&r, units, false);
	assert_int_equal(cvm_pages_add(&r.pages, BASE, AT(3)), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(cvm_pages_alloc(&r.pages, 9, &low[i]), 0);
	assert_int_equal(cvm_pages_free(&r.pages, AT(1), 9), 0);
	for (gpa = AT(8); !cvm_pages_add(&r.pages, gpa, gpa + PAGE); gpa += 2 * PAGE)
		first++;
	assert_true(first > 1500 && gpa < AT(units));
	for (int i = 0; i < 2; i++) {
		uint64_t before = free_of(&r), piece = AT(8) + 2 * (unsigned)i * PAGE;
		int error = cvm_balloon_inflate(&r.balloon, UNIT, &done);

		/* The second time the host does not take it. */
		assert_int_equal(error, i ? CVM_EIO : 0);
		assert_int_equal(done, i ? 0 : UNIT);
		assert_int_equal(cvm_balloon_bytes(&r.balloon), UNIT);
		assert_int_equal(r.balloon.config.storage[0], AT(1));
		assert_int_equal(free_of(&r), before - 512);
		for (int j = 0; j < 2; j++) {
			assert_int_equal(cvm_balloon_deflate(&r.balloon, UNIT, &done), CVM_ENOMEM);
			assert_int_equal(done, 0);
			assert_int_equal(cvm_balloon_bytes(&r.balloon), UNIT);
		}
		assert_int_equal(cvm_pages_remove(&r.pages, piece, piece + PAGE, NULL), 0);
		assert_int_equal(cvm_balloon_deflate(&r.balloon, UNIT, &done), 0);
		assert_int_equal(done, UNIT);
		assert_int_equal(cvm_balloon_bytes(&r.balloon), 0);
		assert_int_equal(free_of(&r), before - 1);
		assert_int_equal(cvm_pages_alloc(&r.pages, 9, &gpa), 0);
		assert_int_equal(gpa, AT(1));
		assert_int_equal(cvm_pages_free(&r.pages, gpa, 9), 0);
		convert_mood(r.c, AT(1) + 5 * PAGE, CONVERT_REFUSE_SHARE);
		/* Full again. */
		for (gpa = AT(1200); !cvm_pages_add(&r.pages, gpa, gpa + PAGE); gpa += 2 * PAGE)
			;
	}
	end_removable(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),	 cmocka_unit_test(test_full),
		cmocka_unit_test(test_rejected), cmocka_unit_test(test_random),
		cmocka_unit_test(test_many),	 cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
