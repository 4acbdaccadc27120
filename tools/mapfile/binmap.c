/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "tools/mapfile/binmap.h"
#include "formats/le.h"

#define PAGE	      4096
#define MAX_DESC_SIZE 256

static bool in_range(uint64_t start, uint64_t size)
{
	return size && start < CVM_PHYS_END && size <= CVM_PHYS_END - start;
}

/* ACPI 6.5 table 15.4, and what Linux and TD-Shim add to it. */
static bool e820_type_known(uint64_t type)
{
	return (type >= 1 && type <= 8) || type == 12 || type == 0xefffffff;
}

/* UEFI 2.11 section 7.2.3: 0 to 15, OEM's from 0x70000000, OS loader's from 0x80000000. */
static bool efi_type_known(uint64_t type)
{
	return type <= 15;
}

static bool is_e820(const unsigned char *data, size_t size)
{
	bool ram = false;

	if (!size || size % CVM_E820_ENTRY)
		return false;
	for (size_t at = 0; at < size; at += CVM_E820_ENTRY) {
		uint64_t type = le_get(data + at + 16, 4);

		if (!e820_type_known(type) && type > 32)
			return false;
		if (!type || !in_range(le_get(data + at, 8), le_get(data + at + 8, 8)))
			return false;
		ram |= type == 1 || type == 8;
	}
	return ram;
}

static bool is_efi(const unsigned char *data, size_t size, size_t desc_size)
{
	bool ram = false;

	if (!size || size % desc_size)
		return false;
	for (size_t at = 0; at < size; at += desc_size) {
		uint64_t type = le_get(data + at, 4), start = le_get(data + at + 8, 8);
		uint64_t pages = le_get(data + at + 24, 8);

		if ((!efi_type_known(type) && type < 0x70000000) || le_get(data + at + 4, 4))
			return false;
		if (start % PAGE || pages > CVM_PHYS_END / PAGE || !in_range(start, pages * PAGE))
			return false;
		ram |= type == 7 || type == 15;
	}
	return ram;
}

static size_t find_desc_size(const unsigned char *data, size_t size)
{
	for (size_t desc_size = CVM_EFI_DESC; desc_size <= MAX_DESC_SIZE; desc_size += 8) {
		if (is_efi(data, size, desc_size))
			return desc_size;
	}
	return 0;
}

enum map_format binmap_detect(const unsigned char *data, size_t size, size_t *efi_desc_size)
{
	size_t desc_size;

	if (!memchr(data, 0, size < CVM_E820_ENTRY ? size : CVM_E820_ENTRY))
		return MAP_FORMAT_TEXT;
	desc_size = *efi_desc_size;
	if (!desc_size)
		desc_size = find_desc_size(data, size);
	else if (!is_efi(data, size, desc_size))
		desc_size = 0;
	if (is_e820(data, size))
		return desc_size ? MAP_FORMAT_AUTO : MAP_FORMAT_E820;
	if (!desc_size)
		return MAP_FORMAT_TEXT;
	*efi_desc_size = desc_size;
	return MAP_FORMAT_EFI;
}

void binmap_read_e820(struct map_file *file, const unsigned char *data, size_t size)
{
	struct map_info *map;

	if (!size || size % CVM_E820_ENTRY) {
		maps_fail(file, "not an E820 table: %zu bytes are not a multiple of %d", size,
			  CVM_E820_ENTRY);
		return;
	}
	map = maps_new(file, MAP_E820, 0);
	for (size_t at = 0; at < size; at += CVM_E820_ENTRY) {
		struct map_entry entry = {
			.start = le_get(data + at, 8),
			.size = le_get(data + at + 8, 8),
			.type = (uint32_t)le_get(data + at + 16, 4),
			.number = (uint32_t)(at / CVM_E820_ENTRY),
			.type_known = true,
		};

		maps_add(file, map, &entry);
	}
}

void binmap_read_efi(struct map_file *file, const unsigned char *data, size_t size,
		     size_t desc_size)
{
	struct map_info *map;

	if (!desc_size)
		desc_size = find_desc_size(data, size);
	if (!desc_size) {
		maps_fail(file, "the size of this EFI memory map's descriptors cannot be told: "
				"give it, as in --format efi:48");
		return;
	}
	if (!size || size % desc_size) {
		maps_fail(file, "not an EFI memory map: %zu bytes are not a multiple of %zu", size,
			  desc_size);
		return;
	}
	map = maps_new(file, MAP_EFI, 0);
	for (size_t at = 0; at < size; at += desc_size) {
		uint64_t pages = le_get(data + at + 24, 8);
		struct map_entry entry = {
			.start = le_get(data + at + 8, 8),
			.size = pages * PAGE,
			.attr = le_get(data + at + 32, 8),
			.type = (uint32_t)le_get(data + at, 4),
			.number = (uint32_t)(at / desc_size),
			.defect = pages > UINT64_MAX / PAGE ? MAP_DEFECT_HUGE : MAP_DEFECT_NONE,
		};

		entry.type_known = efi_type_known(entry.type);
		maps_add(file, map, &entry);
	}
}
