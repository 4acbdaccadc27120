/* SPDX-License-Identifier: MIT */
#include "tools/boot/vm_trace.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/le.h"

/* docs/vm.md, "The trace". */
#define MAGIC	"cvmem-trace 1 "
#define MAX_GPA (UINT64_C(1) << 46)
#define PAGE	UINT64_C(4096)

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
	unsigned line, vcpus;
	uint64_t ops, pages;
	uint8_t *seen; /* a bit for each page that was accepted */
	size_t seen_bytes;
	struct stream stream[MAX_STREAMS];
};

struct event {
	unsigned vcpu;
	char phase[16], name[16];
	uint64_t gpa, size;
};

static void *checked(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static bool complain(const struct conversion *to, const char *what)
{
	fprintf(stderr, "cvmem boot: %s, line %u: %s\n", to->path, to->line, what);
	return false;
}

bool vm_trace_is(const void *data, size_t bytes)
{
	return bytes >= strlen(MAGIC) && !memcmp(data, MAGIC, strlen(MAGIC));
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

/* Marks the range; true: a page of it had been accepted before. */
static bool mark(struct conversion *to, uint64_t gpa, uint64_t size)
{
	uint64_t first = gpa / PAGE, last = (gpa + size) / PAGE;
	bool before = false;

	if (last / 8 >= to->seen_bytes) {
		size_t bytes = 2 * (last / 8 + 1);

		to->seen = checked(realloc(to->seen, bytes));
		memset(to->seen + to->seen_bytes, 0, bytes - to->seen_bytes);
		to->seen_bytes = bytes;
	}
	for (uint64_t page = first; page < last; page++) {
		before |= to->seen[page / 8] >> page % 8 & 1;
		to->seen[page / 8] |= (uint8_t)(1 << page % 8);
	}
	return before;
}

static bool take_accept(struct conversion *to, const struct event *event)
{
	unsigned order = 0;

	if (mark(to, event->gpa, event->size) || strcmp(event->phase, "kernel"))
		return true;
	while (order < MAX_ORDER && PAGE << order < event->size)
		order++;
	if (PAGE << order != event->size)
		return complain(to, "an accept is of 4 KiB to 4 MiB, and a power of two");
	to->pages += UINT64_C(1) << order;
	put_allocation(to, event->vcpu, order);
	return true;
}

static bool take_event(struct conversion *to, const char *line)
{
	static const char form[] = "%*u %u %15s %15s %" SCNx64 " %" SCNx64 " %1s";
	struct event event;
	char more[2];

	if (sscanf(line, form, &event.vcpu, event.phase, event.name, &event.gpa, &event.size,
		   more) != 5)
		return complain(to, "not nanoseconds, vCPU, phase, event, address and size");
	if (event.vcpu >= to->vcpus)
		return complain(to, "there is no such vCPU");
	if (!event.size || event.gpa % PAGE || event.size % PAGE || event.gpa > MAX_GPA ||
	    event.size > MAX_GPA)
		return complain(to, "not a range of pages below 64 TiB");
	return strcmp(event.name, "accept") || take_accept(to, &event);
}

/* The line without its newline; false: the end of the text. */
static bool next_line(const char **at, const char *end, char *line, size_t size)
{
	const char *stop = memchr(*at, '\n', (size_t)(end - *at));
	size_t length;

	if (!stop)
		return false;
	length = (size_t)(stop - *at);
	if (length >= size)
		length = size - 1;
	memcpy(line, *at, length);
	line[length] = '\0';
	*at = stop + 1;
	return true;
}

static bool take_lines(struct conversion *to, const char *at, const char *end)
{
	char line[160], more[2];

	for (to->line = 1; next_line(&at, end, line, sizeof(line)); to->line++) {
		if (to->line == 1) {
			if (sscanf(line, MAGIC "%*15s %u %1s", &to->vcpus, more) != 1 || !to->vcpus)
				return complain(to, "not a platform and a number of vCPUs");
			continue;
		}
		if (!strcmp(line, "end"))
			return to->ops || complain(to, "the kernel has accepted nothing");
		if (!take_event(to, line))
			return false;
	}
	return complain(to, "the end is missing: the machine is still running, or was killed");
}

static uint8_t *assemble(const struct conversion *to, size_t *size)
{
	unsigned streams = to->vcpus < MAX_STREAMS ? to->vcpus : MAX_STREAMS;
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
	const char *text = data;
	uint8_t *file = NULL;

	if (take_lines(&to, text, text + bytes))
		file = assemble(&to, size);
	for (unsigned i = 0; i < MAX_STREAMS; i++)
		free(to.stream[i].data);
	free(to.seen);
	return file;
}
