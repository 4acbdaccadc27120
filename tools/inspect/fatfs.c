/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <strings.h>
#include "tools/inspect/fatfs.h"

enum {
	ENTRY_SIZE = 32,
	ATTRIBUTES = 11,
	ATTRIBUTE_VOLUME = 8,
	ATTRIBUTE_DIRECTORY = 16,
	ATTRIBUTE_LONG = 15,
	LONG_CHARACTERS = 13, /* in an entry */
	LONG_LAST = 0x40,
	SHORT_CASE = 12, /* bit 3: the name is in lower case; bit 4: the extension */
};

static bool power_of_two(uint32_t number)
{
	return number && !(number & (number - 1));
}

bool fat_open(struct bytes bytes, struct fat *fat)
{
	uint32_t sector = bytes_u16(bytes, 11), per_cluster = (uint32_t)bytes_number(bytes, 13, 1);
	uint32_t reserved = bytes_u16(bytes, 14), tables = (uint32_t)bytes_number(bytes, 16, 1);
	uint64_t total = bytes_u16(bytes, 19), table_size = bytes_u16(bytes, 22);
	uint64_t clusters, used;
	uint8_t jump = (uint8_t)bytes_number(bytes, 0, 1);

	if (bytes_u16(bytes, 510) != 0xaa55 || (jump != 0xeb && jump != 0xe9))
		return false;
	if (!power_of_two(sector) || sector < 512 || sector > 4096 || !power_of_two(per_cluster) ||
	    !reserved || !tables || tables > 4)
		return false;
	if (!total)
		total = bytes_u32(bytes, 32);
	if (!table_size)
		table_size = bytes_u32(bytes, 36);
	fat->bytes = bytes;
	fat->table = (uint64_t)reserved * sector;
	fat->root = fat->table + tables * table_size * sector;
	fat->root_size = bytes_u16(bytes, 17) * (uint64_t)ENTRY_SIZE;
	fat->data = fat->root + (fat->root_size + sector - 1) / sector * sector;
	fat->cluster_size = (uint64_t)per_cluster * sector;
	used = fat->data / sector;
	if (!table_size || total <= used)
		return false;
	clusters = (total - used) / per_cluster;
	if (clusters > 0x0ffffff4)
		return false;
	fat->clusters = (uint32_t)clusters + 2;
	/* The number of clusters alone decides the type: section 3.5 of the specification. */
	fat->bits = clusters < 4085 ? 12 : clusters < 65525 ? 16 : 32;
	fat->root_cluster = fat->bits == 32 ? bytes_u32(bytes, 44) : 0;
	return fat->bits == 32 || fat->root_size;
}

/* The next cluster; at the end a number below 2, or not below fat->clusters. */
static uint32_t following(const struct fat *fat, uint32_t cluster)
{
	uint32_t value;

	switch (fat->bits) {
	case 12:
		value = bytes_u16(fat->bytes, fat->table + cluster + cluster / 2);
		return cluster & 1 ? value >> 4 : value & 0xfff;
	case 16:
		return bytes_u16(fat->bytes, fat->table + cluster * 2ull);
	default:
		return bytes_u32(fat->bytes, fat->table + cluster * 4ull) & 0x0fffffff;
	}
}

/* A directory has no size: it ends where its chain of clusters does. */
static uint64_t chain_size(const struct fat *fat, uint32_t cluster)
{
	uint64_t size = 0;

	while (size < FAT_DIRECTORY && cluster >= 2 && cluster < fat->clusters) {
		size += fat->cluster_size;
		cluster = following(fat, cluster);
	}
	return size;
}

static bool copy_chain(struct inspect_image *image, const struct fat *fat, uint32_t cluster,
		       struct fat_content *content)
{
	uint64_t copied = 0;

	while (copied < content->room && cluster >= 2 && cluster < fat->clusters) {
		uint64_t size = content->room - copied;
		struct bytes part;

		if (size > fat->cluster_size)
			size = fat->cluster_size;
		part = bytes_part(fat->bytes, fat->data + (cluster - 2) * fat->cluster_size, size);
		if (part.size < size) {
			inspect_unreadable(
				image, "truncated",
				"cluster %u is behind the end: the file system is cut off",
				cluster);
			return false;
		}
		memcpy(content->memory + copied, part.data, size);
		copied += size;
		cluster = following(fat, cluster);
	}
	if (copied < content->room) {
		inspect_unreadable(image, "chain-ends",
				   "a file of %llu bytes ends after %llu: the allocation table is "
				   "corrupt",
				   (unsigned long long)content->room, (unsigned long long)copied);
		return false;
	}
	content->bytes = (struct bytes){ content->memory, copied };
	return true;
}

static void fat_release(struct inspect_limits *limits, struct fat_content *content)
{
	inspect_free(limits, content->memory, content->room);
	*content = (struct fat_content){ 0 };
}

bool fat_read(struct inspect_limits *limits, struct inspect_image *image, const struct fat *fat,
	      const struct fat_entry *entry, struct fat_content *content)
{
	bool directory = !entry || entry->directory;
	uint32_t cluster = entry ? entry->cluster : fat->root_cluster;

	*content = (struct fat_content){ 0 };
	if (!entry && fat->bits != 32) {
		content->bytes = bytes_part(fat->bytes, fat->root, fat->root_size);
		return true;
	}
	content->room = directory ? chain_size(fat, cluster) : entry->size;
	if (!content->room)
		return true;
	if (!directory && content->room > fat->bytes.size) {
		inspect_unreadable(image, "too-large", "a file is larger than the file system");
		return false;
	}
	if (!inspect_work(limits, image, content->room))
		return false;
	content->memory = inspect_alloc(limits, image, content->room);
	if (!content->memory)
		return false;
	if (copy_chain(image, fat, cluster, content))
		return true;
	fat_release(limits, content);
	return false;
}

/* Offsets of the 13 characters in an entry with a part of a long name. */
static void long_part(struct bytes entry, char *name)
{
	static const uint8_t places[LONG_CHARACTERS] = { 1,  3,	 5,  7,	 9,  14, 16,
							 18, 20, 22, 24, 28, 30 };

	for (int i = 0; i < LONG_CHARACTERS; i++) {
		uint16_t character = bytes_u16(entry, places[i]);

		name[i] = character < 0x80 ? (char)character : '?';
	}
}

static void short_name(struct bytes entry, char *name)
{
	uint8_t lower = entry.data[SHORT_CASE];
	size_t used = 0;

	for (int i = 0; i < 11; i++) {
		uint8_t character = entry.data[i];

		if (i == 8 && bytes_number(entry, 8, 3) != 0x202020)
			name[used++] = '.';
		if (character == ' ')
			continue;
		if (character >= 'A' && character <= 'Z' && lower & (i < 8 ? 8 : 16))
			character |= 0x20;
		name[used++] = character < 0x80 ? (char)character : '?';
	}
	name[used] = 0;
}

/* True for a file or directory: not deleted, not a volume label. *at moves past the entry. */
bool fat_next(struct bytes directory, uint64_t *at, struct fat_entry *entry)
{
	char long_name[20 * LONG_CHARACTERS + 1];
	bool is_long = false;

	for (; bytes_have(directory, *at, ENTRY_SIZE); *at += ENTRY_SIZE) {
		struct bytes raw = bytes_part(directory, *at, ENTRY_SIZE);
		uint8_t first = raw.data[0], attributes = raw.data[ATTRIBUTES];
		unsigned int part = first & 0x1f;

		if (!first)
			return false;
		if (first == 0xe5) {
			is_long = false;
			continue;
		}
		if ((attributes & 0x3f) == ATTRIBUTE_LONG) {
			if (!part || part > 20)
				continue;
			if (first & LONG_LAST)
				memset(long_name, 0, sizeof(long_name));
			is_long = is_long || first & LONG_LAST;
			if (is_long)
				long_part(raw, long_name + (part - 1) * LONG_CHARACTERS);
			continue;
		}
		if (attributes & ATTRIBUTE_VOLUME) {
			is_long = false;
			continue;
		}
		if (is_long)
			snprintf(entry->name, sizeof(entry->name), "%.255s", long_name);
		else
			short_name(raw, entry->name);
		entry->directory = attributes & ATTRIBUTE_DIRECTORY;
		entry->cluster = bytes_u16(raw, 26) | (uint32_t)bytes_u16(raw, 20) << 16;
		entry->size = bytes_u32(raw, 28);
		*at += ENTRY_SIZE;
		return true;
	}
	return false;
}

static bool find_in(struct inspect_limits *limits, struct inspect_image *image,
		    const struct fat *fat, const struct fat_entry *directory, const char *name,
		    size_t size, struct fat_entry *entry)
{
	struct fat_content content;
	bool found = false;
	uint64_t at = 0;

	if (!fat_read(limits, image, fat, directory, &content))
		return false;
	while (!found && fat_next(content.bytes, &at, entry))
		found = strlen(entry->name) == size && !strncasecmp(entry->name, name, size);
	fat_release(limits, &content);
	return found;
}

bool fat_find(struct inspect_limits *limits, struct inspect_image *image, const struct fat *fat,
	      const char *path, struct fat_entry *entry)
{
	const struct fat_entry *directory = NULL;
	struct fat_entry found, previous;

	for (;;) {
		size_t size;

		path += strspn(path, "\\/");
		size = strcspn(path, "\\/");
		if (!size)
			break;
		if (directory && !directory->directory)
			return false;
		if (!find_in(limits, image, fat, directory, path, size, &found))
			return false;
		previous = found;
		directory = &previous;
		path += size;
	}
	if (directory)
		*entry = previous;
	return directory;
}
