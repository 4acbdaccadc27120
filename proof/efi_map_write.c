/* SPDX-License-Identifier: MIT */
/*
 * proves:  cvm_map_write_efi() writes `needed` bytes, and nothing without room for all; descriptors
 *          are sorted, do not overlap, hold exactly the bytes of the aligned map, each with its EFI
 *          type and attributes, and equal neighbours are one
 * bound:   up to 2 aligned ranges, any bounds, types and attributes, from a replaced
 *          cvm_aligner_next(), which `map_align` proves; descriptors of 40 and 48 bytes, any
 *          room; and any size of a descriptor that is not valid
 * unwind:  4
 * options: --unwindset cvm_map_write_efi.1:49,prove.0:97,little.0:9
 *          --max-field-sensitivity-array-size 100
 * broken:  lib/efi_map.c: writer->ahead.start == range->end => writer->ahead.start >= range->end
 */
#include "../lib/efi_map.c"

#include "proof_map.h"

#define RANGES 2
#define UNUSED 0xa5 /* what the harness finds where nothing was written */

static struct cvm_range aligned[RANGES];
static size_t aligned_count;

void cvm_aligner_init(struct cvm_aligner *aligner, const struct cvm_map *map, uint64_t granule)
{
	PROVE(granule == 4096);
	aligner->map = map;
	aligner->next = 0;
}

bool cvm_aligner_next(struct cvm_aligner *aligner, struct cvm_range *range)
{
	if (aligner->next >= aligned_count)
		return false;
	*range = aligned[aligner->next++];
	return true;
}

int cvm_map_add(struct cvm_map *map, uint64_t start, uint64_t size, enum cvm_mem_type type,
		uint64_t attr)
{
	return map && start && size && type && attr ? CVM_ENOSPC : 0;
}

size_t cvm_map_enough(const struct cvm_map *map, size_t n)
{
	return map ? n : 0;
}

static uint64_t little(const uint8_t *at, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 | at[bytes - 1 - i];
	return value;
}

/* UEFI 2.11, section 7.2.1. */
static uint64_t expected(enum cvm_mem_type type)
{
	static const uint64_t numbers[CVM_MEM_TYPES] = {
		[CVM_MEM_RAM] = 7,     [CVM_MEM_UNACCEPTED] = 15, [CVM_MEM_SOFT_RESERVED] = 7,
		[CVM_MEM_ACPI] = 9,    [CVM_MEM_NVS] = 10,	  [CVM_MEM_PERSISTENT] = 14,
		[CVM_MEM_RUNTIME] = 6, [CVM_MEM_MMIO] = 11,	  [CVM_MEM_UNUSABLE] = 8,
	};

	return numbers[type];
}

static void any_aligned(size_t count)
{
	bool sound;

	aligned_count = count;
	for (size_t i = 0; i < count; i++) {
		aligned[i].start = any64() << 12;
		aligned[i].end = any64() << 12;
		aligned[i].attr = any64();
		aligned[i].type = any8() & 15;
	}
	sound = is_map(aligned, count);
	ASSUME(sound);
}

static void prove(size_t count, size_t size)
{
	uint8_t desc[RANGES * 48];
	uint64_t byte = any64(), attr, found = 0, found_attr = 0, last = 0, last_type = 0,
		 last_attr = 0;
	size_t bytes = any8(), other = any8(), needed, holds = 0;
	enum cvm_mem_type type;
	struct cvm_map map;
	uint64_t number;
	int error;

	any_aligned(count);
	for (size_t i = 0; i < sizeof(desc); i++)
		desc[i] = UNUSED;
	ASSUME(bytes <= sizeof(desc) && other < sizeof(desc));
	error = cvm_map_write_efi(&map, desc, bytes, size, &needed);
	PROVE(needed == 0 || needed == size || needed == 2 * size);
	PROVE(needed <= count * size && (needed != 0) == (count != 0));
	PROVE(error == (needed > bytes ? CVM_ENOSPC : 0));
	PROVE((!error && other < needed) || desc[other] == UNUSED);
	if (error)
		return;
	for (size_t i = 0; i < count; i++) {
		const uint8_t *at = desc + i * size;
		uint64_t start, pages, its_attr;

		if (i * size >= needed)
			break;
		number = little(at, 4);
		start = little(at + 8, 8);
		pages = little(at + 24, 8);
		its_attr = little(at + 32, 8);
		PROVE(start >= last && pages && pages <= CVM_PHYS_END >> 12);
		PROVE(!i || start > last || number != last_type || its_attr != last_attr);
		last = start + (pages << 12);
		last_type = number;
		last_attr = its_attr;
		if (byte < start || byte >= last)
			continue;
		found = number;
		found_attr = its_attr;
		holds++;
	}
	type = type_at(aligned, count, byte, &attr);
	number = expected(type);
	PROVE(holds == (type != CVM_MEM_NONE));
	PROVE(!holds || found == number);
	PROVE(!holds || (found_attr & ~EFI_SP) == (attr & ~EFI_SP));
	PROVE(!holds || found != 7 || !!(found_attr & EFI_SP) == (type == CVM_MEM_SOFT_RESERVED));
	if (count == 2) {
		REACHABLE(needed == 2 * size);
		REACHABLE(needed == size);
	}
}

int main(void)
{
	size_t other = any_size(), needed;
	struct cvm_map map;
	int error;

	prove(0, 40);
	prove(1, 48);
	prove(2, 40);
	ASSUME(other < 40 || other % 8);
	error = cvm_map_write_efi(&map, NULL, 0, other, &needed);
	PROVE(error == CVM_EINVAL && !needed);
	return 0;
}
