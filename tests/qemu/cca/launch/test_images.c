/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/cca/launch/images.h"
#include "qemu/host/memory_map.h"

/* What is loaded, in RAM that is an array. */
#define RAM UINT64_C(0x40000000)

static uint8_t memory[0x200000];
static const struct emu_ram ram = { RAM, RAM + sizeof(memory) };
static unsigned writes;

bool qemu_ram_read(uint64_t gpa, void *buffer, size_t size)
{
	if (gpa < ram.start || size > ram.end - gpa)
		return false;
	memcpy(buffer, memory + (gpa - RAM), size);
	return true;
}

bool qemu_ram_write(uint64_t gpa, const void *buffer, size_t size)
{
	memcpy(memory + (gpa - RAM), buffer, size);
	writes++;
	return true;
}

/* The format's version 17 of / { psci { method = "hvc"; }; chosen { linux,initrd-start =
 * <0x40180800>; linux,initrd-end = <0x40181001>; }; }; */
static const uint8_t tree[] = {
	0xd0, 0x0d, 0xfe, 0xed, 0x00, 0x00, 0x00, 0xc3, 0x00, 0x00, 0x00, 0x38, 0x00, 0x00, 0x00,
	0x98, 0x00, 0x00, 0x00, 0x28, 0x00, 0x00, 0x00, 0x11, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x2b, 0x00, 0x00, 0x00, 0x60, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x70, 0x73, 0x63, 0x69, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x68, 0x76,
	0x63, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x63, 0x68, 0x6f, 0x73, 0x65,
	0x6e, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x07,
	0x40, 0x18, 0x08, 0x00, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00,
	0x1a, 0x40, 0x18, 0x10, 0x01, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00,
	0x00, 0x09, 0x6d, 0x65, 0x74, 0x68, 0x6f, 0x64, 0x00, 0x6c, 0x69, 0x6e, 0x75, 0x78, 0x2c,
	0x69, 0x6e, 0x69, 0x74, 0x72, 0x64, 0x2d, 0x73, 0x74, 0x61, 0x72, 0x74, 0x00, 0x6c, 0x69,
	0x6e, 0x75, 0x78, 0x2c, 0x69, 0x6e, 0x69, 0x74, 0x72, 0x64, 0x2d, 0x65, 0x6e, 0x64, 0x00,
};

static void put_words(uint64_t offset, const uint32_t *words, size_t count)
{
	memcpy(memory + offset, words, count * sizeof(*words));
}

static int prepare(void **state)
{
	memset(memory, 0, sizeof(memory));
	writes = 0;
	return 0;
}

/* QEMU's first code, a kernel of 0x20000 bytes of which the file has less, and the rest. */
static void test_linux(void **state)
{
	static const uint32_t stub[] = { 0x580000c0, 0xaa1f03e1, 0xaa1f03e2, 0xaa1f03e3, 0x58000084,
					 0xd61f0080, 0x40100000, 0,	     0x40080000, 0 };
	struct cca_images images;

	put_words(0, stub, 10);
	memcpy(memory + 0x80000 + 16, "\x01\x00\x02", 3);
	memcpy(memory + 0x80000 + 56, "ARM\x64", 4);
	memcpy(memory + 0x100000, tree, sizeof(tree));
	cca_images_find(RAM, &ram, &images);
	assert_int_equal(images.count, 4);
	assert_int_equal(images.range[0].start, RAM);
	assert_int_equal(images.range[0].end, RAM + 0x1000);
	assert_int_equal(images.range[1].start, RAM + 0x80000);
	assert_int_equal(images.range[1].end, RAM + 0xa1000);
	assert_int_equal(images.range[2].start, RAM + 0x100000);
	assert_int_equal(images.range[2].end, RAM + 0x101000);
	assert_int_equal(images.range[3].start, RAM + 0x180000);
	assert_int_equal(images.range[3].end, RAM + 0x182000);
	assert_int_equal(images.kernel.start, RAM + 0x80000);
	assert_int_equal(images.kernel.end, RAM + 0xa0001);
	assert_true(cca_images_use_smc(&images));
	assert_int_equal(memcmp(memory + 0x100000 + 88, "smc", 4), 0);
	assert_int_equal(writes, 1);
	/* A tree that says so already stays as it is. */
	assert_true(cca_images_use_smc(&images));
	assert_int_equal(writes, 1);
}

/* Another program: all from its first byte to its last, in chunks. */
static void test_other(void **state)
{
	struct cca_images images;

	memory[0x85123] = 1;
	memory[0xa0001] = 1;
	cca_images_find(RAM + 0x85000, &ram, &images);
	assert_int_equal(images.count, 1);
	assert_int_equal(images.range[0].start, RAM + 0x80000);
	assert_int_equal(images.range[0].end, RAM + 0xc0000);
	assert_int_equal(images.device_tree, 0);
	assert_int_equal(images.kernel.start, images.kernel.end);
	assert_true(cca_images_use_smc(&images));
	/* With the tree at the start of RAM, which is joined with what touches it. */
	memcpy(memory, tree, sizeof(tree));
	cca_images_find(RAM + 0x85000, &ram, &images);
	assert_int_equal(images.device_tree, RAM);
	assert_int_equal(images.count, 2);
	assert_int_equal(images.range[0].start, RAM);
	assert_int_equal(images.range[0].end, RAM + 0xc0000);
	assert_int_equal(images.range[1].start, RAM + 0x180000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_linux, prepare),
		cmocka_unit_test_setup(test_other, prepare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
