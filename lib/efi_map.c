/* SPDX-License-Identifier: MIT */
#include <cvmem/base.h>
#include <cvmem/map.h>

#include "internal.h"
#include "le.h"
#include "map_internal.h"

/* UEFI 2.11 section 7.2.1, EFI_MEMORY_TYPE. */
enum efi_type {
	EFI_RESERVED = 0,
	EFI_LOADER_CODE = 1,
	EFI_LOADER_DATA = 2,
	EFI_BOOT_CODE = 3,
	EFI_BOOT_DATA = 4,
	EFI_RUNTIME_CODE = 5,
	EFI_RUNTIME_DATA = 6,
	EFI_CONVENTIONAL = 7,
	EFI_UNUSABLE = 8,
	EFI_ACPI_RECLAIM = 9,
	EFI_ACPI_NVS = 10,
	EFI_MMIO = 11,
	EFI_MMIO_PORT = 12,
	EFI_PERSISTENT = 14,
	EFI_UNACCEPTED = 15,
};

/* Section 7.2.3, EFI_MEMORY_SP: set aside for a purpose. */
#define EFI_SP UINT64_C(0x40000)

/* The fields of a descriptor, section 7.2.3, by offset. */
enum { TYPE = 0, START = 8, PAGES = 24, ATTR = 32 };

enum cvm_mem_type cvm_efi_mem_type(uint32_t type, uint64_t attr)
{
	switch (type) {
	case EFI_LOADER_CODE:
	case EFI_LOADER_DATA:
	case EFI_BOOT_CODE:
	case EFI_BOOT_DATA:
	case EFI_CONVENTIONAL:
		return attr & EFI_SP ? CVM_MEM_SOFT_RESERVED : CVM_MEM_RAM;
	case EFI_RUNTIME_CODE:
	case EFI_RUNTIME_DATA:
		return CVM_MEM_RUNTIME;
	case EFI_UNUSABLE:
		return CVM_MEM_UNUSABLE;
	case EFI_ACPI_RECLAIM:
		return CVM_MEM_ACPI;
	case EFI_ACPI_NVS:
		return CVM_MEM_NVS;
	case EFI_MMIO:
	case EFI_MMIO_PORT:
		return CVM_MEM_MMIO;
	case EFI_PERSISTENT:
		return CVM_MEM_PERSISTENT;
	case EFI_UNACCEPTED:
		return CVM_MEM_UNACCEPTED;
	default:
		return CVM_MEM_RESERVED;
	}
}

static uint32_t to_efi(enum cvm_mem_type type)
{
	switch (type) {
	case CVM_MEM_RAM:
	case CVM_MEM_SOFT_RESERVED:
		return EFI_CONVENTIONAL;
	case CVM_MEM_UNACCEPTED:
		return EFI_UNACCEPTED;
	case CVM_MEM_ACPI:
		return EFI_ACPI_RECLAIM;
	case CVM_MEM_NVS:
		return EFI_ACPI_NVS;
	case CVM_MEM_PERSISTENT:
		return EFI_PERSISTENT;
	case CVM_MEM_RUNTIME:
		return EFI_RUNTIME_DATA;
	case CVM_MEM_MMIO:
		return EFI_MMIO;
	case CVM_MEM_UNUSABLE:
		return EFI_UNUSABLE;
	default:
		return EFI_RESERVED;
	}
}

/* RAM and soft reserved memory are both conventional memory: EFI_MEMORY_SP distinguishes them. */
static uint64_t to_efi_attr(const struct cvm_range *range)
{
	if (range->type == CVM_MEM_SOFT_RESERVED)
		return range->attr | EFI_SP;
	if (range->type == CVM_MEM_RAM)
		return range->attr & ~EFI_SP;
	return range->attr;
}

static bool desc_size_ok(size_t desc_size)
{
	return desc_size >= CVM_EFI_DESC && desc_size % 8 == 0;
}

static int add_desc(struct cvm_map *map, const uint8_t *desc)
{
	uint64_t pages = cvm_get64(desc + PAGES), attr = cvm_get64(desc + ATTR);
	uint64_t size = UINT64_MAX; /* past CVM_PHYS_END, as that number of pages is */

	if (pages <= UINT64_MAX >> CVM_PAGE_SHIFT)
		size = pages << CVM_PAGE_SHIFT;
	return cvm_map_add(map, cvm_get64(desc + START), size,
			   cvm_efi_mem_type(cvm_get32(desc + TYPE), attr), attr);
}

int cvm_map_read_efi(struct cvm_map *map, const void *descs, size_t bytes, size_t desc_size)
{
	const uint8_t *desc = descs;

	if (!desc_size_ok(desc_size) || bytes % desc_size)
		return CVM_EINVAL;
	for (size_t at = 0; at < bytes; at += desc_size)
		if (cvm_get64(desc + at + START) % CVM_PAGE_SIZE)
			return CVM_EINVAL;
	for (size_t at = 0; at < bytes; at += desc_size) {
		int error = add_desc(map, desc + at);

		if (error) {
			map->needed = cvm_map_enough(map, (bytes - at) / desc_size);
			return error;
		}
	}
	return 0;
}

/* The descriptors of a map, one after the other; one range is read ahead. */
struct writer {
	struct cvm_aligner aligner;
	struct cvm_range ahead;
	bool has_ahead;
};

static void writer_init(struct writer *writer, const struct cvm_map *map)
{
	cvm_aligner_init(&writer->aligner, map, CVM_PAGE_SIZE);
	writer->has_ahead = cvm_aligner_next(&writer->aligner, &writer->ahead);
}

/* Neighbours that EFI cannot tell apart are one. False: there are no more. */
static bool writer_next(struct writer *writer, uint32_t *type, struct cvm_range *range)
{
	if (!writer->has_ahead)
		return false;
	*range = writer->ahead;
	*type = to_efi(range->type);
	range->attr = to_efi_attr(range);
	while ((writer->has_ahead = cvm_aligner_next(&writer->aligner, &writer->ahead)) &&
	       writer->ahead.start == range->end && to_efi(writer->ahead.type) == *type &&
	       to_efi_attr(&writer->ahead) == range->attr)
		range->end = writer->ahead.end;
	return true;
}

int cvm_map_write_efi(const struct cvm_map *map, void *descs, size_t bytes, size_t desc_size,
		      size_t *needed)
{
	struct cvm_range range;
	struct writer writer CVM_UNINITIALIZED;
	uint8_t *desc = descs;
	uint32_t type;
	size_t n = 0;

	*needed = 0;
	if (!desc_size_ok(desc_size))
		return CVM_EINVAL;
	for (writer_init(&writer, map); writer_next(&writer, &type, &range);)
		n++;
	if (__builtin_mul_overflow(n, desc_size, needed))
		*needed = SIZE_MAX;
	if (*needed > bytes)
		return CVM_ENOSPC;

	for (writer_init(&writer, map); writer_next(&writer, &type, &range); desc += desc_size) {
		for (size_t i = 0; i < desc_size; i++)
			desc[i] = 0;
		cvm_put32(desc + TYPE, type);
		cvm_put64(desc + START, range.start);
		cvm_put64(desc + PAGES, (range.end - range.start) >> CVM_PAGE_SHIFT);
		cvm_put64(desc + ATTR, range.attr);
	}
	return 0;
}
