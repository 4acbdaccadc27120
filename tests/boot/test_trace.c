/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <cvmem/base.h>
#include "boot/trace.h"
#include "tests/boot/trace_walk.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Written by hand from docs/workload.md: each form of an operation on two CPUs. */
static const uint8_t stream0[] = {
	0x00,	    /* 0: alloc 0 */
	0x24,	    /* 1: alloc 1, order 9 */
	0x23, 0x00, /* 3: free -1 + 1 */
	0x43, 0x02, /* 7: free 0 + 2 */
	0x44, 0x02, /* 8: alloc 1 + 4, order 1 */
	0x1d, 0x0a, /* 9: free 5 - 1, order 10 */
	0x11,	    /* 10: free 4 - 1 */
};

static const uint8_t stream1[] = {
	0x42, 0x01, 0x01,	/* 2: alloc -1 + 3 */
	0x02, 0x00,		/* 4: alloc 3 */
	0x28,			/* 5: alloc 4, order 10 */
	0x3d, 0x09,		/* 6: free 4 - 3, order 9 */
	0x42, 0x03, 0x00,	/* 11: alloc 4 + 2 */
	0x00, 0x00, 0x00, 0x00, /* 12: alloc 7 to 25 */
	0x00, 0x00, 0x00, 0x00, /* */
	0x00, 0x00, 0x00, 0x00, /* */
	0x00, 0x00, 0x00, 0x00, /* */
	0x00, 0x00, 0x00,	/* */
	0xf9, 0x04,		/* 31: free 25 - (15 + 4) */
	0xf1, 0x17,		/* 32: free 6 + (15 + 23) / 2 */
	0xf5, 0x01, 0x98, 0x00, /* 33: free 25 - (15 + 24 + 1) / 2, order 1; a long number */
};

#define OPS 34
#define IDS 26

/* The middle of stream 1 is allocations 6 to 25. */
static const struct {
	unsigned cpu;
	struct trace_op op;
} expected[] = {
	{ 0, { TRACE_ALLOC, 0, 0, 0 } },   { 0, { TRACE_ALLOC, 9, 1, 1 } },
	{ 1, { TRACE_ALLOC, 0, 2, 2 } },   { 0, { TRACE_FREE, 0, 0, 3 } },
	{ 1, { TRACE_ALLOC, 0, 3, 4 } },   { 1, { TRACE_ALLOC, 10, 4, 5 } },
	{ 1, { TRACE_FREE, 9, 1, 6 } },	   { 0, { TRACE_FREE, 0, 2, 7 } },
	{ 0, { TRACE_ALLOC, 1, 5, 8 } },   { 0, { TRACE_FREE, 10, 4, 9 } },
	{ 0, { TRACE_FREE, 0, 3, 10 } },   { 1, { TRACE_ALLOC, 0, 6, 11 } },
	{ 1, { TRACE_ALLOC, 0, 25, 30 } }, { 1, { TRACE_FREE, 0, 6, 31 } },
	{ 1, { TRACE_FREE, 0, 25, 32 } },  { 1, { TRACE_FREE, 1, 5, 33 } },
};

struct image {
	uint8_t bytes[512];
	size_t size;
};

static void put(struct image *image, size_t at, unsigned size, uint64_t value)
{
	for (unsigned i = 0; i < size; i++)
		image->bytes[at + i] = value >> (8 * i);
	if (image->size < at + size)
		image->size = at + size;
}

static void append(struct image *image, unsigned cpu, const uint8_t *stream, size_t size,
		   uint64_t ops)
{
	put(image, 96 + 24 * cpu, 8, image->size);
	put(image, 104 + 24 * cpu, 8, size);
	put(image, 112 + 24 * cpu, 8, ops);
	memcpy(image->bytes + image->size, stream, size);
	image->size += size;
}

static void header(struct image *image, unsigned cpus, uint64_t ops, uint64_t ids)
{
	memset(image, 0, sizeof(*image));
	memcpy(image->bytes, "CVMTRACE", 8);
	put(image, 8, 4, 1);
	put(image, 12, 4, cpus);
	put(image, 16, 8, ops);
	put(image, 24, 8, ids);
	put(image, 32, 8, ops);
	for (unsigned i = 5; i < 12; i++)
		put(image, 8 * i, 8, 1000 + i);
	image->size = 96 + 24 * cpus;
}

static void sample(struct image *image)
{
	header(image, 2, OPS, IDS);
	append(image, 0, stream0, sizeof(stream0), 7);
	append(image, 1, stream1, sizeof(stream1), 27);
}

/* One CPU with the given operations. */
static int walk_stream(const uint8_t *stream, size_t size, uint64_t ops, uint64_t ids)
{
	struct image image;

	header(&image, 1, ops, ids);
	append(&image, 0, stream, size, ops);
	return walk_copy(image.bytes, image.size);
}

#define WALK_STREAM(ops, ids, ...)                                                                 \
	walk_stream((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }),    \
		    ops, ids)

static void check_op(struct trace_cursor *cursor, const struct trace_op *want)
{
	struct trace_op op;

	assert_true(trace_next(cursor, &op));
	assert_int_equal(op.sequence, want->sequence);
	assert_int_equal(op.kind, want->kind);
	assert_int_equal(op.id, want->id);
	assert_int_equal(op.order, want->order);
}

static void skip_to(struct trace_cursor *cursor, uint64_t from, uint64_t to)
{
	struct trace_op op;

	for (; from < to; from++)
		assert_true(trace_next(cursor, &op));
}

static void test_header(void **state)
{
	struct image image;
	struct trace trace;

	sample(&image);
	put(&image, 32, 8, 30);
	assert_int_equal(trace_open(&trace, image.bytes, image.size), CVM_OK);
	assert_int_equal(trace.cpus, 2);
	assert_int_equal(trace.ops, OPS);
	assert_int_equal(trace.ids, IDS);
	assert_int_equal(trace.shell_ops, 30);
	assert_int_equal(trace.kernel_bytes, 1005);
	assert_int_equal(trace.initrd_bytes, 1006);
	assert_int_equal(trace.early_bytes, 1007);
	assert_int_equal(trace.memmap_bytes, 1008);
	assert_int_equal(trace.ram_bytes, 1009);
	assert_int_equal(trace.peak_pages, 1010);
	assert_int_equal(trace.end_pages, 1011);
}

static void test_merged(void **state)
{
	struct trace_cursor cursor;
	struct image image;
	struct trace trace;
	uint64_t sequence = 0;

	sample(&image);
	assert_int_equal(trace_open(&trace, image.bytes, image.size), CVM_OK);
	trace_start_merged(&trace, &cursor, 0, 1);
	for (unsigned i = 0; i < COUNT(expected); i++) {
		skip_to(&cursor, sequence, expected[i].op.sequence);
		check_op(&cursor, &expected[i].op);
		sequence = expected[i].op.sequence + 1;
	}
	assert_int_equal(sequence, OPS);
	assert_false(trace_next(&cursor, &(struct trace_op){ 0 }));
}

static void test_one_cpu(void **state)
{
	struct trace_cursor cursor;
	struct image image;
	struct trace trace;

	sample(&image);
	assert_int_equal(trace_open(&trace, image.bytes, image.size), CVM_OK);
	trace_start(&trace, &cursor, 0);
	for (unsigned i = 0; i < COUNT(expected); i++)
		if (expected[i].cpu == 0)
			check_op(&cursor, &expected[i].op);
	assert_false(trace_next(&cursor, &(struct trace_op){ 0 }));
	trace_start_merged(&trace, &cursor, 2, 3);
	assert_false(trace_next(&cursor, &(struct trace_op){ 0 }));
}

static void test_bad_header(void **state)
{
	static const struct {
		size_t at;
		unsigned size;
		uint64_t value;
		int error;
	} cases[] = {
		{ 0, 1, 'c', CVM_EINVAL },	    { 7, 1, 0, CVM_EINVAL },
		{ 8, 4, 0, CVM_EVERSION },	    { 8, 4, 2, CVM_EVERSION },
		{ 12, 4, 0, CVM_EINVAL },	    { 12, 4, 1, CVM_EINVAL },
		{ 12, 4, 3, CVM_EINVAL },	    { 12, 4, 33, CVM_ENOSPC },
		{ 12, 4, UINT32_MAX, CVM_ENOSPC },  { 16, 8, OPS - 1, CVM_EINVAL },
		{ 16, 8, OPS + 1, CVM_EINVAL },	    { 16, 8, 0, CVM_EINVAL },
		{ 24, 8, IDS - 1, CVM_EINVAL },	    { 24, 8, IDS + 1, CVM_EINVAL },
		{ 32, 8, OPS + 1, CVM_EINVAL },	    { 40, 8, UINT64_MAX, CVM_EINVAL },
		{ 88, 8, UINT64_MAX, CVM_EINVAL },  { 96, 8, 143, CVM_EINVAL },
		{ 96, 8, UINT64_MAX, CVM_EINVAL },  { 104, 8, UINT64_MAX, CVM_EINVAL },
		{ 112, 8, 6, CVM_EINVAL },	    { 112, 8, 8, CVM_EINVAL },
		{ 112, 8, UINT64_MAX, CVM_EINVAL }, { 136, 8, 26, CVM_EINVAL },
	};
	struct image image;

	for (unsigned i = 0; i < COUNT(cases); i++) {
		sample(&image);
		put(&image, cases[i].at, cases[i].size, cases[i].value);
		assert_int_equal(walk_copy(image.bytes, image.size), cases[i].error);
	}
}

static void test_bad_ops(void **state)
{
	assert_int_equal(WALK_STREAM(2, 1, 0x00, 0x21), CVM_OK);
	assert_int_equal(WALK_STREAM(1, 1, 0x28), CVM_OK);
	/* The order is 11, in either kind; the bit that has to be 0. */
	assert_int_equal(WALK_STREAM(1, 1, 0x2c), CVM_EINVAL);
	assert_int_equal(WALK_STREAM(2, 1, 0x00, 0x25, 11), CVM_EINVAL);
	assert_int_equal(WALK_STREAM(1, 1, 0x80), CVM_EINVAL);
	/* A sequence number left out; an id left out; the free comes first. */
	assert_int_equal(WALK_STREAM(2, 2, 0x00, 0x02, 0x00), CVM_EINVAL);
	assert_int_equal(WALK_STREAM(2, 2, 0x00, 0x40, 0x00), CVM_EINVAL);
	assert_int_equal(WALK_STREAM(2, 1, 0x21, 0x00), CVM_EINVAL);
	/* A byte after the last operation. */
	assert_int_equal(WALK_STREAM(1, 1, 0x00, 0x00), CVM_EINVAL);
	/* Before the first id; a number without an end. */
	assert_int_equal(WALK_STREAM(2, 1, 0x00, 0x31), CVM_EINVAL);
	assert_int_equal(WALK_STREAM(2, 1, 0x00, 0xf9, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
				     0x80, 0x80, 0x80, 0x80, 0x00),
			 CVM_EINVAL);
}

/* Two CPUs, three allocations: those of the first CPU are 0 and, after the second's 1, 2. */
static int walk_two(const uint8_t *first, size_t size, const uint8_t *second)
{
	struct image image;

	header(&image, 2, 3, 3);
	append(&image, 0, first, size, 2);
	append(&image, 1, second, 4, 1);
	return walk_copy(image.bytes, image.size);
}

static void test_bad_order(void **state)
{
	static const uint8_t good[] = { 0x00, 0x42, 0x00, 0x00 };
	static const uint8_t one[] = { 0x42, 0x00, 0x80, 0x00 };
	static const uint8_t same_sequence[] = { 0x42, 0x01, 0x80, 0x00 };
	static const uint8_t same_id[] = { 0x42, 0x00, 0x81, 0x00 };
	/* The gap is 0 in ten bytes, of which the last has one bit too many. */
	static const uint8_t large[] = { 0x00, 0x42, 0x80, 0x80, 0x80, 0x80, 0x80,
					 0x80, 0x80, 0x80, 0x80, 0x02, 0x00 };

	assert_int_equal(walk_two(good, sizeof(good), one), CVM_OK);
	assert_int_equal(walk_two(good, sizeof(good), same_sequence), CVM_EINVAL);
	assert_int_equal(walk_two(good, sizeof(good), same_id), CVM_EINVAL);
	assert_int_equal(walk_two(large, sizeof(large), one), CVM_EINVAL);
}

static void test_truncated(void **state)
{
	struct image image;

	sample(&image);
	for (size_t size = 0; size < image.size; size++)
		assert_int_equal(walk_copy(image.bytes, size), CVM_EINVAL);
	assert_int_equal(walk_copy(image.bytes, image.size), CVM_OK);
	assert_int_equal(walk_copy(image.bytes, image.size + 1), CVM_EINVAL);
}

/* A stream that ends early, in a table that agrees with it. */
static void test_truncated_stream(void **state)
{
	struct image image;

	for (size_t size = 0; size < sizeof(stream1); size++) {
		header(&image, 2, OPS, IDS);
		append(&image, 0, stream0, sizeof(stream0), 7);
		append(&image, 1, stream1, size, 27);
		assert_int_equal(walk_copy(image.bytes, image.size), CVM_EINVAL);
	}
}

/* A length that leads back in front of its stream, so that the sum of all is right. */
static void test_wrapped_length(void **state)
{
	static const uint8_t allocs[] = { 0x00, 0x00, 0x00, 0x00 };
	struct image image;

	header(&image, 2, 5, 5);
	append(&image, 0, allocs, sizeof(allocs), 5);
	put(&image, 104, 8, UINT64_MAX - 7);
	put(&image, 120, 8, 144 - 8);
	put(&image, 128, 8, image.size - (144 - 8));
	assert_int_equal(walk_copy(image.bytes, image.size), CVM_EINVAL);
}

/* Whatever still opens keeps its promises; walk_copy() checks them. */
static void test_flipped(void **state)
{
	struct image image;
	unsigned opened = 0;

	sample(&image);
	for (size_t at = 0; at < image.size; at++) {
		for (unsigned flip = 1; flip < 256; flip++) {
			image.bytes[at] ^= flip;
			opened += !walk_copy(image.bytes, image.size);
			image.bytes[at] ^= flip;
		}
	}
	assert_true(opened > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),	  cmocka_unit_test(test_merged),
		cmocka_unit_test(test_one_cpu),	  cmocka_unit_test(test_bad_header),
		cmocka_unit_test(test_bad_ops),	  cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_flipped),	  cmocka_unit_test(test_truncated_stream),
		cmocka_unit_test(test_bad_order), cmocka_unit_test(test_wrapped_length),
	};

	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
