/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/arm/device_tree.h"

/* A device tree that is written here cell by cell, after the Devicetree Specification 0.4. */
static uint8_t tree[512];
static size_t at, strings_at;

static void put(uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		tree[at++] = (uint8_t)(value >> (24 - 8 * i));
}

static void put_at(size_t where, uint32_t value)
{
	size_t saved = at;

	at = where;
	put(value);
	at = saved;
}

static void put_text(const char *text)
{
	size_t length = strlen(text) + 1;

	memcpy(tree + at, text, length);
	at += (length + 3) & ~(size_t)3;
}

static const char strings[] = "method\0linux,initrd-start\0linux,initrd-end\0method-x";
enum { METHOD = 0, START = 7, END = 26, OTHER = 43 };

static void put_property(uint32_t name, const void *value, uint32_t length)
{
	put(3);
	put(length);
	put(name);
	memcpy(tree + at, value, length);
	at += (length + 3) & ~3u;
}

static size_t make(void)
{
	static const uint8_t start[] = { 0, 0, 0, 1, 0x48, 0, 0, 0 }, end[] = { 0x49, 0, 0, 4 };

	memset(tree, 0, sizeof(tree));
	at = ARM_DEVICE_TREE_HEADER;
	put(1);
	put_text("");
	put_property(METHOD, "root", 5);
	put(4);
	put(1);
	put_text("psci-x");
	put_property(METHOD, "bad", 4);
	put(2);
	put(1);
	put_text("psci@1");
	put_property(OTHER, "bad", 4);
	put(1);
	put_text("below");
	put_property(METHOD, "sub", 4);
	put(2);
	put_property(METHOD, "hvc", 4);
	put(2);
	put(1);
	put_text("chosen");
	put_property(START, start, sizeof(start));
	put_property(END, end, sizeof(end));
	put(2);
	put(2);
	put(9);
	strings_at = at;
	memcpy(tree + at, strings, sizeof(strings));
	at += sizeof(strings);
	put_at(0, 0xd00dfeed);
	put_at(4, (uint32_t)at);
	put_at(8, ARM_DEVICE_TREE_HEADER);
	put_at(12, (uint32_t)strings_at);
	put_at(32, sizeof(strings));
	put_at(36, (uint32_t)(strings_at - ARM_DEVICE_TREE_HEADER));
	return at;
}

static void test_property(void **state)
{
	size_t size = make(), length = 0;
	uint8_t *method = arm_device_tree_property(tree, size, "psci", "method", &length);

	assert_int_equal(arm_device_tree_size(tree), size);
	assert_non_null(method);
	assert_int_equal(length, 4);
	assert_string_equal((const char *)method, "hvc");
	assert_null(arm_device_tree_property(tree, size, "psci", "missing", &length));
	assert_null(arm_device_tree_property(tree, size, "missing", "method", &length));
}

static void test_number(void **state)
{
	size_t size = make();

	assert_true(arm_device_tree_number(tree, size, "chosen", "linux,initrd-start") ==
		    UINT64_C(0x148000000));
	assert_int_equal(arm_device_tree_number(tree, size, "chosen", "linux,initrd-end"),
			 0x49000004);
	/* Of 4 bytes, though a text. */
	assert_int_equal(arm_device_tree_number(tree, size, "psci", "method"), 0x68766300);
	assert_int_equal(arm_device_tree_number(tree, size, "chosen", "method"), 0);
}

/* Cut off anywhere, and with any byte changed: nothing is read from outside, which a heap block of
 * that size shows under a sanitizer. */
static void test_broken(void **state)
{
	size_t size = make(), length;

	for (size_t cut = 0; cut < size; cut++) {
		uint8_t *part = malloc(cut + 1);

		memcpy(part, tree, cut);
		arm_device_tree_property(part, cut, "chosen", "linux,initrd-end", &length);
		free(part);
	}
	for (size_t i = 0; i < size; i++) {
		uint8_t *copy = malloc(size), *found;

		memcpy(copy, tree, size);
		copy[i] ^= 0xff;
		found = arm_device_tree_property(copy, size, "chosen", "linux,initrd-end", &length);
		assert_true(!found || (found >= copy && length <= (size_t)(copy + size - found)));
		free(copy);
	}
	tree[0] = 0;
	assert_int_equal(arm_device_tree_size(tree), 0);
	assert_null(arm_device_tree_property(tree, size, "psci", "method", &length));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_property),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
