/* SPDX-License-Identifier: MIT */
#include "tools/boot/vm_trace.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/le.h"
#include "tools/common/page_set.h"
#include "tools/common/trace_lines.h"

/* docs/workload.md, "The file". */
#define MAX_STREAMS  32
#define MAX_ORDER    10
#define HEADER_BYTES 96
#define ENTRY_BYTES  24
#define HEAD_GAP     2
#define HEAD_ID	     0x40

struct stream {
	uint8_t *data;
	size_t bytes, room;
	uint64_t ops, next; /* the sequence number and id that need no gap */
};

struct conversion {
	const char *path;
	struct trace_lines lines;
	uint64_t ops, pages;
	struct page_set seen; /* what was accepted */
	struct stream stream[MAX_STREAMS];
};

static void *checked(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static bool complain(const struct conversion *to, const char *what)
{
	fprintf(stderr, "cvmem boot: %s, line %u: %s\n", to->path, to->lines.line, what);
	return false;
}

static void put_byte(struct stream *stream, uint8_t byte)
{
	if (stream->bytes == stream->room) {
		stream->room = stream->room ? 2 * stream->room : 256;
		stream->data = checked(realloc(stream->data, stream->room));
	}
	stream->data[stream->bytes++] = byte;
}

static void put_number(struct stream *stream, uint64_t value)
{
	for (; value > 0x7f; value >>= 7)
		put_byte(stream, (uint8_t)(value | 0x80));
	put_byte(stream, (uint8_t)value);
}

/* Sequence numbers and ids are the same: there is no free. */
static void put_allocation(struct conversion *to, unsigned vcpu, unsigned order)
{
	struct stream *stream = &to->stream[vcpu % MAX_STREAMS];
	uint64_t sequence = to->ops++;
	bool gap = sequence != stream->next;

	put_byte(stream, (uint8_t)(order << 2 | (gap ? HEAD_GAP | HEAD_ID : 0)));
	for (unsigned i = 0; gap && i < 2; i++)
		put_number(stream, sequence - stream->next - 1);
	stream->next = sequence + 1;
	stream->ops++;
}

static bool take_accept(struct conversion *to, const struct trace_event *event)
{
	uint64_t pages = event->size / PAGE_SET_PAGE;
	bool before = page_set_add(&to->seen, event->gpa, event->size) < pages;
	unsigned order = 0;

	if (before || strcmp(event->phase, "kernel"))
		return true;
	while (order < MAX_ORDER && UINT64_C(1) << order < pages)
		order++;
	if (UINT64_C(1) << order != pages)
		return complain(to, "an accept is of 4 KiB to 4 MiB, and a power of two");
	to->pages += pages;
	put_allocation(to, event->vcpu, order);
	return true;
}

static bool take_lines(struct conversion *to, const char *text, size_t bytes)
{
	struct trace_event event;

	if (!trace_lines_begin(&to->lines, text, bytes))
		return complain(to, to->lines.error);
	while (trace_lines_next(&to->lines, &event)) {
		if (!strcmp(event.name, "accept") && !take_accept(to, &event))
			return false;
	}
	if (to->lines.error)
		return complain(to, to->lines.error);
	return to->ops || complain(to, "the kernel has accepted nothing");
}

static uint8_t *assemble(const struct conversion *to, size_t *size)
{
	unsigned streams = to->lines.vcpus < MAX_STREAMS ? to->lines.vcpus : MAX_STREAMS;
	size_t at = HEADER_BYTES + streams * ENTRY_BYTES;
	uint8_t *file;

	*size = at;
	for (unsigned i = 0; i < streams; i++)
		*size += to->stream[i].bytes;
	file = checked(calloc(1, *size));
	memcpy(file, "CVMTRACE", 8);
	le_put(file + 8, 1, 4);
	le_put(file + 12, streams, 4);
	/* Operations, allocations, and those up to the shell. */
	for (unsigned i = 0; i < 3; i++)
		le_put(file + 16 + 8 * i, to->ops, 8);
	for (unsigned i = 0; i < 2; i++)
		le_put(file + 80 + 8 * i, to->pages, 8);
	for (unsigned i = 0; i < streams; i++) {
		const struct stream *stream = &to->stream[i];
		uint8_t *entry = file + HEADER_BYTES + i * ENTRY_BYTES;

		le_put(entry, at, 8);
		le_put(entry + 8, stream->bytes, 8);
		le_put(entry + 16, stream->ops, 8);
		if (stream->bytes)
			memcpy(file + at, stream->data, stream->bytes);
		at += stream->bytes;
	}
	return file;
}

void *vm_trace_convert(const char *path, const void *data, size_t bytes, size_t *size)
{
	struct conversion to = { .path = path };
	uint8_t *file = NULL;

	if (take_lines(&to, data, bytes))
		file = assemble(&to, size);
	for (unsigned i = 0; i < MAX_STREAMS; i++)
		free(to.stream[i].data);
	page_set_free(&to.seen);
	return file;
}
