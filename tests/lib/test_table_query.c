/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cvmem/table.h>

#include "fake.h"

/* any, count and next against a loop over single bits. */

#define WORDS 8

static union {
	struct cvm_table table;
	uint64_t words[3 + WORDS];
} store;

static const struct cvm_table *const table = &store.table;

static bool naive(uint64_t unit)
{
	return store.words[3 + unit / 64] >> unit % 64 & 1;
}

static uint64_t top(void)
{
	return table->phys_base + table->size * 8 * table->unit_size;
}

/* The part of unit `i` that lies in [start, end). */
static bool overlap(uint64_t i, uint64_t start, uint64_t end, uint64_t *from, uint64_t *to)
{
	*from = table->phys_base + i * table->unit_size;
	*to = *from + table->unit_size;
	*from = *from > start ? *from : start;
	*to = *to < end ? *to : end;
	return *from < *to;
}

/* [start, end) as pieces that are accepted or not, one for each unit and each side. */
struct piece {
	uint64_t start, end;
	bool unaccepted;
};

static size_t pieces(uint64_t start, uint64_t end, struct piece *piece)
{
	uint64_t from, to, base = table->phys_base, last = top();
	size_t n = 0;

	if (start < base && start < end)
		piece[n++] = (struct piece){ start, end < base ? end : base, false };
	for (uint64_t i = 0; i < table->size * 8; i++)
		if (overlap(i, start, end, &from, &to))
			piece[n++] = (struct piece){ from, to, naive(i) };
	if (end > last && start < end)
		piece[n++] = (struct piece){ start > last ? start : last, end, false };
	return n;
}

static void check_next(uint64_t start, uint64_t end, bool accepted, const struct piece *piece,
		       size_t n)
{
	uint64_t from = start, to = end;
	bool found = cvm_table_next(table, &from, &to, accepted);
	size_t i = 0, j;

	while (i < n && piece[i].unaccepted == accepted)
		i++;
	assert_int_equal(found, i < n);
	if (!found)
		return;
	for (j = i; j < n && piece[j].unaccepted != accepted; j++)
		;
	assert_int_equal(from, piece[i].start);
	assert_int_equal(to, piece[j - 1].end);
}

static void check_range(uint64_t start, uint64_t end)
{
	static struct piece piece[WORDS * 64 + 2];
	size_t n = pieces(start, end, piece);
	uint64_t bytes = 0;

	for (size_t i = 0; i < n; i++)
		bytes += piece[i].unaccepted ? piece[i].end - piece[i].start : 0;
	assert_int_equal(cvm_table_any(table, start, end), bytes > 0);
	assert_int_equal(cvm_table_count(table, start, end), bytes);
	check_next(start, end, false, piece, n);
	check_next(start, end, true, piece, n);
}

static uint64_t anywhere(uint64_t *seed)
{
	uint64_t at = table->phys_base + below(seed, table->size * 8 + 1) * table->unit_size;

	switch (below(seed, 8)) {
	case 0:
		return below(seed, table->phys_base + 1);
	case 1:
		return top() + below(seed, 3 * table->unit_size);
	case 2:
		return rng(seed);
	case 3:
		return at - 1;
	case 4:
		return at + 1;
	case 5:
		return at + below(seed, table->unit_size);
	default:
		return at;
	}
}

static void fill(uint64_t *seed)
{
	for (unsigned i = 0; i < WORDS; i++) {
		uint64_t word = rng(seed);

		switch (below(seed, 5)) {
		case 0:
			word = 0;
			break;
		case 1:
			word = UINT64_MAX;
			break;
		case 2:
			word = UINT64_C(1) << word % 64;
			break;
		case 3:
			word = UINT64_MAX << word % 64;
			break;
		}
		store.words[3 + i] = word;
	}
}

static void test_random(void **state)
{
	uint64_t seed = 3;

	for (int round = 0; round < 300; round++) {
		store.table.version = 1;
		store.table.unit_size = UINT32_C(1) << (12 + below(&seed, 19));
		store.table.phys_base = (1 + below(&seed, 100000)) * table->unit_size;
		store.table.size = 1 + below(&seed, WORDS * 8);
		fill(&seed);
		if (round % 10 == 0)
			memset(store.table.bitmap, 0, WORDS * 8);
		for (int i = 0; i < 100; i++)
			check_range(anywhere(&seed), anywhere(&seed));
		check_range(0, UINT64_MAX);
		check_range(table->phys_base, top());
	}
}

static void test_edges(void **state)
{
	memset(&store, 0, sizeof(store));
	store.table.version = 1;
	store.table.unit_size = 2 * MIB;
	store.table.phys_base = 0;
	store.table.size = 0;
	check_range(0, 0);
	check_range(0, UINT64_MAX);
	store.table.phys_base = 2 * MIB;
	check_range(0, UINT64_MAX);
	check_range(MIB, 3 * MIB);
	check_range(2 * MIB, 3 * MIB);
	store.table.phys_base = 0;
	store.table.size = 8;
	store.words[3] = 1;
	check_range(0, 1);
	check_range(2 * MIB - 1, 2 * MIB);
	check_range(2 * MIB, 2 * MIB + 1);
	check_range(0, UINT64_MAX);
	check_range(UINT64_MAX, UINT64_MAX);
	check_range(GIB, 0);
	store.words[3] = UINT64_C(1) << 63;
	check_range(126 * MIB - 1, 126 * MIB);
	check_range(126 * MIB, 126 * MIB + 1);
	check_range(128 * MIB - 1, UINT64_MAX);
	check_range(128 * MIB, UINT64_MAX);
}

/* Queries run while other CPUs clear bits: each answer was true at some time. */
static void *toggle(void *ctx)
{
	for (int i = 0; i < 2000000; i++)
		__atomic_fetch_xor(&store.words[3], 1, __ATOMIC_ACQ_REL);
	__atomic_store_n((int *)ctx, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void test_while_bits_change(void **state)
{
	pthread_t thread;
	int done = 0;

	memset(&store, 0, sizeof(store));
	store.table.version = 1;
	store.table.unit_size = 2 * MIB;
	store.table.phys_base = 0;
	store.table.size = 8;
	assert_int_equal(pthread_create(&thread, NULL, toggle, &done), 0);
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
		uint64_t count = cvm_table_count(table, MIB, 4 * MIB), from = MIB, to = 4 * MIB;

		assert_true(count == 0 || count == MIB);
		if (cvm_table_next(table, &from, &to, false))
			assert_true(from == MIB && to == 2 * MIB);
	}
	pthread_join(thread, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_while_bits_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
