/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cvmem/base.h>
#include "boot/trace.h"
#include "tests/boot/trace_walk.h"

static void walk_merged(const struct trace *trace)
{
	struct trace_cursor cursor;
	uint64_t ops = 0, ids = 0;
	struct trace_op op;

	trace_start_merged(trace, &cursor, 0, 1);
	while (trace_next(&cursor, &op)) {
		assert_int_equal(op.sequence, ops++);
		assert_in_range(op.order, 0, TRACE_MAX_ORDER);
		if (op.kind == TRACE_ALLOC)
			assert_int_equal(op.id, ids++);
		assert_true(op.id < ids);
	}
	assert_int_equal(ops, trace->ops);
	assert_int_equal(ids, trace->ids);
	assert_false(trace_next(&cursor, &op));
}

/* Every way to share the streams out, the last with a CPU that gets none. */
static void walk_shares(const struct trace *trace, unsigned vcpus)
{
	struct trace_cursor cursor;
	struct trace_op op;
	uint64_t ops = 0;

	for (unsigned v = 0; v < vcpus; v++) {
		uint64_t least = 0;

		trace_start_merged(trace, &cursor, v, vcpus);
		while (trace_next(&cursor, &op)) {
			assert_true(op.sequence >= least);
			least = op.sequence + 1;
			ops++;
		}
	}
	assert_int_equal(ops, trace->ops);
}

int walk_copy(const void *data, size_t bytes)
{
	uint8_t *copy = malloc(bytes ? bytes : 1);
	struct trace trace;
	int error;

	assert_non_null(copy);
	memcpy(copy, data, bytes);
	error = trace_open(&trace, copy + (bytes ? 0 : 1), bytes);
	if (!error) {
		walk_merged(&trace);
		for (unsigned vcpus = 2; vcpus <= trace.cpus + 1; vcpus++)
			walk_shares(&trace, vcpus);
	}
	free(copy);
	return error;
}
