/* SPDX-License-Identifier: MIT */
#include "formats/esp.h"

#include "formats/guid.h"

enum {
	ENTRY = 128,
	ENTRIES = 1024,
	MBR_TABLE = 446,
	MBR_ENTRY = 16,
	MBR_SYSTEM = 0xef,
	MBR_SECTOR = 512,
};

static const uint8_t esp_type[GUID_SIZE] = GUID(0xc12a7328, 0xf81f, 0x11d2, 0xba4b, 0x00a0c93ec93b);

static bool found(struct bytes disk, uint64_t start, uint64_t bytes, uint64_t *offset,
		  uint64_t *size)
{
	*offset = start;
	*size = bytes;
	return bytes && bytes_have(disk, start, bytes);
}

/* Sectors of a table that is not hostile have no more than 52 bits. */
static bool in_gpt(struct bytes disk, uint64_t sector, uint64_t *offset, uint64_t *size)
{
	uint64_t first = bytes_u64(disk, sector + 72);
	uint32_t count = bytes_u32(disk, sector + 80), step = bytes_u32(disk, sector + 84);

	if (first > disk.size / sector || step < ENTRY || step > 4096 || count > ENTRIES)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t at = first * sector + (uint64_t)i * step;
		uint64_t begin = bytes_u64(disk, at + 32), last = bytes_u64(disk, at + 40);

		if (!bytes_are(disk, at, esp_type, GUID_SIZE))
			continue;
		return begin <= last && last < disk.size / sector &&
		       found(disk, begin * sector, (last - begin + 1) * sector, offset, size);
	}
	return false;
}

static bool has_signature(struct bytes disk)
{
	return bytes_u16(disk, 510) == 0xaa55;
}

static bool in_mbr(struct bytes disk, uint64_t *offset, uint64_t *size)
{
	for (unsigned i = 0; i < 4; i++) {
		uint64_t at = MBR_TABLE + i * MBR_ENTRY;

		if (bytes_number(disk, at + 4, 1) == MBR_SYSTEM)
			return found(disk, bytes_u32(disk, at + 8) * (uint64_t)MBR_SECTOR,
				     bytes_u32(disk, at + 12) * (uint64_t)MBR_SECTOR, offset, size);
	}
	return false;
}

/* The type's name, which the specification of FAT does not rely on, but every formatter writes. */
static bool is_fat(struct bytes disk)
{
	return bytes_are(disk, 54, "FAT1", 4) || bytes_are(disk, 82, "FAT32", 5);
}

bool esp_find(struct bytes disk, uint64_t *offset, uint64_t *size)
{
	for (uint64_t sector = 512; sector <= 4096; sector *= 8) {
		if (bytes_are(disk, sector, "EFI PART", 8))
			return in_gpt(disk, sector, offset, size);
	}
	if (!has_signature(disk))
		return false;
	if (is_fat(disk))
		return found(disk, 0, disk.size, offset, size);
	return in_mbr(disk, offset, size);
}
