/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cvmem/base.h>
#include "boot/trace.h"
#include "tests/boot/trace_walk.h"

#define MIB	 ((uint64_t)1 << 20)
#define MAX_FILE (1500 * 1000)

static const char *path;
static uint8_t *data;
static size_t bytes;
static struct trace trace;

static int load(void **state)
{
	FILE *file = fopen(path, "rb");

	data = malloc(MAX_FILE + 1);
	if (!file || !data)
		return -1;
	bytes = fread(data, 1, MAX_FILE + 1, file);
	fclose(file);
	return trace_open(&trace, data, bytes);
}

static int drop(void **state)
{
	free(data);
	return 0;
}

static void test_plausible(void **state)
{
	assert_in_range(bytes, 1, MAX_FILE);
	assert_int_equal(trace.cpus, 4);
	assert_in_range(trace.ops, 20000, 2000000);
	assert_in_range(trace.shell_ops, trace.ops / 2, trace.ops - 1);
	assert_in_range(trace.ram_bytes, 2000 * MIB, 2048 * MIB);
	assert_in_range(trace.kernel_bytes, 20 * MIB, 100 * MIB);
	assert_in_range(trace.initrd_bytes, 1 * MIB, 200 * MIB);
	assert_in_range(trace.early_bytes, 1 * MIB, 200 * MIB);
	assert_int_equal(trace.memmap_bytes, 2048 * MIB / 4096 * 64);
	assert_in_range(trace.peak_pages, 10 * MIB / 4096, 1024 * MIB / 4096);
	assert_in_range(trace.end_pages, 1, trace.peak_pages);
}

/* One operation: its id must not be live before an allocation, and must be before a free. */
static uint64_t step(uint8_t *live, const struct trace_op *op, uint64_t pages)
{
	if (op->kind == TRACE_ALLOC) {
		assert_int_equal(live[op->id], 0);
		live[op->id] = op->order + 1;
		return pages + (1 << op->order);
	}
	assert_int_equal(live[op->id], op->order + 1);
	live[op->id] = UINT8_MAX;
	return pages - (1 << op->order);
}

static void test_replay(void **state)
{
	uint8_t *live = calloc(trace.ids, 1);
	uint64_t pages = 0, peak = 0;
	struct trace_cursor cursor;
	struct trace_op op;

	assert_non_null(live);
	trace_start_merged(&trace, &cursor, 0, 1);
	while (trace_next(&cursor, &op)) {
		pages = step(live, &op, pages);
		if (pages > peak)
			peak = pages;
	}
	assert_int_equal(peak, trace.peak_pages);
	assert_int_equal(pages, trace.end_pages);
	free(live);
}

/* Replays with CPUs that run, one after the other, until they need what is not yet allocated. */
static void replay_blocking(unsigned vcpus)
{
	struct trace_cursor *cursor = calloc(vcpus, sizeof(*cursor));
	struct trace_op *next = calloc(vcpus, sizeof(*next));
	bool *more = calloc(vcpus, sizeof(*more));
	uint8_t *live = calloc(trace.ids, 1);
	uint64_t done = 0, before, pages = 0, waits = 0;

	assert_true(cursor && next && more && live);
	for (unsigned v = 0; v < vcpus; v++) {
		trace_start_merged(&trace, &cursor[v], v, vcpus);
		more[v] = trace_next(&cursor[v], &next[v]);
	}
	do {
		before = done;
		for (unsigned v = vcpus; v--;) {
			for (; more[v]; more[v] = trace_next(&cursor[v], &next[v])) {
				if (next[v].kind == TRACE_FREE && !live[next[v].id])
					break;
				pages = step(live, &next[v], pages);
				done++;
			}
			waits += more[v];
		}
	} while (done > before);
	assert_int_equal(done, trace.ops);
	assert_int_equal(pages, trace.end_pages);
	/* Memory does travel between CPUs: the test has seen them wait. */
	assert_true(vcpus == 1 || waits > 0);
	free(live);
	free(more);
	free(next);
	free(cursor);
}

static void test_no_deadlock(void **state)
{
	for (unsigned vcpus = 1; vcpus <= 5; vcpus++)
		replay_blocking(vcpus);
}

static void test_damaged(void **state)
{
	for (size_t at = 0; at < bytes; at += bytes / 100) {
		data[at] ^= 1 << at % 8;
		walk_copy(data, bytes);
		data[at] ^= 1 << at % 8;
		assert_int_equal(walk_copy(data, at), CVM_EINVAL);
	}
	assert_int_equal(walk_copy(data, bytes), CVM_OK);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plausible),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_no_deadlock),
		cmocka_unit_test(test_damaged),
	};

	if (argc != 2)
		return 2;
	path = argv[1];
	return cmocka_run_group_tests_name("workload", tests, load, drop);
}
