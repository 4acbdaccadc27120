/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/tdx/launch/tdvf_check.h"

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

static struct metadata tdvf;

static const char *check(size_t size)
{
	tdvf_read(&tdvf, (struct bytes){ image + sizeof(image) - size, size });
	return tdx_tdvf_check(&tdvf);
}

static void test_metadata(void **state)
{
	const struct metadata_section *hob;

	make_image();
	assert_null(check(sizeof(image)));
	assert_int_equal(tdvf.count, 4);
	assert_int_equal(tdvf.section[0].gpa, 0xfffff000);
	assert_int_equal(tdvf.section[1].size, 0xf000);
	assert_int_equal(tdvf.section[0].attributes, TDVF_MR_EXTEND);
	assert_int_equal(tdvf.section[1].attributes, 0);
	hob = metadata_find(&tdvf, TDVF_TD_HOB);
	assert_ptr_equal(hob, &tdvf.section[3]);
	assert_int_equal(hob->gpa, 0x809000);
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
		{ HEADER + 16 + 32 + 24, 4, 4 },	     /* type of td-shim */
		{ HEADER + 16 + 32 + 24, 2, 4 },	     /* two HOBs */
		{ HEADER + 16 + 3 * 32 + 24, 3, 4 },	     /* none */
		{ HEADER + 16 + 16, UINT64_C(0) - 4096, 8 }, /* wraps */
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		make_image();
		put(changes[i].offset, changes[i].value, changes[i].bytes);
		if (!check(sizeof(image)))
			fail_msg("change %zu was not noticed", i);
	}
	make_image();
	for (size_t size = 0; size < sizeof(image) - HEADER; size++)
		assert_non_null(check(size));
}

/* As many sections as are read, and one more. */
static void test_many(void **state)
{
	make_image();
	for (unsigned i = 0; i < METADATA_SECTIONS_MAX + 1; i++)
		put_section(i, 0, i * 0x1000, 0x1000, i ? 3 : 2);
	put(HEADER + 4, 16 + METADATA_SECTIONS_MAX * 32, 4);
	put(HEADER + 12, METADATA_SECTIONS_MAX, 4);
	assert_null(check(sizeof(image)));
	put(HEADER + 4, 16 + (METADATA_SECTIONS_MAX + 1) * 32, 4);
	put(HEADER + 12, METADATA_SECTIONS_MAX + 1, 4);
	assert_non_null(check(sizeof(image)));
}

/* The user reads what is wrong. */
static void test_sentences(void **state)
{
	static const struct {
		size_t offset;
		uint64_t value;
		unsigned bytes;
		const char *part;
	} changes[] = {
		{ 0xfd0, 0, 1, "not made for TDX" },
		{ 0xfa8, 20, 2, "not 4 bytes" },
		{ 0xfa4, IMAGE_SIZE + 1, 4, "lies outside" },
		{ 0xfa4, 8, 4, "lies outside" },
		{ HEADER, 'X', 1, "no signature" },
		{ HEADER + 8, 2, 4, "no known version" },
		{ HEADER + 4, 16 + 3 * 32, 4, "no valid length" },
		{ HEADER + 16 + 16, 0x1800, 8, "not made of pages" },
		{ HEADER + 16 + 32 + 24, 4, 4, "QEMU does not know" },
		{ HEADER + 16 + 4, 0, 4, "no valid size" },
		{ HEADER + 16 + 32 + 4, 1, 4, "has content" },
		{ HEADER + 16 + 32 + 24, 2, 4, "two TD HOB" },
		{ HEADER + 16 + 3 * 32 + 24, 3, 4, "no TD HOB" },
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const char *error;

		make_image();
		put(changes[i].offset, changes[i].value, changes[i].bytes);
		error = check(sizeof(image));
		assert_non_null(error);
		if (!strstr(error, changes[i].part))
			fail_msg("change %zu: %s", i, error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
