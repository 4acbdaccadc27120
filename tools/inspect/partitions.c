/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "tools/inspect/chain.h"
#include "tools/inspect/partitions.h"

struct partitions *partitions_new(struct bytes bytes)
{
	struct partitions *partitions = calloc(1, sizeof(*partitions));

	if (partitions)
		partitions->bytes = bytes;
	return partitions;
}

/* File systems and containers that no library here reads: where a kernel may be. */
static const char *other_system(struct bytes bytes)
{
	static const struct {
		uint64_t offset;
		const char *magic, *name;
	} systems[] = {
		{ 0, "XFSB", "XFS" },
		{ 0x10040, "_BHRfS_M", "Btrfs" },
		{ 0, "LUKS\xba\xbe", "LUKS, which is encrypted" },
		{ 0, "hsqs", "SquashFS" },
		{ 0x400, "\x10\x20\xf5\xf2", "F2FS" },
		{ 0x218, "LVM2 001", "a physical volume of LVM" },
		{ 0x1000, "\xfc\x4e\x2b\xa9", "a part of a RAID" },
		{ 1024, "\xe2\xe1\xf5\xe0", "EROFS" },
	};

	for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++) {
		if (bytes_are(bytes, systems[i].offset, systems[i].magic, strlen(systems[i].magic)))
			return systems[i].name;
	}
	return NULL;
}

void partitions_add(struct partitions *partitions, struct inspect_image *image, unsigned int number,
		    const char *name, uint64_t offset, uint64_t size)
{
	struct bytes bytes = bytes_part(partitions->bytes, offset, size);
	struct volume *volume = &partitions->volume[partitions->volumes];
	const char *other;

	if (partitions->volumes == VOLUMES)
		return;
	if (volume_open_fat(bytes, volume)) {
		partitions->volumes++;
		return;
	}
	if (volume_open_ext(bytes, volume)) {
		inspect_fact(image, "file system", "ext2, ext3 or ext4 on partition %u", number);
		partitions->volumes++;
		return;
	}
	volume->type = NULL;
	other = other_system(bytes);
	if (*name)
		inspect_unreadable(image, "no-fat", "partition %u, the %s, has no FAT file system",
				   number, name);
	else if (other)
		inspect_note(image, LEVEL_NOTE, "other-file-system",
			     "partition %u is %s, which is not read: a kernel in it is not seen",
			     number, other);
}

void partitions_look(struct inspect_limits *limits, struct partitions *partitions,
		     struct inspect_image *image)
{
	if (!partitions) {
		inspect_unreadable(image, "no-memory", "there is not enough memory for its table");
		return;
	}
	if (!partitions->system)
		inspect_note(image, LEVEL_WARNING, "no-system-partition",
			     "it has no EFI system partition: only a BIOS boots it, and no "
			     "confidential guest has one");
	else if (!image->unreadable)
		chain_look(limits, partitions->volume, partitions->volumes, image);
	for (size_t i = 0; i < partitions->volumes; i++)
		volume_close(&partitions->volume[i]);
	free(partitions);
}
