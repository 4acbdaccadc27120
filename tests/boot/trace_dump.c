/* SPDX-License-Identifier: MIT */
/* Prints what boot/trace.h reads, in the form of scripts/workload/dump.py. */
#include <stdio.h>
#include <stdlib.h>

#include "boot/trace.h"

#define MAX_FILE (1 << 24)

static void print(const struct trace *trace)
{
	struct trace_cursor cursor[TRACE_MAX_STREAMS];
	struct trace_op op, next[TRACE_MAX_STREAMS];
	bool more[TRACE_MAX_STREAMS];
	struct trace_cursor merged;

	for (unsigned cpu = 0; cpu < trace->cpus; cpu++) {
		trace_start(trace, &cursor[cpu], cpu);
		more[cpu] = trace_next(&cursor[cpu], &next[cpu]);
	}
	trace_start_merged(trace, &merged, 0, 1);
	while (trace_next(&merged, &op)) {
		for (unsigned cpu = 0; cpu < trace->cpus; cpu++) {
			if (!more[cpu] || next[cpu].sequence != op.sequence)
				continue;
			printf("%llu %u %s %llu %u\n", (unsigned long long)op.sequence, cpu,
			       op.kind == TRACE_ALLOC ? "alloc" : "free", (unsigned long long)op.id,
			       op.order);
			more[cpu] = trace_next(&cursor[cpu], &next[cpu]);
		}
	}
}

int main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
	uint8_t *data = malloc(MAX_FILE);
	struct trace trace;
	int error;

	if (!file || !data)
		return 1;
	error = trace_open(&trace, data, fread(data, 1, MAX_FILE, file));
	fclose(file);
	if (!error)
		print(&trace);
	free(data);
	return error ? 1 : 0;
}
