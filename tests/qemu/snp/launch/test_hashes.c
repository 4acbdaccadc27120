/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/snp/launch/fw_cfg.h"
#include "qemu/snp/launch/hashes.h"

/* A fw_cfg device as its specification describes it: an item is selected, and read on and on. */

#define SCRATCH	     0x1000000
#define SCRATCH_SIZE 4096

static struct item {
	uint16_t number;
	const char *data;
	size_t size;
} items[16];

static unsigned item_count;
static uint8_t ram[SCRATCH_SIZE];
static uint32_t high;
static const struct item *selected;
static size_t offset;
static bool broken;

static void dma(uint64_t gpa)
{
	uint32_t words[4], control, length;
	uint64_t address;

	assert_int_equal(gpa, SCRATCH);
	memcpy(words, ram, sizeof(words));
	control = be32toh(words[0]);
	length = be32toh(words[1]);
	address = (uint64_t)be32toh(words[2]) << 32 | be32toh(words[3]);
	assert_int_equal(control & 0xffff & ~8u, 2);
	if (control & 8) {
		selected = NULL;
		offset = 0;
		for (unsigned i = 0; i < item_count; i++)
			if (items[i].number == control >> 16)
				selected = &items[i];
	}
	assert_true(address >= SCRATCH + 16 && address + length <= SCRATCH + SCRATCH_SIZE);
	for (uint32_t i = 0; i < length; i++, offset++)
		ram[address - SCRATCH + i] =
			selected && offset < selected->size ? (uint8_t)selected->data[offset] : 0;
	words[0] = broken ? htobe32(1) : 0;
	memcpy(ram, words, 4);
}

static void out32(void *ctx, uint16_t port, uint32_t value)
{
	if (port == 0x514)
		high = be32toh(value);
	else if (port == 0x518)
		dma((uint64_t)high << 32 | be32toh(value));
	else
		fail_msg("port %x", port);
}

static bool read_ram(void *ctx, uint64_t gpa, void *buffer, size_t size)
{
	assert_true(gpa >= SCRATCH && gpa + size <= SCRATCH + SCRATCH_SIZE);
	memcpy(buffer, ram + (gpa - SCRATCH), size);
	return true;
}

static bool write_ram(void *ctx, uint64_t gpa, const void *buffer, size_t size)
{
	assert_true(gpa >= SCRATCH && gpa + size <= SCRATCH + SCRATCH_SIZE);
	memcpy(ram + (gpa - SCRATCH), buffer, size);
	return true;
}

static const struct fw_cfg device = {
	.out32 = out32,
	.read = read_ram,
	.write = write_ram,
	.scratch = SCRATCH,
	.scratch_size = SCRATCH_SIZE,
};

static void add(uint16_t number, const char *data, size_t size)
{
	items[item_count++] = (struct item){ number, data, size };
}

static void same_hash(const uint8_t *hash, const char *expected)
{
	char text[65];

	for (unsigned i = 0; i < 32; i++)
		sprintf(text + 2 * i, "%02x", hash[i]);
	assert_string_equal(text, expected);
}

/* Of FIPS 180-4's examples: "abc", nothing, 448 bits, and a million times "a". */
#define SHA_ABC	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHA_448	    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
#define SHA_MILLION "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static char million[1000000];

static void test_old_qemu(void **state)
{
	static const char directory[4 + 64] = "\0\0\0\1\0\0\0\7\0\x20\0\0etc/e820";
	struct kernel_hashes hashes;
	bool there;

	item_count = 0;
	add(FW_CFG_FILE_DIR, directory, sizeof(directory));
	add(FW_CFG_SETUP_SIZE, "\1\0\0\0", 4);
	add(FW_CFG_SETUP_DATA, "a", 1);
	add(FW_CFG_KERNEL_SIZE, "\2\0\0\0", 4);
	add(FW_CFG_KERNEL_DATA, "bc", 2);
	add(FW_CFG_CMDLINE_SIZE, "\x38\0\0\0", 4);
	add(FW_CFG_CMDLINE_DATA, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56);
	assert_null(kernel_hashes_read(&device, &hashes, &there));
	assert_true(there);
	same_hash(hashes.kernel, SHA_ABC);
	same_hash(hashes.initrd, SHA_NOTHING);
	same_hash(hashes.cmdline, SHA_448);
}

/* The file goes before the items; and pieces of it are put together. */
static void test_file(void **state)
{
	static char directory[4 + 100 * 64];
	struct kernel_hashes hashes;
	bool there;

	memset(million, 'a', sizeof(million));
	directory[3] = 100;
	for (unsigned i = 0; i < 100; i++)
		sprintf(directory + 4 + i * 64 + 8, "etc/boot/other-%u", i);
	memcpy(directory + 4 + 97 * 64, "\0\x0f\x42\x40\0\x2a\0\0etc/boot/kernel", 24);
	item_count = 0;
	add(FW_CFG_FILE_DIR, directory, sizeof(directory));
	add(FW_CFG_SETUP_SIZE, "\1\0\0\0", 4);
	add(FW_CFG_SETUP_DATA, "x", 1);
	add(0x2a, million, sizeof(million));
	add(FW_CFG_INITRD_SIZE, "\3\0\0\0", 4);
	add(FW_CFG_INITRD_DATA, "abc", 3);
	assert_null(kernel_hashes_read(&device, &hashes, &there));
	assert_true(there);
	same_hash(hashes.kernel, SHA_MILLION);
	same_hash(hashes.initrd, SHA_ABC);
	same_hash(hashes.cmdline, SHA_NOTHING);
}

static void test_none(void **state)
{
	struct kernel_hashes hashes;
	bool there = true;

	item_count = 0;
	assert_null(kernel_hashes_read(&device, &hashes, &there));
	assert_false(there);
	add(FW_CFG_FILE_DIR, "\xff\0\0\0", 4);
	assert_non_null(kernel_hashes_read(&device, &hashes, &there));
	item_count = 0;
	broken = true;
	assert_non_null(kernel_hashes_read(&device, &hashes, &there));
	broken = false;
}

/* Found as OVMF's verifier finds a hash: the table by its GUID, then entry after entry. */
static const uint8_t *look_up(const uint8_t *table, const char *guid)
{
	size_t left = (size_t)(table[16] | table[17] << 8) - 18;
	const uint8_t *entry = table + 18;

	while (left >= 18) {
		size_t length = (size_t)(entry[16] | entry[17] << 8);

		assert_int_equal(length, 50);
		if (!memcmp(entry, guid, 16))
			return entry + 18;
		entry += length;
		left -= length;
	}
	assert_int_equal(left, 0);
	return NULL;
}

static void test_table(void **state)
{
	uint8_t table[HASH_TABLE_SIZE + 1];
	struct kernel_hashes hashes;

	memset(table, 0xee, sizeof(table));
	memset(hashes.kernel, 1, 32);
	memset(hashes.initrd, 2, 32);
	memset(hashes.cmdline, 3, 32);
	kernel_hashes_table(&hashes, table);
	assert_int_equal(table[HASH_TABLE_SIZE], 0xee);
	assert_memory_equal(table,
			    "\x06\xd6\x38\x94\x22\x4f\xc9\x4c\xb4\x79\xa7\x93\xd4\x11\xfd\x21", 16);
	assert_memory_equal(look_up(table, "\x37\x94\xe7\x4d\xd2\xab\x7f\x42"
					   "\xb8\x35\xd5\xb1\x72\xd2\x04\x5b"),
			    hashes.kernel, 32);
	assert_memory_equal(look_up(table, "\x31\xf7\xba\x44\x2f\x3a\xd7\x4b"
					   "\x9a\xf1\x41\xe2\x91\x69\x78\x1d"),
			    hashes.initrd, 32);
	assert_memory_equal(look_up(table, "\xd8\x2d\xd0\x97\x20\xbd\x94\x4c"
					   "\xaa\x78\xe7\x71\x4d\x36\xab\x2a"),
			    hashes.cmdline, 32);
	assert_null(look_up(table, "0123456789abcdef"));
	assert_memory_equal(table + 168, "\0\0\0\0\0\0\0", 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_old_qemu),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
