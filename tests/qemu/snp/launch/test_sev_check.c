/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/snp/launch/sev_check.h"

/*
 * Metadata laid out by hand, byte by byte, with the numbers that a reader of another program
 * found in Debian's OVMF.fd of 2026.08.
 */

#define IMAGE_SIZE 0x1000
#define HEADER	   0x400
#define SECTION(i) (HEADER + 16 + (i)*12)

static unsigned char image[IMAGE_SIZE];

static void put(size_t offset, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		image[offset + i] = (unsigned char)(value >> 8 * i);
}

static void put_section(unsigned index, uint32_t gpa, uint32_t size, uint32_t type)
{
	put(SECTION(index), gpa, 4);
	put(SECTION(index) + 4, size, 4);
	put(SECTION(index) + 8, type, 4);
}

#define RESET	0xfb8 /* data of the entries */
#define SECRET	0xf9e
#define HASH	0xf84
#define OFFSET	0xf6e
#define UNKNOWN 0xf5a

static void make_image(void)
{
	memset(image, 0xff, sizeof(image));
	memcpy(image + 0xfd0, "\xde\x82\xb5\x96\xb2\x1f\xf7\x45\xba\xea\xa3\x66\xc5\x5a\x08\x2d",
	       16);
	put(0xfce, 18 + 22 + 26 + 26 + 22 + 20, 2);

	put(RESET, 0x0080b004, 4);
	put(RESET + 4, 22, 2);
	memcpy(image + RESET + 6,
	       "\xde\x71\xf7\x00\x7e\x1a\xcb\x4f\x89\x0e\x68\xc7\x7e\x2f\xb4\x4e", 16);
	put(SECRET, 0x810000, 4);
	put(SECRET + 4, 0xc00, 4);
	put(SECRET + 8, 26, 2);
	memcpy(image + SECRET + 10,
	       "\x61\xb3\x2e\x4c\x9b\x7d\xc3\x4c\x80\x81\x12\x7c\x90\xd3\xd2\x94", 16);
	put(HASH, 0x810c00, 4);
	put(HASH + 4, 0x400, 4);
	put(HASH + 8, 26, 2);
	memcpy(image + HASH + 10,
	       "\x1f\x37\x55\x72\x3b\x3a\x04\x4b\x92\x7b\x1d\xa6\xef\xa8\xd4\x54", 16);
	put(OFFSET, IMAGE_SIZE - HEADER, 4);
	put(OFFSET + 4, 22, 2);
	memcpy(image + OFFSET + 6,
	       "\x66\x65\x88\xdc\x4a\x98\x98\x47\xa7\x5e\x55\x85\xa7\xbf\x67\xcc", 16);
	put(UNKNOWN + 2, 20, 2);
	memset(image + UNKNOWN + 4, 0x11, 16);

	memcpy(image + HEADER, "ASEV", 4);
	put(HEADER + 4, 16 + 7 * 12, 4);
	put(HEADER + 8, 1, 4);
	put(HEADER + 12, 7, 4);
	put_section(0, 0x800000, 0x9000, 1);
	put_section(1, 0x80a000, 0x3000, 1);
	put_section(2, 0x80d000, 0x1000, 2);
	put_section(3, 0x80e000, 0x1000, 3);
	put_section(4, 0x80f000, 0x1000, 4);
	put_section(5, 0x811000, 0x1f000, 1);
	put_section(6, 0x810000, 0x1000, 0x10);
}

static struct sev sev;
static const struct metadata *const metadata = &sev.metadata;

static const char *check(const unsigned char *data, size_t size)
{
	sev_read(&sev, (struct bytes){ data, size });
	return snp_sev_check(&sev);
}

static void test_metadata(void **state)
{
	make_image();
	assert_null(check(image, sizeof(image)));
	assert_int_equal(metadata->count, 7);
	assert_int_equal(metadata->section[1].gpa, 0x80a000);
	assert_int_equal(metadata->section[1].size, 0x3000);
	assert_int_equal(metadata->section[5].type, SEV_MEM);
	assert_ptr_equal(metadata_find(metadata, SEV_SECRETS), &metadata->section[2]);
	assert_ptr_equal(metadata_find(metadata, SEV_CPUID), &metadata->section[3]);
	assert_ptr_equal(metadata_find(metadata, SEV_SVSM_CAA), &metadata->section[4]);
	assert_ptr_equal(metadata_find(metadata, SEV_KERNEL_HASHES), &metadata->section[6]);
	assert_int_equal(metadata_find(metadata, SEV_SECRETS)->gpa, 0x80d000);
	assert_int_equal(sev.es_reset.address, 0x80b004);
	assert_int_equal(sev.hashes.address, 0x810c00);
	assert_int_equal(sev.hashes.size, 0x400);
	assert_int_equal(sev.secret.address, 0x810000);
	assert_int_equal(sev.secret.size, 0xc00);
}

/* What may be missing: the blocks, and all sections but two. */
static void test_little(void **state)
{
	make_image();
	put(0xfce, 18 + 22, 2);
	memcpy(image + RESET + 6,
	       "\x66\x65\x88\xdc\x4a\x98\x98\x47\xa7\x5e\x55\x85\xa7\xbf\x67\xcc", 16);
	put(RESET, IMAGE_SIZE - HEADER, 4);
	put(HEADER + 4, 16 + 2 * 12, 4);
	put(HEADER + 12, 2, 4);
	put_section(0, 0x80d000, 0x1000, 2);
	put_section(1, 0x80e000, 0x1000, 3);
	assert_null(check(image, sizeof(image)));
	assert_int_equal(metadata->count, 2);
	assert_null(metadata_find(metadata, SEV_SVSM_CAA));
	assert_null(metadata_find(metadata, SEV_KERNEL_HASHES));
	assert_int_equal(sev.es_reset.address, 0);
	assert_int_equal(sev.hashes.size, 0);

	make_image();
	put(HASH, 0, 8);
	put(SECRET, 0, 8);
	assert_null(check(image, sizeof(image)));
	assert_int_equal(sev.hashes.size, 0);
	assert_int_equal(sev.secret.size, 0);
}

/* Each change makes the image one that must be refused. */
static void test_refused(void **state)
{
	static const struct {
		size_t offset;
		uint64_t value;
		unsigned bytes;
	} changes[] = {
		{ 0xfd0, 0, 1 },		      /* footer */
		{ 0xfce, 17, 2 },		      /* table shorter than its footer */
		{ 0xfce, 18 + 22 + 26 + 26 + 20, 2 }, /* ... than its entries */
		{ RESET + 4, 17, 2 },		      /* entry shorter than its head */
		{ RESET + 4, 0xffff, 2 },	      /* entry longer than the table */
		{ OFFSET + 4, 26, 2 },		      /* entry of another length */
		{ OFFSET, IMAGE_SIZE + 1, 4 },	      /* before the image */
		{ OFFSET, 8, 4 },		      /* header past the end */
		{ HEADER, 'X', 1 },		      /* signature */
		{ HEADER + 8, 2, 4 },		      /* version */
		{ HEADER + 4, 16 + 6 * 12, 4 },	      /* length against count */
		{ HEADER + 12, 0x15555562, 4 },	      /* count whose length overflows */
		{ SECTION(0), 0x800800, 4 },	      /* not a page */
		{ SECTION(0) + 4, 0x800, 4 },	      /* not pages */
		{ SECTION(0) + 4, 0, 4 },	      /* empty, as for TDX alone */
		{ SECTION(0), 0xffff8000, 4 },	      /* past 4 GiB */
		{ SECTION(0) + 4, 0xb000, 4 },	      /* over the next section */
		{ SECTION(5), 0x80c000, 4 },	      /* over an earlier section */
		{ SECTION(0) + 8, 0, 4 },	      /* unknown types */
		{ SECTION(0) + 8, 5, 4 },
		{ SECTION(0) + 8, 2, 4 },    /* not a page of secrets */
		{ SECTION(4) + 8, 2, 4 },    /* twice secrets */
		{ SECTION(4) + 8, 3, 4 },    /* twice CPUID */
		{ SECTION(2) + 8, 1, 4 },    /* no secrets */
		{ SECTION(3) + 8, 1, 4 },    /* no CPUID */
		{ SECTION(0) + 8, 0x10, 4 }, /* twice hashes */
		{ HASH, 0x80fc00, 4 },	     /* hashes before their section */
		{ HASH, 0x811000, 4 },	     /* and behind */
		{ HASH + 4, 0x401, 4 },
		{ SECRET, 0xfffff800, 4 }, /* wraps */
	};
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		make_image();
		put(changes[i].offset, changes[i].value, changes[i].bytes);
		if (!check(image, sizeof(image)))
			fail_msg("change %zu was not noticed", i);
	}

	make_image();
	for (unsigned i = 0; i < METADATA_SECTIONS_MAX + 1; i++)
		put_section(i, 0x800000 + i * 0x1000, 0x1000, i < 2 ? 2 + i : 1);
	put(HEADER + 4, 16 + METADATA_SECTIONS_MAX * 12, 4);
	put(HEADER + 12, METADATA_SECTIONS_MAX, 4);
	assert_null(check(image, sizeof(image)));
	put(HEADER + 4, 16 + (METADATA_SECTIONS_MAX + 1) * 12, 4);
	put(HEADER + 12, METADATA_SECTIONS_MAX + 1, 4);
	assert_non_null(check(image, sizeof(image)));
}

/* Whatever an image holds, no byte outside of it is read: valgrind and ASan watch. */
static void test_hostile(void **state)
{
	unsigned char *copy;
	make_image();
	for (size_t size = 0; size <= sizeof(image) - HEADER; size++) {
		copy = malloc(size ? size : 1);
		assert_non_null(copy);
		memcpy(copy, image + sizeof(image) - size, size);
		if (size < sizeof(image) - HEADER)
			assert_non_null(check(copy, size));
		else
			assert_null(check(copy, size));
		free(copy);
	}
	srand(1);
	copy = malloc(sizeof(image));
	assert_non_null(copy);
	for (unsigned i = 0; i < 20000; i++) {
		static const size_t places[] = { HEADER, 0xf50 };
		size_t place = places[rand() % 2];

		memcpy(copy, image, sizeof(image));
		for (unsigned n = 0; n < 3; n++)
			copy[place + (size_t)rand() % 0xb0] = (unsigned char)rand();
		if (check(copy, sizeof(image)))
			continue;
		assert_non_null(metadata_find(metadata, SEV_SECRETS));
		assert_true(metadata->count <= METADATA_SECTIONS_MAX);
		for (unsigned n = 0; n < metadata->count; n++)
			assert_true(metadata->section[n].size &&
				    metadata->section[n].gpa + metadata->section[n].size <=
					    1ull << 32);
	}
	free(copy);
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
		{ 0xfd0, 0, 1, "not made for SEV-SNP" },
		{ OFFSET + 4, 26, 2, "not 4 bytes" },
		{ OFFSET, IMAGE_SIZE + 1, 4, "lies outside" },
		{ OFFSET, 8, 4, "lies outside" },
		{ HEADER, 'X', 1, "no signature" },
		{ HEADER + 8, 2, 4, "no known version" },
		{ HEADER + 4, 16 + 6 * 12, 4, "no valid length" },
		{ SECTION(0) + 4, 0, 4, "not made for SEV-SNP" },
		{ SECTION(0), 0xffff8000, 4, "below 4 GiB" },
		{ SECTION(0) + 4, 0xb000, 4, "overlap" },
		{ SECTION(0) + 8, 5, 4, "not known" },
		{ SECTION(0) + 8, 2, 4, "4096 bytes" },
		{ SECTION(4) + 8, 2, 4, "twice" },
		{ SECTION(2) + 8, 1, 4, "no secrets page" },
		{ HASH, 0x80fc00, 4, "outside of its section" },
		{ SECRET, 0xfffff800, 4, "wraps" },
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const char *error;

		make_image();
		put(changes[i].offset, changes[i].value, changes[i].bytes);
		error = check(image, sizeof(image));
		assert_non_null(error);
		if (!strstr(error, changes[i].part))
			fail_msg("change %zu: %s", i, error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_metadata), cmocka_unit_test(test_little),
		cmocka_unit_test(test_refused),	 cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
