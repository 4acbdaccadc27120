/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_MAP_H
#define CVMEM_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cvmem/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A physical memory map: sorted by address, without overlaps, equal neighbours merged. It can be
 * filled from entries in any order, from an E820 table, an EFI memory map and a HOB list, and
 * written as E820 or as an EFI map.
 *
 * The map is exact to the byte; cvm_map_align() makes it page granular where that matters.
 * Functions that change a map: one CPU. Functions that read it: any CPU, while none changes it.
 */

/* Ranges are cut off here. No x86-64 physical address has more bits (AMD APM volume 2, 5.1; Intel
 * SDM volume 3, 4.1.4), nor an AArch64 one without FEAT_D128. */
#define CVM_PHYS_END (UINT64_C(1) << 52)

/*
 * In the order of restriction: where entries overlap, the larger value wins. So a mistake in a map
 * can make memory unusable, but never declares RAM or accepted what is not.
 */
enum cvm_mem_type {
	CVM_MEM_NONE,	       /* not in the map */
	CVM_MEM_RAM,	       /* usable and accepted */
	CVM_MEM_UNACCEPTED,    /* usable once accepted (EFI type 15, E820 8, HOB 7) */
	CVM_MEM_SOFT_RESERVED, /* RAM set aside for a purpose (EFI_MEMORY_SP) */
	CVM_MEM_ACPI,	       /* ACPI tables; usable once they are read */
	CVM_MEM_NVS,	       /* ACPI non-volatile storage */
	CVM_MEM_PERSISTENT,    /* E820 type 7, EFI type 14 */
	CVM_MEM_PRAM,	       /* legacy persistent memory, E820 type 12 */
	CVM_MEM_RUNTIME,       /* EFI runtime services, code and data */
	CVM_MEM_RESERVED,      /* firmware's, or an unknown type */
	CVM_MEM_MMIO,	       /* EFI types 11 and 12 */
	CVM_MEM_UNUSABLE,      /* broken memory */
	CVM_MEM_TYPES
};

struct cvm_range {
	uint64_t start, end;
	uint64_t attr; /* EFI_MEMORY_*; 0 where the source has none */
	enum cvm_mem_type type;
};

struct cvm_map {
	struct cvm_range *range;
	size_t count, capacity; /* in ranges */
	size_t needed;		/* after CVM_ENOSPC: a capacity that is enough */
	size_t dropped;		/* entries that were ignored: empty, or RAM that wraps */
};

/* An empty map over the caller's storage. */
void cvm_map_init(struct cvm_map *map, struct cvm_range *storage, size_t capacity);

/*
 * A capacity that is enough for any n entries: they have 2n bounds, so 2n + 1 ranges.
 */
size_t cvm_map_storage(size_t n);

/*
 * Add [start, start + size). Of entries of one type, the later one's attributes hold
 * where they overlap. An empty entry is dropped. One that passes
 * CVM_PHYS_END or wraps is dropped if it is RAM or unaccepted (its meaning is
 * unknown), and cut off at CVM_PHYS_END if its type is more restrictive.
 * CVM_EINVAL: type is CVM_MEM_NONE or out of range. CVM_ENOSPC: the map is
 * unchanged and map->needed says what is enough for this entry.
 */
int cvm_map_add(struct cvm_map *map, uint64_t start, uint64_t size, enum cvm_mem_type type,
		uint64_t attr);

/*
 * Set the type of all ranges of the map in [start, end), also to a less restrictive one: for
 * example after a loader has accepted a range. Parts that the map does not hold stay absent.
 * Attributes are kept. CVM_EINVAL: start >= end, or a bad type. CVM_ENOSPC as above.
 */
int cvm_map_set(struct cvm_map *map, uint64_t start, uint64_t end, enum cvm_mem_type type);

/*
 * Make every bound a multiple of granule (a power of two): RAM, unaccepted and
 * soft-reserved ranges shrink, each by itself, and all others grow over them. Of
 * several that grow into one granule the largest type has it, and of equal types the
 * one at the highest address. Never needs storage.
 * CVM_EINVAL: granule is not a power of two, or is above CVM_PHYS_END.
 */
int cvm_map_align(struct cvm_map *map, uint64_t granule);

/*
 * Take out of the map what lies at or above end, such as platform->gpa_end: addresses that the
 * guest cannot use as private memory, whatever the map says. Never needs storage.
 * CVM_ERANGE: RAM, unaccepted or soft-reserved memory was among it. The map can be used, and the
 * host is wrong or has more memory than the guest can address.
 */
int cvm_map_limit(struct cvm_map *map, uint64_t end);

/* The range that holds address, or NULL. */
const struct cvm_range *cvm_map_find(const struct cvm_map *map, uint64_t address);

/* Bytes of the given type. */
uint64_t cvm_map_bytes(const struct cvm_map *map, enum cvm_mem_type type);

/* A short name such as "usable" or "ACPI NVS"; never NULL. */
const char *cvm_mem_type_name(enum cvm_mem_type type);

/*
 * E820 (ACPI 6.5 section 15; Linux boot_params): packed 20-byte entries { u64
 * address, u64 size, u32 type }, little-endian. Types: 1 RAM, 2 reserved, 3 ACPI,
 * 4 NVS, 5 unusable, 7 persistent, 12 PRAM, 0xefffffff soft reserved; any other is read as
 * reserved. Firmware that reports unaccepted memory, such as td-shim, uses type 8 for it.
 */
#define CVM_E820_ENTRY 20

/*
 * Add all entries of a table of `bytes` bytes. unaccepted_type is the type of unaccepted memory, 8;
 * 0: the table's author knows none, and 8 is reserved as any other unknown type.
 * CVM_EINVAL: bytes is not a multiple of 20. CVM_ENOSPC: map->needed is enough for
 * the whole table; entries before the one that did not fit are in the map.
 */
int cvm_map_read_e820(struct cvm_map *map, const void *table, size_t bytes,
		      uint32_t unaccepted_type);

/*
 * Write the map as E820, which has no attributes and one type, reserved, for what is
 * reserved, runtime or MMIO; neighbours that become equal are one entry. unaccepted_type is the
 * E820 type for unaccepted ranges: 8, or 1 for a reader (Linux) that finds the unaccepted table
 * besides. *needed is always set to the bytes that the table takes. CVM_ENOSPC: more than `bytes`;
 * nothing is written.
 */
int cvm_map_write_e820(const struct cvm_map *map, void *table, size_t bytes,
		       uint32_t unaccepted_type, size_t *needed);

/*
 * EFI memory map (UEFI 2.11 section 7.2.3): descriptors { u32 type, u32 pad, u64
 * physical start, u64 virtual start, u64 number of 4 KiB pages, u64 attribute },
 * desc_size bytes apart, which is 40 or more and a multiple of 8. Loader and boot
 * services types are read as RAM: as they are after ExitBootServices. A caller
 * that still lives in such a range reserves it. Any of these, or conventional memory,
 * is soft reserved with EFI_MEMORY_SP; unaccepted memory (15) stays so with it, as in
 * Linux. Types that are not known are read as reserved.
 */
#define CVM_EFI_DESC 40

/*
 * Add all descriptors.
 * CVM_EINVAL: desc_size < 40, not a multiple of 8, or bytes is not a multiple of it;
 * or a physical start that is not 4 KiB aligned (such a map is corrupt: nothing in
 * it can be believed, and nothing is added). CVM_ENOSPC as for E820.
 */
int cvm_map_read_efi(struct cvm_map *map, const void *descs, size_t bytes, size_t desc_size);

/*
 * Write the map as EFI descriptors, desc_size bytes apart, the bytes after the
 * first 40 zero. RAM becomes conventional memory without EFI_MEMORY_SP and soft
 * reserved memory the same with it; runtime services become data, and E820's type 12,
 * which EFI does not know, reserved. Neighbours that become equal are one descriptor.
 * Bounds are rounded as cvm_map_align() does. *needed and CVM_ENOSPC as for E820;
 * CVM_EINVAL: desc_size is not as above, and *needed is 0.
 */
int cvm_map_write_efi(const struct cvm_map *map, void *descs, size_t bytes, size_t desc_size,
		      size_t *needed);

/*
 * HOB list (PI specification 1.8, volume 3, chapter 5), as a VMM hands it to the firmware of a TD
 * (TDVF and td-shim: "TD HOB list") and firmware to its payload: hand-off blocks, the first a
 * hand-off information table of version 9, the last an end of list. Read are
 * - resource descriptors: system memory with the attributes present, initialised and tested is RAM,
 *   and persistent or soft reserved (special purpose) with that attribute; other system memory is
 *   reserved, since its tests or rights are unknown. Unaccepted memory (type 7) is unaccepted.
 *   Memory-mapped I/O, firmware devices and I/O ports in memory are MMIO; I/O space is no memory;
 *   the rest is reserved.
 * - memory allocations: by their EFI memory type, as cvm_map_read_efi() reads it.
 * All other blocks are skipped. A VMM is not trusted: that memory is accepted, because it was
 * loaded before the launch, is what the list says, and is found out at the first touch.
 */

/*
 * Add the resources and allocations of a list that lies in the first `bytes` bytes.
 * CVM_EINVAL: it has no end within them, a length is not that of the block's type, not a multiple
 * of 8 or passes the end, a reserved field is not 0, memory is not 4 KiB aligned, or a range wraps.
 * CVM_EVERSION: the version is not 9. In both cases nothing is added. CVM_ENOSPC as for E820.
 */
int cvm_map_read_hob(struct cvm_map *map, const void *list, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
