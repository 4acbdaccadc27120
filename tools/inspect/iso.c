/* SPDX-License-Identifier: MIT */
/* ECMA-119 (ISO 9660), and the "El Torito" Bootable CD-ROM Format Specification 1.0. */
#include <stdlib.h>
#include "tools/inspect/chain.h"
#include "tools/inspect/format.h"

enum {
	SECTOR = 2048,
	PRIMARY = 16 * SECTOR,
	BOOT_RECORD = 17 * SECTOR,
	CATALOG = 0x47, /* of the boot record: the sector of the catalog */
	ENTRY = 32,
	ENTRIES = 64, /* 2048 bytes of a catalog */
	PLATFORM_EFI = 0xef,
};

bool iso_recognise(struct bytes bytes)
{
	return bytes_are(bytes, PRIMARY + 1, "CD001", 5);
}

/*
 * The FAT image for EFI: the catalog has a header for each platform, and its entries behind it. 0:
 * there is none.
 */
static uint64_t find_system(struct bytes bytes)
{
	uint64_t catalog = (uint64_t)bytes_u32(bytes, BOOT_RECORD + CATALOG) * SECTOR;
	unsigned int platform = (unsigned int)bytes_number(bytes, catalog + 1, 1);

	if (!bytes_are(bytes, BOOT_RECORD + 7, "EL TORITO SPECIFICATION", 23))
		return 0;
	for (uint64_t i = 1; i < ENTRIES; i++) {
		uint64_t at = catalog + i * ENTRY;
		unsigned int kind = (unsigned int)bytes_number(bytes, at, 1);

		if (kind == 0x90 || kind == 0x91)
			platform = (unsigned int)bytes_number(bytes, at + 1, 1);
		else if (kind == 0x88 && platform == PLATFORM_EFI)
			return (uint64_t)bytes_u32(bytes, at + 8) * SECTOR;
	}
	return 0;
}

void iso_look(struct inspect_limits *limits, struct bytes bytes, struct inspect_image *image)
{
	struct volume *volume = calloc(1, sizeof(*volume));
	uint64_t system = find_system(bytes);

	image->kind = INSPECT_ISO;
	if (!system)
		inspect_note(image, LEVEL_WARNING, "no-system-partition",
			     "it has no boot image for EFI: only a BIOS boots it, and no "
			     "confidential guest has one");
	else if (volume && volume_open_fat(bytes_part(bytes, system, bytes.size), volume))
		chain_look(limits, volume, 1, image);
	else
		inspect_unreadable(image, "no-fat",
				   "its boot image for EFI, at 0x%llx, is no FAT "
				   "file system",
				   (unsigned long long)system);
	free(volume);
}
