/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/tdx/launch/hob.h"
#include "qemu/tdx/tdvf.h"

/* Metadata laid out by hand, byte by byte, as the TDVF design guide prints it. */

#define IMAGE_SIZE 0x1000
#define HEADER	   0x400

static unsigned char image[IMAGE_SIZE];

static void put(size_t offset, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		image[offset + i] = (unsigned char)(value >> 8 * i);
}

static void put_section(unsigned index, uint32_t raw_size, uint64_t gpa, uint64_t size,
			uint32_t type)
{
	size_t at = HEADER + 16 + index * 32;

	put(at + 4, raw_size, 4);
	put(at + 8, gpa, 8);
	put(at + 16, size, 8);
	put(at + 24, type, 4);
	put(at + 28, type == 0, 4);
}

static void make_image(void)
{
	static const char footer[] =
		"\xde\x82\xb5\x96\xb2\x1f\xf7\x45\xba\xea\xa3\x66\xc5\x5a\x08\x2d";
	static const char offset[] =
		"\x35\x65\x7a\xe4\x4a\x98\x98\x47\x86\x5e\x46\x85\xa7\xbf\x8e\xc2";

	memset(image, 0xff, sizeof(image));
	memcpy(image + 0xfd0, footer, 16);
	put(0xfce, 18 + 22 + 20, 2);
	/* An entry of another kind, with two bytes, lies between. */
	memset(image + 0xfbe, 0x11, 16);
	put(0xfbc, 20, 2);
	memcpy(image + 0xfaa, offset, 16);
	put(0xfa8, 22, 2);
	put(0xfa4, IMAGE_SIZE - HEADER, 4);

	memcpy(image + HEADER, "TDVF", 4);
	put(HEADER + 4, 16 + 4 * 32, 4);
	put(HEADER + 8, 1, 4);
	put(HEADER + 12, 4, 4);
	put_section(0, 0x1000, 0xfffff000, 0x1000, 0);
	put_section(1, 0, 0x811000, 0xf000, 3);
	put_section(2, 0, 0x80b000, 0x2000, 3);
	put_section(3, 0, 0x809000, 0x2000, 2);
}

static void test_metadata(void **state)
{
	struct tdvf tdvf;

	make_image();
	assert_null(tdvf_parse(image, sizeof(image), &tdvf));
	assert_int_equal(tdvf.count, 4);
	assert_int_equal(tdvf.section[0].gpa, 0xfffff000);
	assert_int_equal(tdvf.section[1].size, 0xf000);
	assert_true(tdvf.section[0].extend);
	assert_false(tdvf.section[1].extend);
	assert_ptr_equal(tdvf.hob, &tdvf.section[3]);
	assert_int_equal(tdvf.hob->gpa, 0x809000);
}

/* Each change makes the image one that must be refused. */
static void test_refused(void **state)
{
	static const struct {
		size_t offset;
		uint64_t value;
		unsigned bytes;
	} changes[] = {
		{ 0xfd0, 0, 1 },			     /* footer */
		{ 0xfce, 17, 2 },			     /* table shorter than its footer */
		{ 0xfbc, 17, 2 },			     /* entry shorter than its head */
		{ 0xfbc, 0xffff, 2 },			     /* entry longer than the table */
		{ 0xfa8, 26, 2 },			     /* entry of another length */
		{ 0xfa4, IMAGE_SIZE + 1, 4 },		     /* before the image */
		{ 0xfa4, 8, 4 },			     /* header past the end */
		{ HEADER, 'X', 1 },			     /* signature */
		{ HEADER + 8, 2, 4 },			     /* version */
		{ HEADER + 4, 16 + 3 * 32, 4 },		     /* length against count */
		{ HEADER + 12, 0x08000004, 4 },		     /* count whose length overflows */
		{ HEADER + 16 + 8, 0xfffff800, 8 },	     /* not a page */
		{ HEADER + 16 + 4, 0, 4 },		     /* volume without content */
		{ HEADER + 16 + 4, 0x2000, 4 },		     /* more content than memory */
		{ HEADER + 16 + 32 + 4, 1, 4 },		     /* memory with content */
		{ HEADER + 16 + 32 + 24, 7, 4 },	     /* unknown type */
		{ HEADER + 16 + 32 + 24, 2, 4 },	     /* two HOBs */
		{ HEADER + 16 + 3 * 32 + 24, 3, 4 },	     /* none */
		{ HEADER + 16 + 16, UINT64_C(0) - 4096, 8 }, /* wraps */
	};
	struct tdvf tdvf;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		make_image();
		put(changes[i].offset, changes[i].value, changes[i].bytes);
		if (!tdvf_parse(image, sizeof(image), &tdvf))
			fail_msg("change %zu was not noticed", i);
	}
	make_image();
	for (size_t size = 0; size < sizeof(image) - HEADER; size++)
		assert_non_null(tdvf_parse(image + sizeof(image) - size, size, &tdvf));
}

static uint64_t get(const unsigned char *bytes, unsigned count)
{
	uint64_t value = 0;

	while (count--)
		value = value << 8 | bytes[count];
	return value;
}

static void test_hob(void **state)
{
	static const struct emu_ram ram[] = { { 0, 0x80000000 }, { 0x100000000, 0x180000000 } };
	static const struct {
		uint32_t type;
		uint64_t start, length;
	} expected[] = {
		{ 7, 0, 0x809000 },
		{ 0, 0x809000, 0x2000 },
		{ 0, 0x80b000, 0x2000 },
		{ 7, 0x80d000, 0x4000 },
		{ 0, 0x811000, 0xf000 },
		{ 7, 0x820000, 0x7f7e0000 },
		{ 7, 0x100000000, 0x80000000 },
	};
	const size_t count = sizeof(expected) / sizeof(expected[0]), length = 56 + count * 48 + 8;
	unsigned char hob[1024];
	struct tdvf tdvf;

	make_image();
	assert_null(tdvf_parse(image, sizeof(image), &tdvf));
	memset(hob, 0xee, sizeof(hob));
	assert_int_equal(tdx_hob_write(&tdvf, ram, 2, hob, length - 1), 0);
	assert_int_equal(hob[length - 1], 0xee);
	assert_int_equal(tdx_hob_write(&tdvf, ram, 2, hob, length), length);
	assert_int_equal(hob[length], 0xee);

	assert_int_equal(get(hob, 2), 1);
	assert_int_equal(get(hob + 2, 2), 56);
	assert_int_equal(get(hob + 8, 4), 9);
	assert_int_equal(get(hob + 48, 8), 0x809000 + length);
	for (size_t i = 0; i < count; i++) {
		const unsigned char *block = hob + 56 + i * 48;

		assert_int_equal(get(block, 2), 3);
		assert_int_equal(get(block + 2, 2), 48);
		assert_int_equal(get(block + 24, 4), expected[i].type);
		assert_int_equal(get(block + 28, 4), 7);
		assert_int_equal(get(block + 32, 8), expected[i].start);
		assert_int_equal(get(block + 40, 8), expected[i].length);
	}
	assert_int_equal(get(hob + length - 8, 4), 0x8ffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_hob),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
