/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/snp/launch/hashes.h"

#include <nettle/sha2.h>
#include <string.h>

#define GUID_SIZE  16
#define HEAD_SIZE  (GUID_SIZE + 2)
#define ENTRY_SIZE (HEAD_SIZE + HASH_SIZE)

static const uint8_t table_guid[GUID_SIZE] = {
	0x06, 0xd6, 0x38, 0x94, 0x22, 0x4f, 0xc9, 0x4c,
	0xb4, 0x79, 0xa7, 0x93, 0xd4, 0x11, 0xfd, 0x21,
};
static const uint8_t cmdline_guid[GUID_SIZE] = {
	0xd8, 0x2d, 0xd0, 0x97, 0x20, 0xbd, 0x94, 0x4c,
	0xaa, 0x78, 0xe7, 0x71, 0x4d, 0x36, 0xab, 0x2a,
};
static const uint8_t initrd_guid[GUID_SIZE] = {
	0x31, 0xf7, 0xba, 0x44, 0x2f, 0x3a, 0xd7, 0x4b,
	0x9a, 0xf1, 0x41, 0xe2, 0x91, 0x69, 0x78, 0x1d,
};
static const uint8_t kernel_guid[GUID_SIZE] = {
	0x37, 0x94, 0xe7, 0x4d, 0xd2, 0xab, 0x7f, 0x42,
	0xb8, 0x35, 0xd5, 0xb1, 0x72, 0xd2, 0x04, 0x5b,
};

static uint8_t *put_head(uint8_t *to, const uint8_t *guid, unsigned length)
{
	memcpy(to, guid, GUID_SIZE);
	to[GUID_SIZE] = (uint8_t)length;
	to[GUID_SIZE + 1] = (uint8_t)(length >> 8);
	return to + HEAD_SIZE;
}

static uint8_t *put_entry(uint8_t *to, const uint8_t *guid, const uint8_t *hash)
{
	to = put_head(to, guid, ENTRY_SIZE);
	memcpy(to, hash, HASH_SIZE);
	return to + HASH_SIZE;
}

void kernel_hashes_table(const struct kernel_hashes *hashes, uint8_t table[HASH_TABLE_SIZE])
{
	uint8_t *to = table;

	memset(table, 0, HASH_TABLE_SIZE);
	to = put_head(to, table_guid, HEAD_SIZE + 3 * ENTRY_SIZE);
	to = put_entry(to, cmdline_guid, hashes->cmdline);
	to = put_entry(to, initrd_guid, hashes->initrd);
	put_entry(to, kernel_guid, hashes->kernel);
}

static bool update(void *ctx, const void *data, size_t size)
{
	sha256_update(ctx, size, data);
	return true;
}

/* Adds an item whose size is another item. */
static bool add_item(const struct fw_cfg *fw_cfg, struct sha256_ctx *sha, uint16_t size_item,
		     uint16_t data_item, uint64_t *total)
{
	uint8_t bytes[4];
	uint32_t size;

	if (!fw_cfg_read(fw_cfg, size_item, bytes, sizeof(bytes)))
		return false;
	size = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
	*total += size;
	return fw_cfg_each(fw_cfg, data_item, size, update, sha);
}

static bool hash_kernel(const struct fw_cfg *fw_cfg, uint8_t *hash, uint64_t *total)
{
	struct sha256_ctx sha;
	uint16_t item;
	uint32_t size;

	sha256_init(&sha);
	if (!fw_cfg_find(fw_cfg, "etc/boot/kernel", &item, &size))
		return false;
	*total = size;
	if (size) {
		if (!fw_cfg_each(fw_cfg, item, size, update, &sha))
			return false;
	} else if (!add_item(fw_cfg, &sha, FW_CFG_SETUP_SIZE, FW_CFG_SETUP_DATA, total) ||
		   !add_item(fw_cfg, &sha, FW_CFG_KERNEL_SIZE, FW_CFG_KERNEL_DATA, total)) {
		return false;
	}
	sha256_digest(&sha, HASH_SIZE, hash);
	return true;
}

static bool hash_item(const struct fw_cfg *fw_cfg, uint16_t size_item, uint16_t data_item,
		      uint8_t *hash)
{
	struct sha256_ctx sha;
	uint64_t total = 0;

	sha256_init(&sha);
	if (!add_item(fw_cfg, &sha, size_item, data_item, &total))
		return false;
	sha256_digest(&sha, HASH_SIZE, hash);
	return true;
}

const char *kernel_hashes_read(const struct fw_cfg *fw_cfg, struct kernel_hashes *hashes,
			       bool *there)
{
	uint64_t size;

	if (!hash_kernel(fw_cfg, hashes->kernel, &size) ||
	    !hash_item(fw_cfg, FW_CFG_INITRD_SIZE, FW_CFG_INITRD_DATA, hashes->initrd) ||
	    !hash_item(fw_cfg, FW_CFG_CMDLINE_SIZE, FW_CFG_CMDLINE_DATA, hashes->cmdline))
		return "the kernel cannot be read from fw_cfg, to hash it";
	*there = size > 0;
	return NULL;
}
