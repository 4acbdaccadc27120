/* SPDX-License-Identifier: MIT */
#include "shim/hashes.h"

#define GUID  16
#define HEAD  (GUID + 2) /* with the length, which counts all of the entry */
#define ENTRY (HEAD + SHA256_BYTES)

/* GUIDs as they are in memory: the first three numbers little-endian. */
static const uint8_t table_guid[GUID] = { 0x06, 0xd6, 0x38, 0x94, 0x22, 0x4f, 0xc9, 0x4c,
					  0xb4, 0x79, 0xa7, 0x93, 0xd4, 0x11, 0xfd, 0x21 };
static const uint8_t item_guid[HASHES_ITEMS][GUID] = {
	[HASHES_CMDLINE] = { 0xd8, 0x2d, 0xd0, 0x97, 0x20, 0xbd, 0x94, 0x4c, 0xaa, 0x78, 0xe7, 0x71,
			     0x4d, 0x36, 0xab, 0x2a },
	[HASHES_INITRD] = { 0x31, 0xf7, 0xba, 0x44, 0x2f, 0x3a, 0xd7, 0x4b, 0x9a, 0xf1, 0x41, 0xe2,
			    0x91, 0x69, 0x78, 0x1d },
	[HASHES_KERNEL] = { 0x37, 0x94, 0xe7, 0x4d, 0xd2, 0xab, 0x7f, 0x42, 0xb8, 0x35, 0xd5, 0xb1,
			    0x72, 0xd2, 0x04, 0x5b },
};

static bool is_same(const uint8_t *a, const uint8_t *b, unsigned bytes)
{
	unsigned difference = 0;

	for (unsigned i = 0; i < bytes; i++)
		difference |= a[i] ^ b[i];
	return !difference;
}

static unsigned get_length(const uint8_t *entry)
{
	return entry[GUID] | entry[GUID + 1] << 8;
}

static bool is_zero(const uint8_t *page)
{
	for (unsigned i = 0; i < HASHES_ROOM; i++)
		if (page[i])
			return false;
	return true;
}

static int find_item(const uint8_t *guid)
{
	for (int item = 0; item < HASHES_ITEMS; item++)
		if (is_same(guid, item_guid[item], GUID))
			return item;
	return -1;
}

/* Entries of another kind are left out. */
bool hashes_read(struct hashes *hashes, const uint8_t page[HASHES_ROOM])
{
	unsigned end = get_length(page), seen = 0;

	hashes->there = !is_zero(page);
	if (!hashes->there)
		return true;
	if (!is_same(page, table_guid, GUID) || end < HEAD || end > HASHES_ROOM)
		return false;
	for (unsigned at = HEAD; at < end; at += get_length(page + at)) {
		unsigned length = end - at < HEAD ? 0 : get_length(page + at);
		int item;

		if (length < HEAD || length > end - at)
			return false;
		item = find_item(page + at);
		if (item < 0)
			continue;
		if (length != ENTRY || seen & 1U << item)
			return false;
		seen |= 1U << item;
		for (unsigned i = 0; i < SHA256_BYTES; i++)
			hashes->hash[item][i] = page[at + HEAD + i];
	}
	return seen == (1U << HASHES_ITEMS) - 1;
}

bool hashes_match(const struct hashes *hashes, enum hashes_item item, struct sha256 *sha)
{
	uint8_t hash[SHA256_BYTES];

	if (!hashes->there)
		return true;
	sha256_end(sha, hash);
	return is_same(hash, hashes->hash[item], SHA256_BYTES);
}
