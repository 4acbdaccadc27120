/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cvmem/early.h>

#include "world.h"

/*
 * The boot allocator against a model that knows each KiB: usable or not, taken or not. The
 * model tries every address.
 */

#define BASE	 GIB
#define GRAIN	 UINT64_C(1024)
#define UNIT	 (64 * KIB)
#define UNITS	 40
#define GRAINS	 (UNITS * UNIT / GRAIN)
#define END	 (BASE + UNITS * UNIT)
#define CAPACITY 512

struct model {
	struct world *world;
	struct cvm_range ranges[8];
	struct cvm_map map;
	struct cvm_early early;
	struct cvm_span storage[CAPACITY];
	bool usable[GRAINS], taken[GRAINS];
	uint64_t seed;
};

static void model_new(struct model *model, uint64_t seed, bool guard)
{
	uint64_t bits = 0, at = BASE;

	memset(model, 0, sizeof(*model));
	model->seed = seed;
	for (int i = 0; i < UNITS; i++)
		bits |= (uint64_t)(i >= UNITS / 4 && below(&model->seed, 3)) << i;
	model->world = world_new(BASE, UNIT, UNITS, &bits, guard);
	/* Types alternate at random places: the table, not the map, says what is accepted. */
	for (int i = 0; i < 8; i++) {
		static const enum cvm_mem_type types[] = { CVM_MEM_RAM, CVM_MEM_UNACCEPTED,
							   CVM_MEM_RESERVED, CVM_MEM_UNACCEPTED };
		uint64_t end = at + (1 + below(&model->seed, GRAINS / 4)) * GRAIN;
		enum cvm_mem_type type = types[below(&model->seed, 4)];

		end = end < END ? end : END;
		if (at >= end)
			break;
		model->ranges[model->map.count++] = (struct cvm_range){ at, end, 0, type };
		for (uint64_t g = (at - BASE) / GRAIN; g < (end - BASE) / GRAIN; g++)
			model->usable[g] = type != CVM_MEM_RESERVED;
		at = end;
		if (!below(&model->seed, 4))
			at += below(&model->seed, 20) * GRAIN;
	}
	model->map.range = model->ranges;
	model->map.capacity = 8;
	cvm_early_init(&model->early, &model->map, &model->world->acceptor, model->storage,
		       CAPACITY);
}

static size_t runs(const bool *taken)
{
	size_t n = 0;

	for (uint64_t g = 0; g < GRAINS; g++)
		n += taken[g] && (!g || !taken[g - 1]);
	return n;
}

/* The library's list is the model's, in order and with nothing to merge. */
static void check_taken(const struct model *model)
{
	const struct cvm_early *early = &model->early;
	bool taken[GRAINS] = { false };

	assert_int_equal(early->count, runs(model->taken));
	for (size_t i = 0; i < early->count; i++) {
		assert_true(early->reserved[i].start < early->reserved[i].end);
		if (i)
			assert_true(early->reserved[i - 1].end < early->reserved[i].start);
		for (uint64_t at = early->reserved[i].start; at < early->reserved[i].end;
		     at += GRAIN)
			taken[(at - BASE) / GRAIN] = true;
	}
	assert_memory_equal(taken, model->taken, sizeof(taken));
}

static bool fits(const struct model *model, uint64_t gpa, uint64_t size, bool accepted)
{
	for (uint64_t at = gpa; at < gpa + size; at += GRAIN) {
		uint64_t g = (at - BASE) / GRAIN;

		if (at < BASE || at >= END || !model->usable[g] || model->taken[g])
			return false;
		if (accepted && fake_at(model->world->fake, at & ~(PAGE - 1)) != FAKE_ACCEPTED)
			return false;
	}
	/* With the guard, what can be handed out without accepting anything. */
	return !accepted || !model->world->acceptor.config.guard ||
	       !cvm_is_unaccepted(&model->world->acceptor, gpa, gpa + size);
}

static bool naive(const struct model *model, uint64_t size, uint64_t align, uint64_t min,
		  uint64_t max, unsigned flags, bool accepted, uint64_t *gpa)
{
	bool found = false;

	min = min > BASE ? min : BASE;
	max = max < END ? max : END;
	for (uint64_t at = (min + align - 1) / align * align; at < max && size <= max - at;
	     at += align) {
		if (!fits(model, at, size, accepted))
			continue;
		*gpa = at;
		found = true;
		if (!(flags & CVM_EARLY_TOP_DOWN))
			break;
	}
	return found;
}

static void set_taken(bool *taken, uint64_t start, uint64_t end, bool value)
{
	for (uint64_t at = start; at < end; at += GRAIN)
		taken[(at - BASE) / GRAIN] = value;
}

static void step_alloc(struct model *model)
{
	uint64_t size = (1 + below(&model->seed, below(&model->seed, 4) ? 24 : 400)) * GRAIN;
	uint64_t align = GRAIN << below(&model->seed, 9);
	uint64_t min = 0, max = UINT64_MAX, expected = 0, gpa = 0;
	unsigned flags = (unsigned)below(&model->seed, 4);
	bool found = false;
	int error;

	if (!below(&model->seed, 3))
		min = BASE - GRAIN + below(&model->seed, GRAINS + 4) * GRAIN;
	if (!below(&model->seed, 3))
		max = BASE - GRAIN + below(&model->seed, GRAINS + 4) * GRAIN;
	if (flags & CVM_EARLY_PREFER_ACCEPTED)
		found = naive(model, size, align, min, max, flags, true, &expected);
	if (!found)
		found = naive(model, size, align, min, max, flags, false, &expected);
	error = cvm_early_alloc(
		&model->early,
		&(struct cvm_early_request){
			.size = size, .align = align, .min = min, .max = max, .flags = flags },
		&gpa);
	assert_int_equal(error, found ? 0 : CVM_ENOMEM);
	if (!found)
		return;
	assert_int_equal(gpa, expected);
	assert_true(fake_all_accepted(model->world->fake, gpa, gpa + size));
	set_taken(model->taken, gpa, gpa + size, true);
}

static void some_range(struct model *model, uint64_t *start, uint64_t *end)
{
	uint64_t first = below(&model->seed, GRAINS), n = 1 + below(&model->seed, 60);

	*start = BASE + first * GRAIN;
	*end = *start + (n < GRAINS - first ? n : GRAINS - first) * GRAIN;
}

/* Reserve or free; with a list that is too short, nothing changes and the need is told. */
static void step_range(struct model *model, bool take)
{
	int (*call)(struct cvm_early *, uint64_t, uint64_t) =
		take ? cvm_early_reserve : cvm_early_free;
	uint64_t start, end, pages = model->world->fake->pages;
	bool after[GRAINS];
	size_t needed;

	some_range(model, &start, &end);
	memcpy(after, model->taken, sizeof(after));
	set_taken(after, start, end, take);
	needed = runs(after);
	if (needed > model->early.count && below(&model->seed, 2)) {
		model->early.capacity = model->early.count;
		assert_int_equal(call(&model->early, start, end), CVM_ENOSPC);
		assert_int_equal(model->early.needed, needed);
		check_taken(model);
		model->early.capacity = model->early.needed;
	}
	assert_int_equal(call(&model->early, start, end), 0);
	model->early.capacity = CAPACITY;
	memcpy(model->taken, after, sizeof(after));
	assert_int_equal(model->world->fake->pages, pages);
}

/* Exactly the free whole pages, each once and in ascending ranges that cannot be longer. */
static void check_free(const struct model *model)
{
	uint64_t start = 0, end, last = 0, at = BASE;

	for (;; start = end) {
		bool found = cvm_early_next_free(&model->early, &start, &end);
		uint64_t limit = found ? start : END;

		for (; at < limit; at += PAGE)
			assert_false(fits(model, at, PAGE, false));
		if (!found)
			break;
		assert_true(start < end && start > last && !((start | end) % PAGE));
		for (; at < end; at += PAGE)
			assert_true(fits(model, at, PAGE, false));
		last = end;
	}
}

static void run(bool guard)
{
	static struct model model;

	for (uint64_t round = 0; round < 150; round++) {
		model_new(&model, round, guard);
		for (int i = 0; i < 60; i++) {
			uint64_t what = below(&model.seed, 10);

			if (what < 6)
				step_alloc(&model);
			else
				step_range(&model, what < 8);
			check_taken(&model);
			if (i % 8 == 0)
				check_free(&model);
		}
		assert_true(world_exact(model.world));
		world_free(model.world);
	}
}

static void test_random(void **state)
{
	run(false);
}

static void test_random_guard(void **state)
{
	run(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_guard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
