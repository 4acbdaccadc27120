/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <cvmem/reserve.h>

#include "fake.h"

/* The reserve over a source and a clock that the test owns. */

#define MS   UINT64_C(1000000)
#define UNIT (2 * MIB)

struct store {
	struct cvm_source source;
	struct cvm_host host;
	uint64_t ready, used, left; /* left: units */
	unsigned brought, refuse;   /* refuse: the number of next units to reject */
	enum cvm_cause cause;
	struct cvm_reserve *other; /* what another CPU steps while a unit is populated */
	uint64_t now, cost;	   /* of the clock; of one unit */
	uint64_t below;		   /* watched; 0: not */
	void (*call)(void *ctx);
	void *call_ctx;
	unsigned woken;
};

static void sample(struct cvm_source *source, uint64_t *ready, uint64_t *used)
{
	struct store *store = (struct store *)source;

	*ready = store->ready;
	*used = store->used;
}

static int populate(struct cvm_source *source, enum cvm_cause cause, uint64_t *bytes)
{
	struct store *store = (struct store *)source;

	if (!store->left)
		return CVM_ENOMEM;
	store->left--;
	store->now += store->cost;
	if (store->other) {
		struct cvm_reserve *reserve = store->other;
		struct cvm_step step;

		store->other = NULL;
		cvm_reserve_step(reserve, &(struct cvm_budget){ 0 }, &step);
		assert_int_equal(step.next, CVM_STEP_SLEEP);
	}
	if (store->refuse) {
		store->refuse--;
		return CVM_EIO;
	}
	store->brought++;
	store->ready += UNIT;
	store->cause = cause;
	*bytes = UNIT;
	return 0;
}

static bool set_watermark(struct cvm_source *source, uint64_t below, void (*call)(void *ctx),
			  void *ctx)
{
	struct store *store = (struct store *)source;

	if (store->ready < below)
		return false;
	store->below = below;
	store->call = call;
	store->call_ctx = ctx;
	return true;
}

static uint64_t now_ns(void *ctx)
{
	return ((struct store *)ctx)->now;
}

static void wake(void *ctx)
{
	((struct store *)ctx)->woken++;
}

/* An allocation: it brings memory in itself when nothing is ready. */
static void take(struct store *store, uint64_t bytes)
{
	uint64_t gained;

	while (store->ready < bytes)
		if (populate(&store->source, CVM_CAUSE_PAGES, &gained))
			return;
	store->ready -= bytes;
	store->used += bytes;
	if (store->ready < store->below) {
		store->below = 0;
		store->call(store->call_ctx);
	}
}

static struct cvm_reserve start(struct store *store, enum cvm_reserve_policy policy, uint64_t units)
{
	struct cvm_reserve_config config = {
		.source = &store->source,
		.policy = policy,
		.floor = 8 * UNIT,
		.ceiling = 64 * UNIT,
		.horizon_ns = 100 * MS,
		.host = &store->host,
		.wake = wake,
		.wake_ctx = store,
	};
	struct cvm_reserve reserve;

	*store = (struct store){
		.source = { sample, populate, set_watermark, UNIT },
		.host = { .now_ns = now_ns, .ctx = store },
		.left = units,
		.now = 7 * MS,
		.cost = MS,
	};
	assert_int_equal(cvm_reserve_init(&reserve, &config), 0);
	return reserve;
}

static struct cvm_step step(struct cvm_reserve *reserve, struct cvm_budget budget)
{
	struct cvm_step step;

	memset(&step, 0xee, sizeof(step));
	cvm_reserve_step(reserve, &budget, &step);
	return step;
}

static const struct cvm_budget idle;

static void test_init(void **state)
{
	struct store store;
	struct cvm_reserve reserve = start(&store, CVM_RESERVE_BACKGROUND, 1);
	struct cvm_reserve_config good = reserve.config, bad = good;

	bad.source = NULL;
	assert_int_equal(cvm_reserve_init(&reserve, &bad), CVM_EINVAL);
	bad = good;
	bad.floor = bad.ceiling + 1;
	assert_int_equal(cvm_reserve_init(&reserve, &bad), CVM_EINVAL);
	bad = good;
	bad.horizon_ns = 61000 * MS;
	assert_int_equal(cvm_reserve_init(&reserve, &bad), CVM_EINVAL);
	bad = good;
	bad.floor = bad.ceiling = bad.horizon_ns = 0;
	assert_int_equal(cvm_reserve_init(&reserve, &bad), 0);
	assert_int_equal(reserve.config.floor, CVM_RESERVE_FLOOR);
	assert_int_equal(reserve.config.ceiling, CVM_RESERVE_CEILING);
	assert_int_equal(reserve.config.horizon_ns, CVM_RESERVE_HORIZON_NS);
}

/* Ready from the first step on: the floor, to the unit, and then nothing more. */
static void test_floor(void **state)
{
	struct store store;
	struct cvm_reserve reserve = start(&store, CVM_RESERVE_BACKGROUND, 1000);
	struct cvm_step did = step(&reserve, idle);

	assert_int_equal(did.next, CVM_STEP_SLEEP);
	assert_int_equal(did.units, 8);
	assert_int_equal(did.bytes, 8 * UNIT);
	assert_int_equal(did.failed, 0);
	assert_int_equal(did.sleep_ns, 100 * MS);
	assert_int_equal(store.cause, CVM_CAUSE_BACKGROUND);
	for (int i = 0; i < 10; i++)
		assert_int_equal(step(&reserve, idle).units, 0);
	assert_int_equal(store.brought, 8);
}

/* Units that are being populated count: two CPUs do not populate more than one would. */
static void test_in_flight(void **state)
{
	struct store store;
	struct cvm_reserve reserve = start(&store, CVM_RESERVE_BACKGROUND, 1000);

	store.other = &reserve;
	assert_int_equal(step(&reserve, idle).units, 1);
	assert_int_equal(store.brought, 8);
	assert_int_equal(store.ready, 8 * UNIT);
}

static void test_lazy(void **state)
{
	struct store store;
	struct cvm_reserve reserve = start(&store, CVM_RESERVE_LAZY, 1000);
	struct cvm_step did = step(&reserve, idle);

	assert_int_equal(did.next, CVM_STEP_DONE);
	assert_int_equal(did.sleep_ns, UINT64_MAX);
	assert_int_equal(store.brought, 0);
	assert_int_equal(store.below, 0);
	cvm_reserve_set_policy(&reserve, CVM_RESERVE_BACKGROUND);
	assert_int_equal(step(&reserve, idle).units, 8);
}

/* Everything, in budgets, whatever the load; and again when there is more. */
static void test_eager(void **state)
{
	struct store store;
	struct cvm_reserve reserve = start(&store, CVM_RESERVE_EAGER, 1000);
	struct cvm_step did;

	for (unsigned i = 0; i < 1000 / 7; i++) {
		did = step(&reserve, (struct cvm_budget){ .units = 7, .load = 100 });
		assert_int_equal(did.next, CVM_STEP_AGAIN);
		assert_int_equal(did.sleep_ns, 0);
		assert_int_equal(store.brought, 7 * (i + 1));
	}
	did = step(&reserve, (struct cvm_budget){ .units = 7 });
	assert_int_equal(did.next, CVM_STEP_DONE);
	assert_int_equal(did.units, 1000 % 7);
	assert_int_equal(did.sleep_ns, UINT64_MAX);
	assert_int_equal(store.cause, CVM_CAUSE_EAGER);
	assert_int_equal(step(&reserve, idle).next, CVM_STEP_DONE);
	store.left = 3;
	did = step(&reserve, idle);
	assert_int_equal(did.next, CVM_STEP_DONE);
	assert_int_equal(did.units, 3);
}

static void test_exhausted(void **state)
{
	struct store store;
	struct cvm_reserve reserve = start(&store, CVM_RESERVE_BACKGROUND, 5);
	struct cvm_step did = step(&reserve, idle);

	assert_int_equal(did.next, CVM_STEP_DONE);
	assert_int_equal(did.units, 5);
	store.left = 100;
	did = step(&reserve, idle);
	assert_int_equal(did.next, CVM_STEP_SLEEP);
	assert_int_equal(did.units, 3);
}

/* A budget is never exceeded, neither by units nor by one that begins too late. */
static void test_budget(void **state)
{
	uint64_t seed = 3;

	for (int round = 0; round < 200; round++) {
		struct store store;
		struct cvm_reserve reserve = start(&store, CVM_RESERVE_BACKGROUND, 1000);
		struct cvm_budget budget = { (unsigned)below(&seed, 12), below(&seed, 12) * MS, 0 };
		uint64_t expect = 8, began = store.now;
		struct cvm_step did;

		if (budget.units && budget.units < expect)
			expect = budget.units;
		if (budget.ns && budget.ns / MS < expect)
			expect = budget.ns / MS;
		store.refuse = (unsigned)below(&seed, 3);
		did = step(&reserve, budget);
		if (expect == 8)
			continue;
		assert_int_equal(did.units + did.failed, expect);
		assert_int_equal(store.now - began, expect * MS);
		assert_int_equal(did.next, CVM_STEP_AGAIN);
	}
}

/* The clock stands at 2.5 ms when the third unit is over: it was begun in time. */
static void test_budget_between(void **state)
{
	struct store store;
	struct cvm_reserve reserve = start(&store, CVM_RESERVE_BACKGROUND, 1000);

	assert_int_equal(step(&reserve, (struct cvm_budget){ .ns = 2 * MS + MS / 2 }).units, 3);
}

static void test_refused(void **state)
{
	struct store store;
	struct cvm_reserve reserve = start(&store, CVM_RESERVE_BACKGROUND, 20);
	struct cvm_reserve_stats stats;
	struct cvm_step did;

	store.refuse = 4;
	did = step(&reserve, idle);
	assert_int_equal(did.next, CVM_STEP_SLEEP);
	assert_int_equal(did.failed, 4);
	assert_int_equal(did.units, 8);
	/* The step ends even if the host rejects everything. */
	cvm_reserve_set_policy(&reserve, CVM_RESERVE_EAGER);
	store.refuse = 1000;
	did = step(&reserve, idle);
	assert_int_equal(did.next, CVM_STEP_DONE);
	assert_int_equal(did.failed, 8);
	cvm_reserve_get_stats(&reserve, &stats);
	assert_int_equal(stats.failed, 12);
	assert_int_equal(stats.units, 8);
	assert_int_equal(stats.bytes, 8 * UNIT);
	assert_int_equal(stats.steps, 2);
	/* 20 units were tried, at a cost of 1 ms each. */
	assert_int_equal(stats.busy_ns, 20 * MS);
}

/* One millisecond of a workload that takes `rate` units in it, then an idle step. */
static struct cvm_step tick(struct store *store, struct cvm_reserve *reserve, unsigned rate,
			    unsigned load)
{
	store->now += MS;
	take(store, rate * UNIT);
	return step(reserve, (struct cvm_budget){ .load = load });
}

static uint64_t target(struct cvm_reserve *reserve)
{
	struct cvm_reserve_stats stats;

	cvm_reserve_get_stats(reserve, &stats);
	return stats.target;
}

/* The target is rate times horizon, between floor and ceiling, and falls when the rate does. */
static void test_target_follows(void **state)
{
	struct store store;
	struct cvm_reserve reserve = start(&store, CVM_RESERVE_BACKGROUND, 1000000);
	uint64_t before;

	store.cost = 0;
	step(&reserve, idle);
	/* One unit in 4 ms is 25 in a horizon. */
	for (int i = 0; i < 1000; i++)
		tick(&store, &reserve, i % 4 == 3, 0);
	assert_true(target(&reserve) > 24 * UNIT && target(&reserve) < 26 * UNIT);
	assert_true(store.ready >= target(&reserve) && store.ready < target(&reserve) + UNIT);
	/* Three in 1 ms are 300: the ceiling. */
	for (int i = 0; i < 400; i++)
		tick(&store, &reserve, 3, 0);
	assert_int_equal(target(&reserve), 64 * UNIT);
	assert_int_equal(store.ready, 64 * UNIT);
	/* Nothing: the demand decays with time, whether in one step or many. */
	store.now += 100 * MS;
	step(&reserve, idle);
	before = target(&reserve);
	for (int i = 0; i < 1000; i++)
		tick(&store, &reserve, 0, 0);
	assert_true(before == 64 * UNIT && target(&reserve) == 8 * UNIT);
	assert_int_equal(store.ready, 64 * UNIT);
}

/* Memory that comes and goes needs no more acceptance: only growth counts. */
static void test_frees(void **state)
{
	struct store store;
	struct cvm_reserve reserve = start(&store, CVM_RESERVE_BACKGROUND, 1000000);
	uint64_t before;

	step(&reserve, idle);
	for (int i = 0; i < 500; i++) {
		take(&store, 5 * UNIT);
		store.used -= 5 * UNIT;
		store.ready += 5 * UNIT;
		tick(&store, &reserve, 0, 0);
	}
	assert_int_equal(target(&reserve), 8 * UNIT);
	assert_int_equal(store.brought, 8);
	/* Use that shrinks between two steps is no use. */
	store.cost = 0;
	take(&store, 20 * UNIT);
	step(&reserve, idle);
	before = target(&reserve);
	assert_true(before >= 20 * UNIT && before < 21 * UNIT);
	store.used -= 20 * UNIT;
	step(&reserve, idle);
	assert_true(target(&reserve) <= before);
}

/* Load takes away what is above the floor, and nothing of the floor. */
static void test_load(void **state)
{
	for (unsigned load = 0; load <= 120; load += 5) {
		unsigned share = load < 100 ? load : 100;
		struct store store;
		struct cvm_reserve reserve = start(&store, CVM_RESERVE_BACKGROUND, 1000000);
		uint64_t expect;

		store.cost = 0;
		for (int i = 0; i < 300; i++)
			tick(&store, &reserve, 2, 0);
		assert_int_equal(target(&reserve), 64 * UNIT);
		take(&store, store.ready);
		store.brought = 0;
		step(&reserve, (struct cvm_budget){ .load = load });
		expect = 8 * UNIT + (64 - 8) * UNIT * (100 - share) / 100;
		assert_int_equal(store.brought, (expect + UNIT - 1) / UNIT);
	}
}

/* The allocation that crosses the line tells once, and the next only after the next step. */
static void test_wake(void **state)
{
	struct store store;
	struct cvm_reserve reserve = start(&store, CVM_RESERVE_BACKGROUND, 1000);
	struct cvm_reserve_stats stats;

	take(&store, UNIT);
	assert_int_equal(store.woken, 0);
	step(&reserve, idle);
	assert_int_equal(store.woken, 0);
	take(&store, PAGE);
	assert_int_equal(store.woken, 1);
	take(&store, 3 * UNIT);
	assert_int_equal(store.woken, 1);
	step(&reserve, idle);
	take(&store, 2 * UNIT);
	assert_int_equal(store.woken, 2);
	cvm_reserve_get_stats(&reserve, &stats);
	assert_int_equal(stats.wakes, 2);
}

/* Asleep until half of what is there above the line is gone at the present rate. */
static void test_sleep(void **state)
{
	struct store store;
	struct cvm_reserve reserve = start(&store, CVM_RESERVE_BACKGROUND, 1000000);
	struct cvm_step did = { 0 };
	unsigned woken;

	store.cost = 0;
	for (int i = 0; i < 2000; i++)
		did = tick(&store, &reserve, i % 4 == 3, 0);
	/* 25 units last a horizon; the line is at 12.5. */
	assert_int_equal(did.next, CVM_STEP_SLEEP);
	assert_true(did.sleep_ns > 48 * MS && did.sleep_ns < 56 * MS);
	store.now += did.sleep_ns;
	woken = store.woken;
	take(&store, 12 * UNIT);
	assert_int_equal(store.woken, woken);
	take(&store, 2 * UNIT);
	assert_int_equal(store.woken, woken + 1);
}

/* A clock that stands or runs backwards, and none at all. */
static void test_clocks(void **state)
{
	struct store store;
	struct cvm_reserve reserve = start(&store, CVM_RESERVE_BACKGROUND, 1000000);
	struct cvm_reserve_config config = reserve.config;

	store.cost = 0;
	for (int i = 0; i < 50; i++) {
		take(&store, UNIT);
		store.now -= 1000;
		step(&reserve, idle);
	}
	assert_int_equal(target(&reserve), 50 * UNIT);
	config.host = NULL;
	assert_int_equal(cvm_reserve_init(&reserve, &config), 0);
	for (int i = 0; i < 500; i++) {
		take(&store, UNIT);
		step(&reserve, (struct cvm_budget){ .ns = 1 });
	}
	assert_int_equal(target(&reserve), 8 * UNIT);
}

/* Nodes: the one with the least of its target comes first, and none is forgotten. */
static void test_nodes(void **state)
{
	struct store stores[3];
	struct cvm_reserve nodes[3];
	struct cvm_budget budget = { .units = 1 };
	struct cvm_step did;

	for (int i = 0; i < 3; i++)
		nodes[i] = start(&stores[i], CVM_RESERVE_BACKGROUND, 100);
	stores[0].ready = 6 * UNIT;
	stores[1].ready = 4 * UNIT;
	stores[2].ready = 5 * UNIT;
	for (int i = 0; i < 9; i++) {
		uint64_t before[3], least = UINT64_MAX;

		for (int j = 0; j < 3; j++) {
			before[j] = stores[j].ready;
			least = before[j] < least ? before[j] : least;
		}
		cvm_reserve_step_nodes(nodes, 3, &budget, &did);
		assert_int_equal(did.units, 1);
		for (int j = 0; j < 3; j++)
			assert_true(stores[j].ready == before[j] || before[j] == least);
	}
	for (int i = 0; i < 3; i++)
		assert_int_equal(stores[i].ready, 8 * UNIT);
	cvm_reserve_step_nodes(nodes, 3, &idle, &did);
	assert_int_equal(did.next, CVM_STEP_SLEEP);
	/* One without memory does not keep the others from theirs. */
	stores[1].left = 0;
	stores[1].ready = 0;
	take(&stores[2], UNIT);
	cvm_reserve_step_nodes(nodes, 3, &idle, &did);
	assert_int_equal(did.next, CVM_STEP_SLEEP);
	assert_int_equal(did.units, 1);
	assert_int_equal(stores[2].ready, 8 * UNIT);
	cvm_reserve_step_nodes(nodes, 0, &idle, &did);
	assert_int_equal(did.next, CVM_STEP_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init),	  cmocka_unit_test(test_floor),
		cmocka_unit_test(test_in_flight), cmocka_unit_test(test_lazy),
		cmocka_unit_test(test_eager),	  cmocka_unit_test(test_exhausted),
		cmocka_unit_test(test_budget),	  cmocka_unit_test(test_budget_between),
		cmocka_unit_test(test_refused),	  cmocka_unit_test(test_target_follows),
		cmocka_unit_test(test_frees),	  cmocka_unit_test(test_load),
		cmocka_unit_test(test_wake),	  cmocka_unit_test(test_sleep),
		cmocka_unit_test(test_clocks),	  cmocka_unit_test(test_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
