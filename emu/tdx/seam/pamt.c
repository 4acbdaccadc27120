/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "emu/tdx/seam/internal.h"

/* The physical address metadata table: the module knows what each host page is used for. */

static size_t pages_of(unsigned level)
{
	return (size_t)1 << (9 * level);
}

static void lock(struct emu_seam *seam)
{
	unsigned turns = 0;

	while (__atomic_exchange_n(&seam->pamt_lock, 1, __ATOMIC_ACQUIRE))
		emu_pause(&turns);
}

static void unlock(struct emu_seam *seam)
{
	__atomic_store_n(&seam->pamt_lock, 0, __ATOMIC_RELEASE);
}

uint64_t emu_pamt_check(const struct emu_seam *seam, uint64_t hpa, unsigned level, unsigned operand)
{
	size_t first = (size_t)(hpa / EMU_PAGE_SIZE);

	if (hpa % sept_size(level) || hpa >= seam->config.host_end ||
	    sept_size(level) > seam->config.host_end - hpa)
		return TDX_OPERAND_INVALID | operand;
	for (size_t i = 0; i < pages_of(level); i++)
		if (emu_byte(&seam->pamt[first + i]) != PAMT_NDA)
			return TDX_PAGE_METADATA_INCORRECT | operand;
	return TDX_SUCCESS;
}

static void set(struct emu_seam *seam, uint64_t hpa, unsigned level, uint8_t type)
{
	uint64_t n = type == PAMT_NDA ? -(uint64_t)pages_of(level) : pages_of(level);

	for (size_t i = 0; i < pages_of(level); i++)
		emu_byte_set(&seam->pamt[hpa / EMU_PAGE_SIZE + i], type);
	emu_count(&seam->pages_owned, n);
	if (type != PAMT_TDR && hpa != emu_counted(&seam->tdr))
		emu_count(&seam->children, n);
}

uint64_t emu_pamt_take(struct emu_seam *seam, uint64_t hpa, unsigned level, unsigned operand,
		       uint8_t type)
{
	uint64_t status;

	lock(seam);
	status = emu_pamt_check(seam, hpa, level, operand);
	if (!status)
		set(seam, hpa, level, type);
	unlock(seam);
	return status;
}

void emu_pamt_free(struct emu_seam *seam, uint64_t hpa, unsigned level)
{
	set(seam, hpa, level, PAMT_NDA);
}

uint8_t emu_pamt_get(const struct emu_seam *seam, uint64_t hpa)
{
	if (hpa % EMU_PAGE_SIZE || hpa >= seam->config.host_end)
		return PAMT_NDA;
	return emu_byte(&seam->pamt[hpa / EMU_PAGE_SIZE]);
}

/* The entry does not use a table, or a page of this size. */
static bool is_unused(const struct emu_seam *seam, const struct sept_entry *entry, unsigned level)
{
	if (level < entry->level)
		return !emu_sept_is_table(entry->state);
	return entry->state == SEPT_FREE && !entry->busy &&
	       (level == LEVEL_4K || emu_region_is_free(seam->pages, entry->gpa));
}

void emu_seam_abandon(struct emu_seam *seam, uint64_t gpa, unsigned level, uint64_t hpa,
		      unsigned hpa_level)
{
	struct sept_entry entry;

	if (level > LEVEL_2M || (level == LEVEL_4K && emu_pamt_get(seam, hpa) == PAMT_NDA))
		return;
	emu_region_lock(emu_region(seam->pages, gpa));
	emu_sept_read(seam, gpa, level, &entry);
	if (is_unused(seam, &entry, hpa_level))
		for (size_t i = 0; i < pages_of(hpa_level); i++)
			if (emu_pamt_get(seam, hpa + i * EMU_PAGE_SIZE) != PAMT_NDA)
				emu_pamt_free(seam, hpa + i * EMU_PAGE_SIZE, LEVEL_4K);
	emu_region_unlock(emu_region(seam->pages, gpa));
}
