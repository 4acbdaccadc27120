/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cvmem/table.h>

#include "fake.h"

/* Single ranges with results written down by hand, and what is refused when building. */

#define UNIT (2 * MIB)

static union {
	struct cvm_table table;
	uint64_t words[4];
} store;

struct now {
	int calls, fail_at;
	uint64_t start[4], end[4];
};

static int note(void *ctx, uint64_t start, uint64_t end)
{
	struct now *now = ctx;

	if (now->calls == now->fail_at)
		return CVM_EIO;
	assert_true(now->calls < 4);
	now->start[now->calls] = start;
	now->end[now->calls++] = end;
	return 0;
}

/* 64 units from 4 GiB + 64 MiB on. */
#define BASE (4 * GIB + 64 * MIB)

static int add(struct now *now, uint64_t start, uint64_t end)
{
	struct cvm_table_plan plan = {
		.base = BASE, .end = BASE + 64 * UNIT, .unit_size = UNIT, .bytes = 32
	};

	assert_int_equal(cvm_table_init(&store.table, sizeof(store), &plan), 0);
	return cvm_table_add(&store.table, start, end, note, now);
}

static void expect(uint64_t start, uint64_t end, uint64_t bits, int calls, uint64_t start1,
		   uint64_t end1, uint64_t start2, uint64_t end2)
{
	struct now now = { .fail_at = -1 };

	assert_int_equal(add(&now, start, end), 0);
	assert_int_equal(store.words[3], bits);
	assert_int_equal(now.calls, calls);
	if (calls > 0) {
		assert_int_equal(now.start[0], start1);
		assert_int_equal(now.end[0], end1);
	}
	if (calls > 1) {
		assert_int_equal(now.start[1], start2);
		assert_int_equal(now.end[1], end2);
	}
}

static void test_examples(void **state)
{
	uint64_t at = BASE + 8 * UNIT, top = BASE + 64 * UNIT;

	/* Shorter than two units, aligned or not, is never recorded. */
	expect(at, at + PAGE, 0, 1, at, at + PAGE, 0, 0);
	expect(at, at + UNIT, 0, 1, at, at + UNIT, 0, 0);
	expect(at, at + 2 * UNIT - PAGE, 0, 1, at, at + 2 * UNIT - PAGE, 0, 0);
	expect(at, at + 2 * UNIT, 3 << 8, 0, 0, 0, 0, 0);
	/* Two units long, of which one is whole. */
	expect(at + PAGE, at + 2 * UNIT + PAGE, 1 << 9, 2, at + PAGE, at + UNIT, at + 2 * UNIT,
	       at + 2 * UNIT + PAGE);
	expect(at - PAGE, at + 2 * UNIT - PAGE, 1 << 8, 2, at - PAGE, at, at + UNIT,
	       at + 2 * UNIT - PAGE);
	/* Head alone, tail alone. */
	expect(at + PAGE, at + 3 * UNIT, 6 << 8, 1, at + PAGE, at + UNIT, 0, 0);
	expect(at, at + 3 * UNIT - PAGE, 3 << 8, 1, at + 2 * UNIT, at + 3 * UNIT - PAGE, 0, 0);
	/* Below the base, up to it, over it. */
	expect(GIB, 2 * GIB, 0, 1, GIB, 2 * GIB, 0, 0);
	expect(BASE - 2 * UNIT, BASE, 0, 1, BASE - 2 * UNIT, BASE, 0, 0);
	expect(BASE - 2 * UNIT, BASE + UNIT, 1, 1, BASE - 2 * UNIT, BASE, 0, 0);
	/* Over the end, from it, past it. */
	expect(top - UNIT, top + UNIT, UINT64_C(1) << 63, 1, top, top + UNIT, 0, 0);
	expect(top, top + 2 * UNIT, 0, 1, top, top + 2 * UNIT, 0, 0);
	expect(8 * GIB, 9 * GIB, 0, 1, 8 * GIB, 9 * GIB, 0, 0);
	/* Over both. */
	expect(GIB, 9 * GIB, UINT64_MAX, 2, GIB, BASE, top, 9 * GIB);
	expect(0, CVM_PHYS_END, UINT64_MAX, 2, 0, BASE, top, CVM_PHYS_END);
}

static void test_bad_ranges(void **state)
{
	static const uint64_t bad[][2] = {
		{ BASE, BASE },
		{ BASE + UNIT, BASE },
		{ BASE + 1, BASE + 4 * UNIT },
		{ BASE, BASE + 4 * UNIT + 2048 },
		{ BASE, CVM_PHYS_END + PAGE },
		{ BASE, UINT64_MAX },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct now now = { .fail_at = -1 };

		assert_int_equal(add(&now, bad[i][0], bad[i][1]), CVM_EINVAL);
		assert_int_equal(now.calls, 0);
		assert_int_equal(store.words[3], 0);
	}
}

/* Who cannot accept the edges learns it, and nothing of the range is recorded. */
static void test_refused_edges(void **state)
{
	for (int fail_at = 0; fail_at < 2; fail_at++) {
		struct now now = { .fail_at = fail_at };

		assert_int_equal(add(&now, BASE + PAGE, BASE + 8 * UNIT + PAGE), CVM_EIO);
		assert_int_equal(now.calls, fail_at);
		assert_int_equal(store.words[3], 0);
	}
}

static void test_build_stops(void **state)
{
	struct cvm_range ranges[] = {
		{ BASE, BASE + 4 * UNIT, 0, CVM_MEM_UNACCEPTED },
		{ BASE + 5 * UNIT, BASE + 6 * UNIT, 0, CVM_MEM_UNACCEPTED },
		{ BASE + 8 * UNIT, BASE + 16 * UNIT, 0, CVM_MEM_UNACCEPTED },
	};
	struct cvm_map map = { .range = ranges, .count = 3, .capacity = 3 };
	struct now now = { .fail_at = 0 };
	struct cvm_table_plan plan;

	assert_int_equal(cvm_table_plan(&map, 0, &plan), 0);
	assert_int_equal(cvm_table_init(&store.table, sizeof(store), &plan), 0);
	assert_int_equal(cvm_table_build(&store.table, &map, note, &now), CVM_EIO);
	assert_int_equal(store.words[3], 0xf);
}

static void test_plan(void **state)
{
	static const uint32_t bad_units[] = { 1, 2048, 4097, 6 << 20, UINT32_C(1) << 31 };
	struct cvm_range ranges[] = {
		{ 0, GIB, 0, CVM_MEM_RAM },
		{ GIB, 2 * GIB, 0, CVM_MEM_UNACCEPTED },
		{ 3 * GIB, 4 * GIB, 0, CVM_MEM_RESERVED },
	};
	struct cvm_map map = { .range = ranges, .count = 3, .capacity = 3 };
	struct cvm_table_plan plan;

	for (size_t i = 0; i < sizeof(bad_units) / sizeof(*bad_units); i++) {
		assert_int_equal(cvm_table_plan(&map, bad_units[i], &plan), CVM_EINVAL);
		assert_int_equal(plan.bytes, 0);
	}
	assert_int_equal(cvm_table_plan(&map, 4096, &plan), 0);
	assert_int_equal(plan.bytes, 24 + 32768);
	ranges[1].start += 512;
	assert_int_equal(cvm_table_plan(&map, 0, &plan), CVM_EINVAL);
	assert_int_equal(plan.bytes, 0);
	ranges[1].type = CVM_MEM_RAM;
	assert_int_equal(cvm_table_plan(&map, 0, &plan), 0);
	assert_int_equal(plan.bytes, 0);
	assert_int_equal(cvm_table_init(&store.table, sizeof(store), &plan), CVM_EINVAL);
	plan = (struct cvm_table_plan){ BASE, BASE + UNIT, UNIT, 32 };
	assert_int_equal(cvm_table_init((struct cvm_table *)((char *)&store + 4), 32, &plan),
			 CVM_EINVAL);
	assert_int_equal(cvm_table_init(&store.table, 31, &plan), CVM_ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),      cmocka_unit_test(test_bad_ranges),
		cmocka_unit_test(test_refused_edges), cmocka_unit_test(test_build_stops),
		cmocka_unit_test(test_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
