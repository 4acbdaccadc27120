/* SPDX-License-Identifier: MIT */
/*
 * What `cvmem warm` decides, against a model of Linux's page allocator: zones with marks, blocks of
 * 4 MiB that are accepted when less is free and accepted than the promo mark, reclaim when no zone
 * of the list is above its low mark. A workload allocates and frees at random between the steps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/warm/decide.h"

#define MIB    (UINT64_C(1) << 20)
#define BLOCK  (4 * MIB)
#define SECOND UINT64_C(1000000000)

enum { ZONES = 6, PIECE_KIB = 256 };
static const uint64_t piece = PIECE_KIB * 1024;

struct model {
	struct memory_zone zone[ZONES]; /* free counts unaccepted memory */
	uint64_t held[ZONES], used[ZONES];
	size_t zones;
	struct memory_state state;
	uint64_t now_ns, group, waited_us;
	double pressure;
};

static uint64_t random_state;

static uint64_t pick(uint64_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % below;
}

static void add_zone(struct model *model, unsigned node, const char *name, uint64_t size,
		     uint64_t unaccepted)
{
	struct memory_zone *zone = &model->zone[model->zones++];
	uint64_t min = size / 64;

	*zone = (struct memory_zone){
		.node = node,
		.min = min,
		.low = min + min / 4,
		.high = min + min / 2,
		.promo = min + min / 4 * 3,
		.managed = size,
		.free = size,
		.unaccepted = unaccepted / BLOCK * BLOCK,
	};
	strcpy(zone->name, name);
	model->state.total += size;
}

/* Lower zones keep a 256th of the higher ones' size from those who could use these. */
static void finish(struct model *model)
{
	model->state.counted = true;
	model->group = UINT64_MAX;
	for (size_t i = 0; i < model->zones; i++) {
		for (size_t j = i + 1; j < model->zones; j++) {
			if (model->zone[j].node == model->zone[i].node)
				model->zone[i].reserve += model->zone[j].managed / 256;
		}
		if (!strcmp(model->zone[i].name, "DMA"))
			model->zone[i].reserve = model->zone[i].managed;
	}
}

static void accept_some(struct model *model, struct memory_zone *zone)
{
	while (zone->unaccepted && zone->free - zone->unaccepted < zone->promo) {
		zone->unaccepted -= BLOCK;
		model->now_ns += 2500000;
	}
}

/* From the zones of the node, the highest first, then from those of the others. */
static size_t find_zone(struct model *model, unsigned node, uint64_t bytes, bool down_to_min)
{
	for (unsigned pass = 0; pass < 2; pass++) {
		for (size_t i = model->zones; i-- > 0;) {
			struct memory_zone *zone = &model->zone[i];
			uint64_t mark = (down_to_min ? zone->min : zone->low) + zone->reserve;

			if ((zone->node == node) != (pass == 0))
				continue;
			accept_some(model, zone);
			if (zone->free >= mark + bytes && zone->free - zone->unaccepted >= bytes)
				return i;
		}
	}
	return ZONES;
}

/* False: memory is out. */
static bool allocate(struct model *model, unsigned node, uint64_t bytes, uint64_t *owner)
{
	while (bytes) {
		uint64_t part = bytes < piece ? bytes : piece;
		size_t zone = find_zone(model, node, part, false);

		if (zone == ZONES) {
			model->state.scanned += 32;
			zone = find_zone(model, node, part, true);
		}
		if (zone == ZONES) {
			model->pressure = 20;
			return false;
		}
		model->zone[zone].free -= part;
		owner[zone] += part;
		bytes -= part;
	}
	return true;
}

static uint64_t sum(const uint64_t *owner)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < ZONES; i++)
		bytes += owner[i];
	return bytes;
}

static void give(struct model *model, uint64_t bytes, uint64_t *owner)
{
	for (size_t i = 0; i < model->zones && bytes; i++) {
		uint64_t part = owner[i] < bytes ? owner[i] : bytes;

		owner[i] -= part;
		model->zone[i].free += part;
		bytes -= part;
	}
}

static void look(struct model *model, struct warm_view *view)
{
	struct memory_state *state = &model->state;

	state->zone = model->zone;
	state->zones = model->zones;
	state->free = state->unaccepted = 0;
	for (size_t i = 0; i < model->zones; i++) {
		state->free += model->zone[i].free;
		state->unaccepted += model->zone[i].unaccepted;
	}
	/* Held memory is available at any time. */
	state->available = state->free + sum(model->held);
	*view = (struct warm_view){
		.now_ns = model->now_ns,
		.memory = state,
		.held = sum(model->held),
		.pressure = model->pressure,
		.room = model->group == UINT64_MAX ? UINT64_MAX : model->group - sum(model->held),
	};
	model->pressure = 0;
}

static const struct warm_limits usual = {
	.keep = 64 * MIB,
	.max_pressure = 5,
	.max_cpu = 50,
	.burst = 32 * MIB,
	.park = 16 * MIB,
	.slice = 16 * MIB,
	.attempts = 8,
};

struct outcome {
	enum warm_why why;
	unsigned steps, yields;
	uint64_t held_most, accepted;
	bool nodes_in_turn;
};

enum { MOST_STEPS = 2000000 };

static void check_take(struct model *model, const struct warm_limits *limits,
		       const struct warm_view *view, const struct warm_step *step)
{
	uint64_t scanned = model->state.scanned;

	assert_true(step->bytes > 0 && step->bytes <= limits->slice);
	assert_true(step->bytes + limits->keep <= view->memory->available);
	assert_true(step->small <= step->bytes && step->small < 2 * MIB);
	assert_true(allocate(model, step->node, step->bytes, model->held));
	/* Nobody but warm was at it: reclaim would be its fault. */
	assert_int_equal(model->state.scanned, scanned);
	assert_true(model->group == UINT64_MAX || sum(model->held) <= model->group);
	for (size_t i = 0; i < model->zones; i++)
		assert_true(model->zone[i].free >= model->zone[i].low || model->used[i]);
}

/* Runs to the end; work is called between the steps. */
static struct outcome run(struct model *model, const struct warm_limits *limits,
			  void (*work)(struct model *model))
{
	struct outcome outcome = { .nodes_in_turn = true };
	struct warm_state state = { 0 };
	unsigned node = 0;

	for (; outcome.steps < MOST_STEPS; outcome.steps++) {
		uint64_t before = model->now_ns, scanned = model->state.scanned;
		struct warm_step step;
		struct warm_view view;

		if (work)
			work(model);
		look(model, &view);
		if (!outcome.steps)
			outcome.accepted = view.memory->unaccepted;
		warm_decide(limits, &view, &state, &step);
		if (step.action == WARM_END) {
			outcome.why = step.why;
			outcome.accepted -= view.memory->unaccepted;
			outcome.yields = state.yields;
			give(model, UINT64_MAX, model->held);
			return outcome;
		}
		if (outcome.steps && view.memory->unaccepted && model->state.scanned > scanned)
			assert_int_equal(step.action, WARM_YIELD);
		if (step.action == WARM_TAKE) {
			outcome.nodes_in_turn &= step.node >= node;
			node = step.node;
			check_take(model, limits, &view, &step);
		} else {
			give(model, step.action == WARM_REST ? step.bytes : UINT64_MAX,
			     model->held);
		}
		if (sum(model->held) > outcome.held_most)
			outcome.held_most = sum(model->held);
		model->now_ns += step.wait_ns;
		/* Time never stands still. */
		if (model->now_ns == before)
			model->now_ns += 1000;
	}
	fail_msg("no end");
	return outcome;
}

static void build(struct model *model, uint64_t normal, uint64_t unaccepted)
{
	*model = (struct model){ 0 };
	add_zone(model, 0, "DMA", 16 * MIB, 0);
	add_zone(model, 0, "DMA32", 1800 * MIB, 0);
	add_zone(model, 0, "Normal", normal, unaccepted);
	finish(model);
}

static void accepts_all(void **unused)
{
	struct model model;
	struct outcome outcome;

	build(&model, 2048 * MIB, 1400 * MIB);
	outcome = run(&model, &usual, NULL);
	assert_int_equal(outcome.why, WARM_DONE);
	assert_int_equal(outcome.accepted, 1400 * MIB);
	assert_int_equal(outcome.yields, 0);
	assert_int_equal(sum(model.held), 0);
	/* The other zone was left alone. */
	assert_true(outcome.held_most < 2048 * MIB);
}

static void nothing_to_do(void **unused)
{
	struct model model;
	struct outcome outcome;

	build(&model, 2048 * MIB, 0);
	outcome = run(&model, &usual, NULL);
	assert_int_equal(outcome.why, WARM_DONE);
	assert_int_equal(outcome.steps, 0);
}

/* Memory below 4 GiB is reached when that above is down at its low mark. */
static void lower_zone(void **unused)
{
	struct model model = { 0 };
	struct outcome outcome;

	add_zone(&model, 0, "DMA32", 1024 * MIB, 800 * MIB);
	add_zone(&model, 0, "Normal", 512 * MIB, 256 * MIB);
	finish(&model);
	outcome = run(&model, &usual, NULL);
	assert_int_equal(outcome.why, WARM_DONE);
	assert_int_equal(outcome.accepted, 1056 * MIB);
	assert_int_equal(outcome.yields, 0);
}

static void two_nodes(void **unused)
{
	struct model model = { 0 };
	struct outcome outcome;

	add_zone(&model, 0, "DMA32", 1024 * MIB, 0);
	add_zone(&model, 0, "Normal", 1024 * MIB, 512 * MIB);
	add_zone(&model, 3, "Normal", 2048 * MIB, 1024 * MIB);
	finish(&model);
	outcome = run(&model, &usual, NULL);
	assert_int_equal(outcome.why, WARM_DONE);
	assert_true(outcome.nodes_in_turn);
	/* What the first node took is given back before the next. */
	assert_true(outcome.held_most < 2048 * MIB);
}

static void dma_is_out_of_reach(void **unused)
{
	struct model model = { 0 };
	struct outcome outcome;

	add_zone(&model, 0, "DMA", 16 * MIB, 8 * MIB);
	add_zone(&model, 0, "Normal", 1024 * MIB, 512 * MIB);
	finish(&model);
	outcome = run(&model, &usual, NULL);
	assert_int_equal(outcome.why, WARM_UNREACHABLE);
	assert_int_equal(outcome.accepted, 512 * MIB);
	assert_int_equal(model.state.scanned, 0);
}

static void group_limit(void **unused)
{
	struct model model;
	struct outcome outcome;

	build(&model, 2048 * MIB, 1400 * MIB);
	model.group = 700 * MIB;
	outcome = run(&model, &usual, NULL);
	assert_int_equal(outcome.why, WARM_GROUP);
	assert_true(outcome.accepted > 0 && outcome.accepted < 700 * MIB);
	assert_true(outcome.held_most <= 700 * MIB);
	/* Once for the limit, and then as often as was asked for. */
	assert_int_equal(outcome.yields, usual.attempts);
}

static void keeps_available(void **unused)
{
	struct warm_limits limits = usual;
	struct model model;
	struct outcome outcome;

	build(&model, 2048 * MIB, 1400 * MIB);
	limits.keep = 16 * 1024 * MIB;
	outcome = run(&model, &limits, NULL);
	assert_int_equal(outcome.why, WARM_AVAILABLE);
	assert_int_equal(outcome.held_most, 0);
	assert_int_equal(outcome.accepted, 0);
}

static void rate(void **unused)
{
	struct warm_limits limits = usual;
	struct model model;
	struct outcome outcome;

	build(&model, 2048 * MIB, 1400 * MIB);
	limits.rate = 100 * MIB;
	outcome = run(&model, &limits, NULL);
	assert_int_equal(outcome.why, WARM_DONE);
	/* The last burst is not waited for; a burst is exceeded by a slice. */
	assert_true(model.now_ns >= (1400 - 32 - 16) * SECOND / 100);
	assert_true(model.now_ns <= 1400 * SECOND / 100 + 2 * SECOND);
}

/* From the fifth second on all memory must be kept for others. */
static struct {
	struct warm_limits limits;
	uint64_t asked_ns, held_then, held_next;
} others;

static void others_want_it(struct model *model)
{
	if (others.asked_ns && others.held_next == UINT64_MAX)
		others.held_next = sum(model->held);
	if (others.asked_ns || model->now_ns < 5 * SECOND)
		return;
	others.asked_ns = model->now_ns;
	others.held_then = sum(model->held);
	others.limits.keep = 16 * 1024 * MIB;
}

/* It looks in a rest as well, which takes 32 s here. */
static void wakes_up(void **unused)
{
	struct model model;

	build(&model, 2048 * MIB, 1400 * MIB);
	others.limits = usual;
	others.limits.rate = MIB;
	others.held_next = UINT64_MAX;
	assert_int_equal(run(&model, &others.limits, others_want_it).why, WARM_AVAILABLE);
	assert_true(others.asked_ns <= 5 * SECOND + SECOND / 50);
	assert_true(others.held_then > 0);
	assert_int_equal(others.held_next, 0);
}

static void half_a_cpu(void **unused)
{
	struct warm_limits limits = usual;
	struct model model;
	uint64_t half;

	build(&model, 2048 * MIB, 1400 * MIB);
	run(&model, &limits, NULL);
	half = model.now_ns;
	build(&model, 2048 * MIB, 1400 * MIB);
	limits.max_cpu = 100;
	run(&model, &limits, NULL);
	assert_in_range(half, model.now_ns * 18 / 10, model.now_ns * 21 / 10);
}

static void waits_for_memory(struct model *model)
{
	model->pressure = 6;
}

static void pressure(void **unused)
{
	struct model model;
	struct outcome outcome;

	build(&model, 2048 * MIB, 1400 * MIB);
	outcome = run(&model, &usual, waits_for_memory);
	assert_int_equal(outcome.why, WARM_PRESSURE);
	assert_int_equal(outcome.held_most, 0);
	assert_int_equal(outcome.yields, usual.attempts);
	/* 1 + 2 + 4 + ... + 64 + 64 seconds. */
	assert_int_equal(model.now_ns / SECOND, 1 + 2 + 4 + 8 + 16 + 32 + 64 + 64);
}

/* Pressure from time to time, and progress in between. */
static void waits_sometimes(struct model *model)
{
	static unsigned calls;

	if (++calls % 40 == 0)
		model->pressure = 50;
}

static void pressure_passes(void **unused)
{
	struct warm_limits limits = usual;
	struct model model;
	struct outcome outcome;

	build(&model, 2048 * MIB, 1900 * MIB);
	limits.attempts = 1;
	limits.slice = 64 * MIB;
	outcome = run(&model, &limits, waits_sometimes);
	assert_int_equal(outcome.why, WARM_DONE);
	assert_true(outcome.yields > limits.attempts);
}

/* A node without room does not keep another one waiting. */
static void full_node(void **unused)
{
	struct model model = { 0 };
	struct outcome outcome;

	add_zone(&model, 0, "Normal", 2048 * MIB, 20 * MIB);
	add_zone(&model, 1, "Normal", 2048 * MIB, 1024 * MIB);
	finish(&model);
	model.used[0] = 2008 * MIB;
	model.zone[0].free -= model.used[0];
	outcome = run(&model, &usual, NULL);
	assert_int_equal(outcome.why, WARM_MARK);
	assert_int_equal(outcome.accepted, 1024 * MIB);
}

/* With any amount free above the promo mark, whole huge pages leave enough for an allocation of
 * another process. */
static void room_above_the_mark(void **unused)
{
	struct model model;
	const struct memory_zone *zone = &model.zone[2];

	for (uint64_t above = 0; above < 8 * MIB; above += 4096) {
		struct warm_state state = { 0 };
		struct warm_step step;
		struct warm_view view;

		build(&model, 2048 * MIB, 1400 * MIB);
		model.zone[2].free = zone->unaccepted + zone->promo + above;
		look(&model, &view);
		warm_decide(&usual, &view, &state, &step);
		assert_int_equal(step.action, WARM_TAKE);
		/* 8 MiB that may be accepted meanwhile are a whole number of huge pages. */
		assert_int_equal((8 * MIB + above - step.small) % (2 * MIB), 7 * MIB / 4);
	}
}

/* A kernel that gives memory again and again, and accepts none. */
static void no_progress(void **unused)
{
	struct warm_state state = { 0 };
	struct model model;
	struct warm_step step;
	struct warm_view view;
	uint64_t taken = 0;

	build(&model, 2048 * MIB, 1400 * MIB);
	look(&model, &view);
	for (warm_decide(&usual, &view, &state, &step); step.action == WARM_TAKE;
	     warm_decide(&usual, &view, &state, &step)) {
		taken += step.bytes;
		assert_true(taken < 2 * model.state.total);
	}
	assert_int_equal(step.action, WARM_YIELD);
	assert_int_equal(step.why, WARM_UNREACHABLE);
}

/* Often little, now and then nearly all there is; it may bring reclaim on itself. */
static void random_work(struct model *model)
{
	unsigned node = model->zone[pick(model->zones)].node;

	if (pick(2))
		give(model, pick(64 * MIB), model->used);
	else if (pick(400))
		allocate(model, node, pick(8 * MIB), model->used);
	else
		allocate(model, node, pick(model->state.total), model->used);
	if (!pick(1000))
		model->pressure = (double)pick(100);
}

static void random_machine(struct model *model)
{
	unsigned nodes = 1 + (unsigned)pick(3);

	*model = (struct model){ 0 };
	if (pick(2))
		add_zone(model, 0, "DMA", 16 * MIB, pick(2) ? 0 : pick(16 * MIB));
	for (unsigned node = 0; node < nodes; node++) {
		if (!node && pick(2)) {
			uint64_t size = (64 + pick(1024)) * MIB;

			add_zone(model, node, "DMA32", size, pick(size));
		}
		uint64_t size = (64 + pick(2048)) * MIB;

		add_zone(model, node, "Normal", size, pick(size));
	}
	finish(model);
	if (!pick(4))
		model->group = (64 + pick(2048)) * MIB;
}

static void random_runs(void **unused)
{
	unsigned done = 0;

	for (unsigned seed = 1; seed <= 400; seed++) {
		struct warm_limits limits = usual;
		struct model model;
		struct outcome outcome;

		random_state = seed * UINT64_C(0x9e3779b97f4a7c15);
		random_machine(&model);
		limits.keep = pick(256) * MIB;
		limits.max_cpu = 1 + (unsigned)pick(100);
		limits.rate = pick(2) ? 0 : (1 + pick(1000)) * MIB;
		limits.slice = (2 + pick(64)) * MIB;
		outcome = run(&model, &limits, pick(4) ? random_work : NULL);
		assert_int_equal(sum(model.held), 0);
		if (outcome.why == WARM_DONE)
			assert_int_equal(model.state.unaccepted, 0);
		done += outcome.why == WARM_DONE;
	}
	/* Groups too small, zones out of reach and greedy workloads are the rest. */
	assert_true(done > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_all),	       cmocka_unit_test(nothing_to_do),
		cmocka_unit_test(lower_zone),	       cmocka_unit_test(two_nodes),
		cmocka_unit_test(dma_is_out_of_reach), cmocka_unit_test(group_limit),
		cmocka_unit_test(keeps_available),     cmocka_unit_test(rate),
		cmocka_unit_test(half_a_cpu),	       cmocka_unit_test(pressure),
		cmocka_unit_test(pressure_passes),     cmocka_unit_test(full_node),
		cmocka_unit_test(no_progress),	       cmocka_unit_test(room_above_the_mark),
		cmocka_unit_test(random_runs),	       cmocka_unit_test(wakes_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
