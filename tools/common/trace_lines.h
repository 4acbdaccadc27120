/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_TRACE_LINES_H
#define TOOLS_COMMON_TRACE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads the trace that `cvmem vm --trace` writes (docs/vm.md, "The trace"). */

struct trace_event {
	uint64_t ns; /* since QEMU's start */
	unsigned vcpu;
	char phase[16], name[16];
	uint64_t gpa, size; /* a range of pages below 64 TiB */
};

struct trace_lines {
	const char *at, *end;
	unsigned line, vcpus;
	const char *error; /* of `line`; NULL: none so far */
};

bool trace_lines_are(const void *data, size_t bytes);

/* Reads the first line. False: error is set. */
bool trace_lines_begin(struct trace_lines *lines, const char *text, size_t bytes);

/* False: after the last event, or error is set, also when the line "end" is missing. */
bool trace_lines_next(struct trace_lines *lines, struct trace_event *event);

#endif
