/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "shim/linux_image.h"

/* Offsets of Linux's Documentation/arch/x86/boot.rst. */
static uint8_t setup[0x600];

static void put(unsigned at, uint64_t value, unsigned bytes)
{
	memcpy(setup + at, &value, bytes);
}

static void good(void)
{
	memset(setup, 0, sizeof(setup));
	setup[0x1f1] = 2;
	put(0x1fe, 0xaa55, 2);
	setup[0x201] = 0x6a;
	memcpy(setup + 0x202, "HdrS", 4);
	put(0x206, 0x20f, 2);
	put(0x20e, 0x100, 2);
	memcpy(setup + 0x300, "6.12.107 (x@y) #1", 18);
	put(0x22c, 0x7fffffff, 4);
	put(0x230, 0x200000, 4);
	setup[0x234] = 1;
	put(0x236, 0x7f, 2);
	put(0x238, 2047, 4);
	put(0x258, 0x1000000, 8);
	put(0x260, 0x3c00000, 4);
}

static void test_good(void **state)
{
	struct linux_image image;

	good();
	assert_null(linux_image_read(&image, setup, sizeof(setup)));
	assert_int_equal(image.header_end, 0x26c);
	assert_int_equal(image.alignment, 0x200000);
	assert_int_equal(image.initrd_max, 0x7fffffff);
	assert_int_equal(image.cmdline_max, 2047);
	assert_int_equal(image.preferred, 0x1000000);
	assert_int_equal(image.init_size, 0x3c00000);
	assert_true(image.relocatable);
	assert_int_equal(image.version_bytes, 17);
	assert_memory_equal(image.version, "6.12.107 (x@y) #1", 17);
}

/* Each value alone makes it none, and the message says which. */
static void test_refused(void **state)
{
	static const struct {
		unsigned at, bytes;
		uint64_t value;
		const char *what;
	} bad[] = {
		{ 0x1fe, 2, 0, "no bzImage" },	       { 0x202, 4, 0, "no bzImage" },
		{ 0x206, 2, 0x20b, "protocol" },       { 0x236, 2, 0x7e, "64-bit" },
		{ 0x201, 1, 0x60, "header" },	       { 0x201, 1, 0xff, "header" },
		{ 0x230, 4, 0, "alignment" },	       { 0x230, 4, 0x300000, "alignment" },
		{ 0x230, 4, 0x80000000, "alignment" }, { 0x258, 8, 0x1000001, "address" },
		{ 0x258, 8, 0x1000, "address" },       { 0x258, 8, UINT64_C(1) << 60, "address" },
		{ 0x260, 4, 0, "how much" },
	};
	struct linux_image image;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *wrong;

		good();
		put(bad[i].at, bad[i].value, bad[i].bytes);
		wrong = linux_image_read(&image, setup, sizeof(setup));
		assert_non_null(wrong);
		assert_non_null(strstr(wrong, bad[i].what));
	}
	good();
	assert_non_null(linux_image_read(&image, setup, 0x267));
}

/* The host says how many bytes the setup part has, and the header says so as well: 0 sectors are 4,
 * and the first one is not counted. The entry point follows, so they must agree. */
static void test_setup_bytes(void **state)
{
	static uint8_t big[256 * 512];
	static const struct {
		uint8_t sectors;
		size_t bytes;
	} parts[] = { { 2, 0x600 }, { 1, 0x400 }, { 4, 0xa00 }, { 0, 0xa00 }, { 255, 0x20000 } };
	static const int off[] = { -512, -1, 1, 512 };
	struct linux_image image;

	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		good();
		setup[0x1f1] = parts[i].sectors;
		memcpy(big, setup, sizeof(setup));
		assert_int_equal(linux_image_setup_bytes(big), parts[i].bytes);
		assert_null(linux_image_read(&image, big, parts[i].bytes));
		for (unsigned j = 0; j < sizeof(off) / sizeof(off[0]); j++) {
			const char *wrong =
				linux_image_read(&image, big, parts[i].bytes + (size_t)off[j]);

			assert_non_null(wrong);
		}
	}
	good();
	assert_non_null(strstr(linux_image_read(&image, setup, 0x400), "setup_sects"));
}

/* It need not have an end, nor lie in the file. */
static void test_version(void **state)
{
	struct linux_image image;

	good();
	memset(setup + 0x300, 'x', sizeof(setup) - 0x300);
	assert_null(linux_image_read(&image, setup, sizeof(setup)));
	assert_int_equal(image.version_bytes, sizeof(setup) - 0x300);
	put(0x20e, 0xffff, 2);
	assert_null(linux_image_read(&image, setup, sizeof(setup)));
	assert_null(image.version);
}

static void test_accepts(void **state)
{
	static uint8_t image[4096];
	static const uint8_t pieces[4][4] = { { 0x3c, 0xde, 0xd1, 0xd5 },
					      { 0x5c, 0x10, 0xf9, 0x44 },
					      { 0x9e, 0xa9, 0xbc, 0xef },
					      { 0x98, 0x12, 0x00, 0x31 } };

	assert_false(linux_image_accepts(image, sizeof(image)));
	for (unsigned i = 0; i < 4; i++) {
		assert_false(linux_image_accepts(image, sizeof(image)));
		memcpy(image + 100 + 7 * i, pieces[i], 4);
	}
	assert_true(linux_image_accepts(image, sizeof(image)));
	assert_false(linux_image_accepts(image, 124));
	memset(image, 0, sizeof(image));
	strcpy((char *)image + 4096 - 43, "Unknown version of unaccepted memory table");
	assert_true(linux_image_accepts(image, sizeof(image)));
	assert_false(linux_image_accepts(image, sizeof(image) - 2));
	assert_false(linux_image_accepts(image, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	    cmocka_unit_test(test_refused),
		cmocka_unit_test(test_setup_bytes), cmocka_unit_test(test_version),
		cmocka_unit_test(test_accepts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
