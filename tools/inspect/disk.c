/* SPDX-License-Identifier: MIT */
/* Disk images: UEFI 2.10, 5.3, GUID partition tables; and file systems without partitions. */
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>
#include "formats/guid.h"
#include "tools/inspect/chain.h"
#include "tools/inspect/format.h"
#include "tools/inspect/partitions.h"

enum {
	HEADER_SIZE = 92,
	ENTRY_SIZE = 128,
	/* There are 128 in practice. */
	ENTRIES = 1024,
};

struct gpt {
	uint64_t sector;
	uint64_t entries; /* offset */
	uint32_t count, size;
};

/* Types of partitions: UEFI 2.10, 5.3.3; UAPI Group, boot loader specification. */
static const uint8_t esp_type[GUID_SIZE] = GUID(0xc12a7328, 0xf81f, 0x11d2, 0xba4b, 0x00a0c93ec93b);
static const uint8_t xbootldr_type[GUID_SIZE] =
	GUID(0xbc13c2ff, 0x59e6, 0x4262, 0xa352, 0xb275fd6f7172);

static uint32_t checksum(struct bytes bytes)
{
	return (uint32_t)crc32_z(0, bytes.data, bytes.size);
}

/* The checksum's own field counts as 0. */
static bool header_good(struct bytes bytes, uint64_t at)
{
	uint8_t header[512];
	uint32_t size = bytes_u32(bytes, at + 12);

	if (size < HEADER_SIZE || size > sizeof(header) || !bytes_have(bytes, at, size))
		return false;
	memcpy(header, bytes.data + at, size);
	memset(header + 16, 0, 4);
	return checksum((struct bytes){ header, size }) == bytes_u32(bytes, at + 16);
}

static bool read_header(struct bytes bytes, uint64_t at, uint64_t sector, struct gpt *gpt)
{
	uint64_t first = bytes_u64(bytes, at + 72);

	if (!bytes_are(bytes, at, "EFI PART", 8) || !header_good(bytes, at))
		return false;
	gpt->sector = sector;
	gpt->count = bytes_u32(bytes, at + 80);
	gpt->size = bytes_u32(bytes, at + 84);
	gpt->entries = first * sector;
	return first < bytes.size && gpt->count && gpt->count <= ENTRIES &&
	       gpt->size >= ENTRY_SIZE && gpt->size <= 4096 &&
	       bytes_have(bytes, gpt->entries, (uint64_t)gpt->count * gpt->size) &&
	       checksum(bytes_part(bytes, gpt->entries, (uint64_t)gpt->count * gpt->size)) ==
		       bytes_u32(bytes, at + 88);
}

static bool find_gpt(struct bytes bytes, struct inspect_image *image, struct gpt *gpt)
{
	for (uint64_t sector = 512; sector <= 4096; sector *= 8) {
		if (read_header(bytes, sector, sector, gpt))
			return true;
	}
	for (uint64_t sector = 512; sector <= 4096 && sector <= bytes.size; sector *= 8) {
		if (!read_header(bytes, bytes.size - sector, sector, gpt))
			continue;
		inspect_note(image, LEVEL_WARNING, "backup-table",
			     "the first partition table is damaged; this is from the second");
		return true;
	}
	inspect_unreadable(image, "partition-table",
			   "both partition tables are damaged, or the image is cut off");
	return false;
}

bool gpt_recognise(struct bytes bytes)
{
	return bytes_are(bytes, 512, "EFI PART", 8) || bytes_are(bytes, 4096, "EFI PART", 8);
}

static bool is_type(struct bytes bytes, uint64_t at, const uint8_t *type)
{
	return bytes_are(bytes, at, type, GUID_SIZE);
}

static void add_partition(struct partitions *partitions, struct inspect_image *image,
			  const struct gpt *gpt, uint32_t number)
{
	struct bytes bytes = partitions->bytes;
	uint64_t at = gpt->entries + (uint64_t)number * gpt->size;
	uint64_t first = bytes_u64(bytes, at + 32), last = bytes_u64(bytes, at + 40);
	bool system = is_type(bytes, at, esp_type), boot = is_type(bytes, at, xbootldr_type);
	const char *name = system ? "EFI system partition" : boot ? "extended boot partition" : "";

	if (!system && !boot && !first)
		return;
	if (first > last || last >= bytes.size / gpt->sector) {
		/* Only what firmware reads must be there; other parts may have been cut off. */
		if (*name)
			inspect_unreadable(
				image, "partition-outside-file",
				"partition %u, the %s, is not in the file: sectors %llu to %llu",
				number + 1, name, (unsigned long long)first,
				(unsigned long long)last);
		partitions->system |= system || boot;
		return;
	}
	if (*name)
		inspect_fact(image, name, "partition %u", number + 1);
	partitions_add(partitions, image, number + 1, name, first * gpt->sector,
		       (last - first + 1) * gpt->sector);
	partitions->system |= system || boot;
}

void gpt_look(struct inspect_limits *limits, struct bytes bytes, struct inspect_image *image)
{
	struct partitions *partitions;
	struct gpt gpt;

	image->kind = INSPECT_DISK;
	if (!find_gpt(bytes, image, &gpt))
		return;
	partitions = partitions_new(bytes);
	for (uint32_t i = 0; partitions && i < gpt.count; i++)
		add_partition(partitions, image, &gpt, i);
	partitions_look(limits, partitions, image);
}

bool fat_recognise(struct bytes bytes)
{
	struct fat fat;

	return fat_open(bytes, &fat);
}

void fat_look(struct inspect_limits *limits, struct bytes bytes, struct inspect_image *image)
{
	struct volume *volume = calloc(1, sizeof(*volume));

	image->kind = INSPECT_FAT;
	if (volume && volume_open_fat(bytes, volume)) {
		inspect_fact(image, "file system", "FAT%u", volume->fat.bits);
		chain_look(limits, volume, 1, image);
	}
	free(volume);
}

bool ext_recognise(struct bytes bytes)
{
	struct volume *volume = calloc(1, sizeof(*volume));
	bool found = volume && volume_open_ext(bytes, volume);

	if (found)
		volume_close(volume);
	free(volume);
	return found;
}

void ext_look(struct inspect_limits *limits, struct bytes bytes, struct inspect_image *image)
{
	struct volume *volume = calloc(1, sizeof(*volume));

	image->kind = INSPECT_DISK;
	if (volume && volume_open_ext(bytes, volume)) {
		inspect_fact(image, "file system", "ext2, ext3 or ext4");
		chain_look(limits, volume, 1, image);
		volume_close(volume);
	}
	free(volume);
}
