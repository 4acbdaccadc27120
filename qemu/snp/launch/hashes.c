/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/snp/launch/hashes.h"

#include <nettle/sha2.h>
#include <string.h>

#include "formats/guid.h"
#include "formats/le.h"

#define HEAD_SIZE  (GUID_SIZE + 2)
#define ENTRY_SIZE (HEAD_SIZE + HASH_SIZE)

static const uint8_t table_guid[GUID_SIZE] =
	GUID(0x9438d606, 0x4f22, 0x4cc9, 0xb479, 0xa793d411fd21);
static const uint8_t cmdline_guid[GUID_SIZE] =
	GUID(0x97d02dd8, 0xbd20, 0x4c94, 0xaa78, 0xe7714d36ab2a);
static const uint8_t initrd_guid[GUID_SIZE] =
	GUID(0x44baf731, 0x3a2f, 0x4bd7, 0x9af1, 0x41e29169781d);
static const uint8_t kernel_guid[GUID_SIZE] =
	GUID(0x4de79437, 0xabd2, 0x427f, 0xb835, 0xd5b172d2045b);

static uint8_t *put_head(uint8_t *to, const uint8_t *guid, unsigned length)
{
	memcpy(to, guid, GUID_SIZE);
	le_put(to + GUID_SIZE, length, 2);
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
	size = le_get32(bytes);
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
