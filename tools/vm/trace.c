/* SPDX-License-Identifier: MIT */
#include "tools/vm/trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/page_set.h"
#include "tools/common/trace_lines.h"

#define GIB UINT64_C(0x40000000)

const char *const vm_phase_names[VM_PHASES + 1] = { "launch", "firmware", "stub", "kernel", NULL };

/* Where QEMU's q35 has its memory (hw/i386/pc_q35.c): below 4 GiB is a hole for devices. */
struct layout {
	uint64_t low, high; /* bytes from 0 and from 4 GiB */
};

static struct layout layout_of(uint64_t memory_bytes)
{
	uint64_t most = UINT64_C(0xb0000000);
	uint64_t low = memory_bytes >= most ? 2 * GIB : memory_bytes;

	return (struct layout){ .low = low, .high = memory_bytes - low };
}

/* [gpa, gpa + size) as far as it is memory; the firmware's flash is not. */
static void place(struct timeline *timeline, const struct layout *layout, uint64_t gpa,
		  uint64_t size, unsigned phase)
{
	uint64_t end = gpa + size, high_end = 4 * GIB + layout->high;

	if (gpa < layout->low)
		timeline_place(timeline, gpa, (end < layout->low ? end : layout->low) - gpa, phase);
	if (end > high_end)
		end = high_end;
	if (gpa >= 4 * GIB && gpa < end)
		timeline_place(timeline, layout->low + gpa - 4 * GIB, end - gpa, phase);
}

static enum vm_phase phase_of(const struct trace_event *event)
{
	enum vm_phase phase = 0;

	while (phase < VM_PHASES && strcmp(event->phase, vm_phase_names[phase]))
		phase++;
	return phase;
}

static void take_accept(struct vm_history *history, struct page_set *seen,
			const struct layout *layout, const struct trace_event *event,
			enum vm_phase phase)
{
	uint64_t fresh = 0;

	/* Mostly a range is new or old as a whole; where it is mixed, each page has its place. */
	for (uint64_t gpa = event->gpa; gpa < event->gpa + event->size; gpa += PAGE_SET_PAGE) {
		if (!page_set_add(seen, gpa, PAGE_SET_PAGE))
			continue;
		fresh += PAGE_SET_PAGE;
		place(&history->timeline, layout, gpa, PAGE_SET_PAGE, phase);
	}
	if (fresh)
		timeline_add(&history->timeline, event->ns, fresh, phase);
	history->again_bytes += event->size - fresh;
}

/* False: there is no line of a trace at all. */
static bool last_event(const char *text, size_t bytes, uint64_t *ns)
{
	struct trace_lines lines;
	struct trace_event event;

	if (!trace_lines_begin(&lines, text, bytes))
		return false;
	while (trace_lines_next(&lines, &event))
		*ns = event.ns;
	return true;
}

static bool take_text(struct vm_history *history, const char *text, size_t bytes,
		      uint64_t memory_bytes)
{
	struct layout layout = layout_of(memory_bytes);
	struct page_set seen = { 0 };
	struct trace_lines lines;
	struct trace_event event;
	uint64_t end_ns = 0;

	if (!last_event(text, bytes, &end_ns))
		return false;
	memset(history, 0, sizeof(*history));
	timeline_begin(&history->timeline, memory_bytes, end_ns);
	trace_lines_begin(&lines, text, bytes);
	while (trace_lines_next(&lines, &event)) {
		enum vm_phase phase = phase_of(&event);

		if (phase == VM_PHASES)
			continue;
		if (!history->seen[phase])
			history->begin_ns[phase] = event.ns;
		history->seen[phase] = true;
		if (!strcmp(event.name, "accept"))
			take_accept(history, &seen, &layout, &event, phase);
	}
	timeline_finish(&history->timeline);
	page_set_free(&seen);
	return true;
}

static char *read_all(const char *path, size_t *bytes)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t room = 0, got;

	*bytes = 0;
	if (!file)
		return NULL;
	do {
		if (*bytes == room) {
			room = room ? 2 * room : 65536;
			text = realloc(text, room);
			if (!text)
				abort();
		}
		got = fread(text + *bytes, 1, room - *bytes, file);
		*bytes += got;
	} while (got);
	fclose(file);
	return text;
}

bool vm_trace_read(const char *path, uint64_t memory_bytes, struct vm_history *history)
{
	size_t bytes;
	char *text = read_all(path, &bytes);
	bool ok = text && take_text(history, text, bytes, memory_bytes);

	if (!text)
		fprintf(stderr, "cvmem vm: %s: %s\n", path, strerror(errno));
	else if (!ok)
		fprintf(stderr, "cvmem vm: the plugin has left no trace to draw\n");
	free(text);
	return ok;
}
