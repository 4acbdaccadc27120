/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/snp/launch/hashes.h"
#include "shim/hashes.h"

/* The table as the plugin for QEMU makes it, which is compared with QEMU's elsewhere. */
static uint8_t page[4096];
static struct kernel_hashes given;

static void start(void)
{
	memset(page, 0, sizeof(page));
	for (unsigned i = 0; i < HASH_SIZE; i++) {
		given.cmdline[i] = (uint8_t)(i + 1);
		given.initrd[i] = (uint8_t)(i + 101);
	}
	/* Of "abc". */
	memcpy(given.kernel,
	       "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23"
	       "\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad",
	       HASH_SIZE);
	kernel_hashes_table(&given, page);
}

static bool matches(const struct hashes *hashes, enum hashes_item item, const char *text)
{
	struct sha256 sha;

	sha256_start(&sha);
	sha256_add(&sha, text, strlen(text));
	return hashes_match(hashes, item, &sha);
}

static void test_table(void **state)
{
	struct hashes hashes;

	start();
	assert_true(hashes_read(&hashes, page));
	assert_true(hashes.there);
	assert_memory_equal(hashes.hash[HASHES_CMDLINE], given.cmdline, HASH_SIZE);
	assert_memory_equal(hashes.hash[HASHES_INITRD], given.initrd, HASH_SIZE);
	assert_memory_equal(hashes.hash[HASHES_KERNEL], given.kernel, HASH_SIZE);
	assert_true(matches(&hashes, HASHES_KERNEL, "abc"));
	assert_false(matches(&hashes, HASHES_KERNEL, "abd"));
	assert_false(matches(&hashes, HASHES_INITRD, "abc"));
}

/* A bit of the hash, wherever it is. */
static void test_each_bit(void **state)
{
	struct hashes hashes;

	start();
	for (unsigned bit = 0; bit < 8 * HASH_SIZE; bit++) {
		page[136 + bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_true(hashes_read(&hashes, page));
		assert_false(matches(&hashes, HASHES_KERNEL, "abc"));
		page[136 + bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

static void test_none(void **state)
{
	struct hashes hashes;

	memset(page, 0, sizeof(page));
	assert_true(hashes_read(&hashes, page));
	assert_false(hashes.there);
	assert_true(matches(&hashes, HASHES_KERNEL, "anything"));
	/* Something, but no table. */
	page[HASHES_ROOM - 1] = 1;
	assert_false(hashes_read(&hashes, page));
}

static void put16(unsigned at, unsigned value)
{
	page[at] = (uint8_t)value;
	page[at + 1] = (uint8_t)(value >> 8);
}

static void refused(void)
{
	struct hashes hashes;

	assert_false(hashes_read(&hashes, page));
}

static void test_malformed(void **state)
{
	static const unsigned heads[] = { 0, 18, 68, 118 };
	struct hashes hashes;

	/* Each GUID: another one is left out, and then one of the three is missing. */
	for (unsigned i = 0; i < 4; i++) {
		start();
		page[heads[i] + 15] ^= 1;
		refused();
		start();
		put16(heads[i] + 16, 17);
		refused();
		start();
		put16(heads[i] + 16, 0xffff);
		refused();
		start();
		put16(heads[i] + 16, 0);
		refused();
	}
	/* The end within an entry, and before the last one. */
	for (unsigned end = 0; end < 168; end++) {
		start();
		put16(16, end);
		refused();
	}
	/* One twice. */
	start();
	memcpy(page + 68, page + 18, 50);
	refused();
	/* One of another kind behind them, and one that passes the end. */
	start();
	memset(page + 168, 0xee, 16);
	put16(184, 18);
	put16(16, 186);
	assert_true(hashes_read(&hashes, page));
	put16(184, 19);
	refused();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_each_bit),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
