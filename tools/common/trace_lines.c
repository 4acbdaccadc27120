/* SPDX-License-Identifier: MIT */
#include "tools/common/trace_lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAGIC	"cvmem-trace 1 "
#define MAX_GPA (UINT64_C(1) << 46)
#define PAGE	UINT64_C(4096)

static bool fail(struct trace_lines *lines, const char *what)
{
	lines->error = what;
	return false;
}

bool trace_lines_are(const void *data, size_t bytes)
{
	return bytes >= strlen(MAGIC) && !memcmp(data, MAGIC, strlen(MAGIC));
}

/* The line without its newline. */
static bool read_line(struct trace_lines *lines, char *line, size_t size)
{
	const char *stop = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
	size_t length;

	lines->line++;
	if (!stop)
		return fail(lines, "the end is missing: the machine is still running, or was "
				   "killed");
	length = (size_t)(stop - lines->at);
	if (length >= size)
		length = size - 1;
	memcpy(line, lines->at, length);
	line[length] = '\0';
	lines->at = stop + 1;
	return true;
}

bool trace_lines_begin(struct trace_lines *lines, const char *text, size_t bytes)
{
	char line[160], more[2];

	*lines = (struct trace_lines){ .at = text, .end = text + bytes };
	if (!read_line(lines, line, sizeof(line)))
		return false;
	if (sscanf(line, MAGIC "%*15s %u %1s", &lines->vcpus, more) != 1 || !lines->vcpus)
		return fail(lines, "not a platform and a number of vCPUs");
	return true;
}

bool trace_lines_next(struct trace_lines *lines, struct trace_event *event)
{
	static const char form[] = "%" SCNu64 " %u %15s %15s %" SCNx64 " %" SCNx64 " %1s";
	char line[160], more[2];

	if (!read_line(lines, line, sizeof(line)) || !strcmp(line, "end"))
		return false;
	if (sscanf(line, form, &event->ns, &event->vcpu, event->phase, event->name, &event->gpa,
		   &event->size, more) != 6)
		return fail(lines, "not nanoseconds, vCPU, phase, event, address and size");
	if (event->vcpu >= lines->vcpus)
		return fail(lines, "there is no such vCPU");
	if (!event->size || event->gpa % PAGE || event->size % PAGE || event->gpa > MAX_GPA ||
	    event->size > MAX_GPA)
		return fail(lines, "not a range of pages below 64 TiB");
	return true;
}
