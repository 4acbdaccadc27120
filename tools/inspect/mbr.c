/* SPDX-License-Identifier: MIT */
/* UEFI 2.10, 5.2: the older partition table, in the first sector. */
#include "tools/inspect/format.h"
#include "tools/inspect/partitions.h"

enum {
	SECTOR = 512,
	TABLE = 446,
	ENTRY = 16,
	SIGNATURE = 510,
	TYPE_PROTECTIVE = 0xee,
	TYPE_SYSTEM = 0xef,
	/* A chain of logical partitions; more are not in use. */
	LOGICAL = 64,
};

struct entry {
	uint8_t status, type;
	uint64_t start, size; /* in bytes */
};

static struct entry entry_at(struct bytes bytes, uint64_t table, unsigned int number)
{
	uint64_t at = table + TABLE + (uint64_t)number * ENTRY;

	return (struct entry){
		.status = (uint8_t)bytes_number(bytes, at, 1),
		.type = (uint8_t)bytes_number(bytes, at + 4, 1),
		.start = bytes_u32(bytes, at + 8) * (uint64_t)SECTOR,
		.size = bytes_u32(bytes, at + 12) * (uint64_t)SECTOR,
	};
}

static bool is_extended(const struct entry *entry)
{
	return entry->type == 0x05 || entry->type == 0x0f || entry->type == 0x85;
}

/* Boot sectors of file systems have the same signature; their code is where the table would be. */
bool mbr_recognise(struct bytes bytes)
{
	bool any = false;

	if (bytes_u16(bytes, SIGNATURE) != 0xaa55)
		return false;
	for (unsigned int i = 0; i < 4; i++) {
		struct entry entry = entry_at(bytes, 0, i);

		if (entry.status & 0x7f)
			return false;
		if (!entry.type)
			continue;
		if (!entry.start || !entry.size || entry.start >= bytes.size)
			return false;
		any = true;
	}
	return any;
}

static void add(struct partitions *partitions, struct inspect_image *image, unsigned int number,
		const struct entry *entry, uint64_t base)
{
	bool system = entry->type == TYPE_SYSTEM;

	if (!entry->type || !entry->size)
		return;
	if (system)
		inspect_fact(image, "EFI system partition", "partition %u", number);
	partitions->system |= system;
	partitions_add(partitions, image, number, system ? "EFI system partition" : "",
		       base + entry->start, entry->size);
}

/* Each table of the chain has one partition, and the place of the next table in the extended one.
 */
static void add_logical(struct partitions *partitions, struct inspect_image *image, uint64_t start)
{
	uint64_t table = start;

	for (unsigned int number = 5; number < 5 + LOGICAL; number++) {
		struct entry entry = entry_at(partitions->bytes, table, 0);
		struct entry next = entry_at(partitions->bytes, table, 1);

		if (bytes_u16(partitions->bytes, table + SIGNATURE) != 0xaa55)
			return;
		add(partitions, image, number, &entry, table);
		/* Tables follow each other, so that a chain without an end is none. */
		if (!is_extended(&next) || start + next.start <= table)
			return;
		table = start + next.start;
	}
}

void mbr_look(struct inspect_limits *limits, struct bytes bytes, struct inspect_image *image)
{
	struct partitions *partitions = partitions_new(bytes);

	image->kind = INSPECT_DISK;
	inspect_fact(image, "partition table", "MBR");
	for (unsigned int i = 0; partitions && i < 4; i++) {
		struct entry entry = entry_at(bytes, 0, i);

		if (entry.type == TYPE_PROTECTIVE)
			inspect_note(image, LEVEL_WARNING, "no-gpt",
				     "its MBR stands for a GUID partition table, which is not "
				     "there");
		else if (is_extended(&entry))
			add_logical(partitions, image, entry.start);
		else
			add(partitions, image, i + 1, &entry, 0);
	}
	partitions_look(limits, partitions, image);
}
