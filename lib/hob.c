/* SPDX-License-Identifier: MIT */
#include <cvmem/base.h>
#include <cvmem/map.h>

#include "internal.h"
#include "le.h"
#include "map_internal.h"

/* PI specification 1.8, volume 3, section 5.3: types of hand-off blocks. */
enum hob_type {
	HOB_HANDOFF = 0x0001,
	HOB_MEMORY_ALLOCATION = 0x0002,
	HOB_RESOURCE_DESCRIPTOR = 0x0003,
	HOB_END = 0xffff,
};

/* Section 5.5: EFI_RESOURCE_TYPE. 7 is an addition for confidential VMs (PI 1.8). */
enum resource_type {
	RESOURCE_SYSTEM_MEMORY = 0,
	RESOURCE_MMIO = 1,
	RESOURCE_IO = 2,
	RESOURCE_FIRMWARE_DEVICE = 3,
	RESOURCE_MMIO_PORT = 4,
	RESOURCE_IO_RESERVED = 6,
	RESOURCE_UNACCEPTED = 7,
};

/* EFI_RESOURCE_ATTRIBUTE_TYPE: what memory is, and rights that it lacks. Bit 28 has two meanings
 * (hot-pluggable, and "accept early" of one VMM) and is not looked at. */
#define ATTR_TESTED	     0x00000007u /* present, initialised, tested */
#define ATTR_PROTECTED	     0x00000380u /* against reads, writes, execution */
#define ATTR_READ_ONLY	     0x00040000u
#define ATTR_PERSISTENT	     0x00800000u
#define ATTR_SPECIAL_PURPOSE 0x08000000u
#define ATTR_STATE	     (ATTR_TESTED | ATTR_PROTECTED | ATTR_READ_ONLY)

#define HANDOFF_VERSION 9u

/* Fields by offset. All blocks begin with u16 type, u16 length, u32 0. */
enum { HEADER_BYTES = 8, ALIGNMENT = 8 };
enum { HANDOFF_VERSION_AT = 8, HANDOFF_BYTES = 56 };
enum { RESOURCE_TYPE = 24, RESOURCE_ATTR = 28, RESOURCE_START = 32, RESOURCE_BYTES = 48 };
enum { ALLOCATION_START = 24, ALLOCATION_TYPE = 40, ALLOCATION_BYTES = 48 };

/* What a block adds to a map; type CVM_MEM_NONE: nothing. */
struct hob_range {
	uint64_t start, size;
	enum cvm_mem_type type;
};

static size_t hob_bytes(const uint8_t *hob)
{
	return cvm_get16(hob + 2);
}

static enum cvm_mem_type from_resource(uint32_t type, uint32_t attr)
{
	switch (type) {
	case RESOURCE_SYSTEM_MEMORY:
		if (attr & ATTR_PERSISTENT)
			return CVM_MEM_PERSISTENT;
		if ((attr & ATTR_STATE) != ATTR_TESTED)
			return CVM_MEM_RESERVED;
		return attr & ATTR_SPECIAL_PURPOSE ? CVM_MEM_SOFT_RESERVED : CVM_MEM_RAM;
	case RESOURCE_UNACCEPTED:
		return CVM_MEM_UNACCEPTED;
	case RESOURCE_MMIO:
	case RESOURCE_FIRMWARE_DEVICE:
	case RESOURCE_MMIO_PORT:
		return CVM_MEM_MMIO;
	case RESOURCE_IO:
	case RESOURCE_IO_RESERVED:
		return CVM_MEM_NONE;
	default:
		return CVM_MEM_RESERVED;
	}
}

/* The block is complete. */
static void read_hob(const uint8_t *hob, struct hob_range *range)
{
	range->start = range->size = 0;
	range->type = CVM_MEM_NONE;
	switch (cvm_get16(hob)) {
	case HOB_RESOURCE_DESCRIPTOR:
		range->start = cvm_get64(hob + RESOURCE_START);
		range->size = cvm_get64(hob + RESOURCE_START + 8);
		range->type = from_resource(cvm_get32(hob + RESOURCE_TYPE),
					    cvm_get32(hob + RESOURCE_ATTR));
		break;
	case HOB_MEMORY_ALLOCATION:
		range->start = cvm_get64(hob + ALLOCATION_START);
		range->size = cvm_get64(hob + ALLOCATION_START + 8);
		range->type = cvm_efi_mem_type(cvm_get32(hob + ALLOCATION_TYPE), 0);
		/* Its resource descriptor says whether it is RAM. */
		if (range->type == CVM_MEM_RAM)
			range->type = CVM_MEM_NONE;
		break;
	default:
		break;
	}
}

static bool length_ok(uint16_t type, size_t bytes)
{
	switch (type) {
	case HOB_HANDOFF:
		return bytes == HANDOFF_BYTES;
	case HOB_MEMORY_ALLOCATION:
		/* That of a module has more fields. */
		return bytes >= ALLOCATION_BYTES;
	case HOB_RESOURCE_DESCRIPTOR:
		return bytes == RESOURCE_BYTES;
	case HOB_END:
		return bytes == HEADER_BYTES;
	default:
		return bytes >= HEADER_BYTES;
	}
}

static bool range_ok(const struct hob_range *range)
{
	if (range->type == CVM_MEM_NONE)
		return true;
	if (range->size > UINT64_MAX - range->start)
		return false;
	/* Device memory may have any size. */
	return range->type == CVM_MEM_MMIO || !((range->start | range->size) % CVM_PAGE_SIZE);
}

/* *blocks: how many come before the end. */
static int check_list(const uint8_t *list, size_t bytes, size_t *blocks)
{
	struct hob_range range;
	const uint8_t *hob = list;

	*blocks = 0;
	for (;; (*blocks)++) {
		size_t left = bytes - (size_t)(hob - list), length;
		uint16_t type;

		if (left < HEADER_BYTES)
			return CVM_EINVAL;
		type = cvm_get16(hob);
		length = hob_bytes(hob);
		if (length > left || length % ALIGNMENT || !length_ok(type, length) ||
		    cvm_get32(hob + 4))
			return CVM_EINVAL;
		/* The hand-off information is the first block and no other. */
		if ((type == HOB_HANDOFF) != !*blocks)
			return CVM_EINVAL;
		if (type == HOB_HANDOFF && cvm_get32(hob + HANDOFF_VERSION_AT) != HANDOFF_VERSION)
			return CVM_EVERSION;
		if (type == HOB_END)
			return 0;
		read_hob(hob, &range);
		if (!range_ok(&range))
			return CVM_EINVAL;
		hob += length;
	}
}

int cvm_map_read_hob(struct cvm_map *map, const void *list, size_t bytes)
{
	const uint8_t *hob = list;
	size_t blocks;
	int error = check_list(list, bytes, &blocks);

	if (error)
		return error;
	for (; blocks; blocks--, hob += hob_bytes(hob)) {
		struct hob_range range;

		read_hob(hob, &range);
		if (range.type == CVM_MEM_NONE)
			continue;
		error = cvm_map_add(map, range.start, range.size, range.type, 0);
		if (error) {
			map->needed = cvm_map_enough(map, blocks);
			return error;
		}
	}
	return 0;
}
