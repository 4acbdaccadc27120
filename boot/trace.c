/* SPDX-License-Identifier: MIT */
#include "boot/trace.h"
#include "cvmem/base.h"

/* docs/workload.md, "The file". */
#define VERSION	     1
#define HEADER_BYTES 96
#define ENTRY_BYTES  24

/* The first byte of an operation. */
#define HEAD_FREE	 0x01
#define HEAD_GAP	 0x02 /* the sequence number is not the next one */
#define HEAD_ALLOC_ORDER 2    /* shift of an allocation's order */
#define HEAD_ALLOC_ID	 0x40 /* the id is not the next one */
#define HEAD_ALLOC_ZERO	 0x80
#define HEAD_FREE_ORDER	 0x04 /* the order is not 0 */
#define HEAD_FREE_NEWEST 0x08 /* the id counts back from the newest allocation */
#define HEAD_FREE_VALUE	 4    /* shift of a small distance, or of VALUE_FOLLOWS */
#define VALUE_FOLLOWS	 15

/* No recorded amount is larger, so that sums of a few do not overflow. */
#define MAX_AMOUNT ((uint64_t)1 << 52)

static const uint8_t magic[8] = { 'C', 'V', 'M', 'T', 'R', 'A', 'C', 'E' };

static uint64_t load(const uint8_t *at, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

static bool read_byte(struct trace_stream *stream, uint8_t *byte)
{
	if (stream->at == stream->end)
		return false;
	*byte = *stream->at++;
	return true;
}

/* LEB128: seven bits in a byte, the lowest first, the top bit set in all but the last. */
static bool read_number(struct trace_stream *stream, uint64_t *number)
{
	uint64_t value = 0;
	uint8_t byte;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		if (!read_byte(stream, &byte))
			return false;
		if (shift == 63 && byte > 1)
			return false;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*number = value;
			return true;
		}
	}
	return false;
}

/* The step is 1 if the head's bit is clear, else the number that follows plus 2. */
static bool read_step(struct trace_stream *stream, bool follows, uint64_t *step)
{
	if (!follows) {
		*step = 1;
		return true;
	}
	if (!read_number(stream, step))
		return false;
	*step += 2;
	return true;
}

static bool decode_alloc(struct trace_stream *stream, uint8_t head)
{
	struct trace_op *op = &stream->op;
	uint64_t step;

	if (head & HEAD_ALLOC_ZERO)
		return false;
	if (!read_step(stream, head & HEAD_ALLOC_ID, &step))
		return false;
	op->kind = TRACE_ALLOC;
	op->order = head >> HEAD_ALLOC_ORDER & 0xf;
	op->id = stream->allocated + step;
	stream->allocated = op->id;
	return true;
}

static bool decode_free(struct trace_stream *stream, uint8_t head)
{
	struct trace_op *op = &stream->op;
	uint64_t value = head >> HEAD_FREE_VALUE;
	uint8_t order = 0;

	if ((head & HEAD_FREE_ORDER) && !read_byte(stream, &order))
		return false;
	if (value == VALUE_FOLLOWS) {
		if (!read_number(stream, &value))
			return false;
		value += VALUE_FOLLOWS;
	}
	op->kind = TRACE_FREE;
	op->order = order;
	if (head & HEAD_FREE_NEWEST)
		op->id = stream->allocated - value;
	else /* zigzag: 0, -1, 1, -2, 2, ... */
		op->id = stream->freed + (value >> 1 ^ -(value & 1));
	stream->freed = op->id;
	return true;
}

/* Makes the next operation ready. A file that trace_open() has passed never fails here. */
static bool decode(struct trace_stream *stream, uint64_t ids)
{
	uint64_t step;
	uint8_t head;
	bool good;

	stream->ready = false;
	if (!stream->left)
		return true;
	if (!read_byte(stream, &head) || !read_step(stream, head & HEAD_GAP, &step))
		return false;
	good = head & HEAD_FREE ? decode_free(stream, head) : decode_alloc(stream, head);
	if (!good || stream->op.id >= ids || stream->op.order > TRACE_MAX_ORDER)
		return false;
	stream->sequence += step;
	stream->op.sequence = stream->sequence;
	stream->left--;
	stream->ready = true;
	return true;
}

static const uint8_t *entry(const struct trace *trace, unsigned cpu)
{
	return trace->data + HEADER_BYTES + (size_t)cpu * ENTRY_BYTES;
}

static bool start_stream(const struct trace *trace, struct trace_stream *stream, unsigned cpu)
{
	const uint8_t *at = entry(trace, cpu);

	stream->at = trace->data + load(at, 8);
	stream->end = stream->at + load(at + 8, 8);
	stream->left = load(at + 16, 8);
	stream->sequence = UINT64_MAX;
	stream->allocated = UINT64_MAX;
	stream->freed = UINT64_MAX;
	return decode(stream, trace->ids);
}

static bool start(const struct trace *trace, struct trace_cursor *cursor, unsigned first,
		  unsigned step)
{
	bool good = true;

	cursor->ids = trace->ids;
	cursor->streams = 0;
	for (unsigned cpu = first; cpu < trace->cpus; cpu += step) {
		good &= start_stream(trace, &cursor->stream[cursor->streams++], cpu);
		if (step >= trace->cpus)
			break;
	}
	return good;
}

/* The stream whose next operation comes first; NULL at the end. */
static struct trace_stream *earliest(struct trace_cursor *cursor)
{
	struct trace_stream *best = NULL;

	for (unsigned i = 0; i < cursor->streams; i++) {
		struct trace_stream *stream = &cursor->stream[i];

		if (stream->ready && (!best || stream->op.sequence < best->op.sequence))
			best = stream;
	}
	return best;
}

/* The streams fill the rest of the file, in their order and without gaps. */
static int check_table(const struct trace *trace)
{
	size_t at = HEADER_BYTES + (size_t)trace->cpus * ENTRY_BYTES;

	if (trace->bytes < at)
		return CVM_EINVAL;
	for (unsigned cpu = 0; cpu < trace->cpus; cpu++) {
		uint64_t length = load(entry(trace, cpu) + 8, 8);

		if (load(entry(trace, cpu), 8) != at || length > trace->bytes - at)
			return CVM_EINVAL;
		at += length;
	}
	return at == trace->bytes ? CVM_OK : CVM_EINVAL;
}

static int check_ops(const struct trace *trace)
{
	struct trace_cursor cursor;
	struct trace_stream *stream;
	uint64_t ids = 0, ops = 0;

	if (!start(trace, &cursor, 0, 1))
		return CVM_EINVAL;
	for (stream = earliest(&cursor); stream; stream = earliest(&cursor)) {
		if (stream->op.sequence != ops++)
			return CVM_EINVAL;
		if (stream->op.kind == TRACE_ALLOC && stream->op.id != ids++)
			return CVM_EINVAL;
		if (stream->op.id >= ids)
			return CVM_EINVAL;
		if (!decode(stream, trace->ids))
			return CVM_EINVAL;
	}
	for (unsigned cpu = 0; cpu < trace->cpus; cpu++)
		if (cursor.stream[cpu].at != cursor.stream[cpu].end)
			return CVM_EINVAL;
	return ops == trace->ops && ids == trace->ids ? CVM_OK : CVM_EINVAL;
}

int trace_open(struct trace *trace, const void *data, size_t bytes)
{
	const uint8_t *at = data;
	uint64_t *const amounts[] = { &trace->ops,	    &trace->ids,
				      &trace->shell_ops,    &trace->kernel_bytes,
				      &trace->initrd_bytes, &trace->early_bytes,
				      &trace->memmap_bytes, &trace->ram_bytes,
				      &trace->peak_pages,   &trace->end_pages };
	int error;

	if (bytes < HEADER_BYTES)
		return CVM_EINVAL;
	for (unsigned i = 0; i < sizeof(magic); i++)
		if (at[i] != magic[i])
			return CVM_EINVAL;
	if (load(at + 8, 4) != VERSION)
		return CVM_EVERSION;
	trace->data = data;
	trace->bytes = bytes;
	trace->cpus = load(at + 12, 4);
	for (unsigned i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++) {
		*amounts[i] = load(at + 16 + 8 * i, 8);
		if (*amounts[i] > MAX_AMOUNT)
			return CVM_EINVAL;
	}
	if (!trace->cpus || !trace->ops || trace->shell_ops > trace->ops)
		return CVM_EINVAL;
	if (trace->cpus > TRACE_MAX_STREAMS)
		return CVM_ENOSPC;
	error = check_table(trace);
	return error ? error : check_ops(trace);
}

void trace_start(const struct trace *trace, struct trace_cursor *cursor, unsigned cpu)
{
	start(trace, cursor, cpu, TRACE_MAX_STREAMS);
}

void trace_start_merged(const struct trace *trace, struct trace_cursor *cursor, unsigned first,
			unsigned step)
{
	start(trace, cursor, first, step);
}

bool trace_next(struct trace_cursor *cursor, struct trace_op *op)
{
	struct trace_stream *stream = earliest(cursor);

	if (!stream)
		return false;
	*op = stream->op;
	decode(stream, cursor->ids);
	return true;
}
