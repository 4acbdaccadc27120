/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/*
 * The secure EPT. Entries of 4 KiB and 2 MiB are the bytes of emu/pages.h, whose region lock covers
 * both; the states of the tables above them are the module's, under its own lock.
 */

bool emu_sept_is_table(uint8_t state)
{
	return state == SEPT_NL_MAPPED || state == SEPT_NL_BLOCKED;
}

bool emu_sept_is_leaf(uint8_t state)
{
	return state != SEPT_FREE && !emu_sept_is_table(state);
}

static size_t index_of(uint64_t gpa, unsigned level)
{
	return (size_t)(gpa / sept_size(level));
}

/* A page's byte without EMU_PAGE_BUSY: the host's view of a shared page is that there is none. */
static uint8_t state_of(uint8_t byte)
{
	bool blocked = byte & EMU_PAGE_BLOCKED;

	switch (byte & EMU_PAGE_STATE) {
	case EMU_PAGE_PENDING:
		return blocked ? SEPT_PENDING_BLOCKED : SEPT_PENDING;
	case EMU_PAGE_MAPPED:
		return blocked ? SEPT_BLOCKED : SEPT_MAPPED;
	default:
		return SEPT_FREE;
	}
}

static uint8_t byte_of(uint8_t state)
{
	switch (state) {
	case SEPT_BLOCKED:
		return EMU_PAGE_MAPPED | EMU_PAGE_BLOCKED;
	case SEPT_PENDING:
		return EMU_PAGE_PENDING;
	case SEPT_PENDING_BLOCKED:
		return EMU_PAGE_PENDING | EMU_PAGE_BLOCKED;
	case SEPT_MAPPED:
		return EMU_PAGE_MAPPED;
	default:
		return EMU_PAGE_FREE;
	}
}

static void read_byte(uint8_t byte, struct sept_entry *entry)
{
	entry->state = state_of(byte);
	entry->busy = byte & EMU_PAGE_BUSY;
	entry->shared = (byte & EMU_PAGE_STATE) == EMU_PAGE_SHARED;
}

static void read_region(const struct emu_seam *seam, struct sept_entry *entry)
{
	const struct emu_region *region = emu_region(seam->pages, entry->gpa);
	uint8_t leaf = emu_byte(&region->leaf);

	switch (emu_byte(&region->size)) {
	case EMU_REGION_2M:
		read_byte(leaf, entry);
		break;
	case EMU_REGION_4K:
		entry->state = leaf & EMU_PAGE_BLOCKED ? SEPT_NL_BLOCKED : SEPT_NL_MAPPED;
		break;
	default:
		break;
	}
}

void emu_sept_read(const struct emu_seam *seam, uint64_t gpa, unsigned level,
		   struct sept_entry *entry)
{
	*entry = (struct sept_entry){ .gpa = gpa & -sept_size(level), .level = level };
	if (level > LEVEL_2M)
		entry->state = emu_byte(&seam->upper[level][index_of(gpa, level)]);
	else if (level == LEVEL_2M)
		read_region(seam, entry);
	else
		read_byte(emu_byte(emu_page(seam->pages, gpa)), entry);
}

bool emu_sept_walk(const struct emu_seam *seam, uint64_t gpa, unsigned level,
		   struct sept_entry *entry)
{
	for (unsigned at = seam->top;; at--) {
		emu_sept_read(seam, gpa, at, entry);
		if (at == level)
			return true;
		if (entry->state != SEPT_NL_MAPPED)
			return false;
	}
}

static void lock(struct emu_seam *seam, uint64_t gpa, unsigned level)
{
	if (level > LEVEL_2M)
		emu_seam_lock(seam);
	else
		emu_region_lock(emu_region(seam->pages, gpa));
}

static void unlock(struct emu_seam *seam, uint64_t gpa, unsigned level)
{
	if (level > LEVEL_2M)
		emu_seam_unlock(seam);
	else
		emu_region_unlock(emu_region(seam->pages, gpa));
}

void emu_sept_unlock(struct emu_seam *seam, const struct sept_entry *entry)
{
	unlock(seam, entry->gpa, entry->level);
}

uint64_t emu_sept_find(struct emu_seam *seam, struct seam_call *call, unsigned allowed,
		       unsigned low, unsigned high, struct sept_entry *entry)
{
	uint64_t rcx = call->rcx, gpa = rcx & ~UINT64_C(0xfff);
	uint64_t status = emu_seam_td(seam, call->rdx, OPERAND_RDX, allowed);
	unsigned level = rcx & 7;

	if (status)
		return status;
	if (rcx & 0xff8 || level < low || level > high || gpa % sept_size(level) ||
	    gpa >= seam->pages->end)
		return TDX_OPERAND_INVALID | OPERAND_RCX;

	lock(seam, gpa, level);
	if (emu_sept_walk(seam, gpa, level, entry)) {
		if (!entry->busy)
			return TDX_SUCCESS;
		unlock(seam, gpa, level);
		return TDX_OPERAND_BUSY | OPERAND_RCX;
	}
	emu_sept_describe(seam, call, entry);
	unlock(seam, gpa, level);
	return TDX_EPT_WALK_FAILED | OPERAND_RCX;
}

void emu_sept_write(struct emu_seam *seam, const struct sept_entry *entry, uint8_t state)
{
	struct emu_region *region;

	if (entry->level > LEVEL_2M) {
		emu_byte_set(&seam->upper[entry->level][index_of(entry->gpa, entry->level)], state);
		return;
	}
	if (entry->level == LEVEL_4K) {
		emu_byte_set(emu_page(seam->pages, entry->gpa), byte_of(state));
		return;
	}

	/* Under a 2 MiB page, and where nothing is mapped, the bytes of the pages say FREE or
	 * SHARED. */
	region = emu_region(seam->pages, entry->gpa);
	if (emu_sept_is_table(state)) {
		emu_byte_set(&region->leaf, state == SEPT_NL_BLOCKED ? EMU_PAGE_BLOCKED : 0);
		emu_byte_set(&region->size, EMU_REGION_4K);
		return;
	}
	emu_byte_set(&region->leaf, byte_of(state));
	emu_byte_set(&region->size, state == SEPT_FREE ? EMU_REGION_NONE : EMU_REGION_2M);
}

static uint8_t *byte_at(struct emu_seam *seam, const struct sept_entry *entry)
{
	return entry->level == LEVEL_4K ? emu_page(seam->pages, entry->gpa)
					: &emu_region(seam->pages, entry->gpa)->leaf;
}

void emu_sept_begin_change(struct emu_seam *seam, const struct sept_entry *entry)
{
	uint8_t *byte = byte_at(seam, entry);

	emu_byte_set(byte, emu_byte(byte) | EMU_PAGE_BUSY);
	emu_sept_unlock(seam, entry);
}

void emu_sept_end_change(struct emu_seam *seam, const struct sept_entry *entry, uint8_t state)
{
	lock(seam, entry->gpa, entry->level);
	emu_sept_write(seam, entry, state);
	emu_sept_unlock(seam, entry);
}

struct sept_note *emu_sept_note(const struct emu_seam *seam, uint64_t gpa, unsigned level)
{
	return &seam->note[level][index_of(gpa, level)];
}

uint64_t emu_sept_hpa(const struct emu_seam *seam, const struct sept_entry *entry)
{
	return emu_sept_note(seam, entry->gpa, entry->level)->hpa ^ entry->gpa;
}

void emu_sept_set_hpa(struct emu_seam *seam, const struct sept_entry *entry, uint64_t hpa)
{
	struct sept_note *note = emu_sept_note(seam, entry->gpa, entry->level);

	if (note->hpa != (hpa ^ entry->gpa))
		note->hpa = hpa ^ entry->gpa;
}

/* Intel SDM volume 3, "Format of EPT entries", with memory type and the ignored PAT bit as the
 * module sets them; SUPPRESS_VE in bit 63. A table that is blocked keeps its address alone. */
enum { ENTRY_RWX = 0x07, ENTRY_LEAF = 0xf0 };
#define ENTRY_SUPPRESS_VE (UINT64_C(1) << 63)

void emu_sept_describe(const struct emu_seam *seam, struct seam_call *call,
		       const struct sept_entry *entry)
{
	uint64_t bits = ENTRY_SUPPRESS_VE;

	if (emu_sept_is_table(entry->state))
		bits = entry->state == SEPT_NL_MAPPED ? ENTRY_RWX : 0;
	else if (entry->state != SEPT_FREE)
		bits |= ENTRY_LEAF | (entry->state == SEPT_MAPPED ? ENTRY_RWX : 0);
	if (entry->state != SEPT_FREE)
		bits |= emu_sept_hpa(seam, entry);
	call->out_rcx = bits;
	call->out_rdx = (uint64_t)entry->state << 8 | entry->level;
}

uint64_t emu_sept_refuse(struct emu_seam *seam, struct seam_call *call,
			 const struct sept_entry *entry, uint64_t status)
{
	emu_sept_describe(seam, call, entry);
	emu_sept_unlock(seam, entry);
	return status | OPERAND_RCX;
}

/* Extended exit qualification, TDX module base specification: the type in 3:0, of an accept the
 * level asked for in 34:32, the level reached in 37:35, the entry's state in 45:38, leaf in 46. */
uint64_t emu_seam_exit_info(const struct emu_seam *seam, enum emu_seam_exit type, uint64_t gpa,
			    unsigned level)
{
	struct sept_entry entry;
	uint64_t info;

	if (type == EMU_SEAM_PENDING)
		return 6;
	if (type == EMU_SEAM_ACCESS)
		return 0;
	emu_sept_walk(seam, gpa, level, &entry);
	info = 1 | (uint64_t)level << 32 | (uint64_t)entry.level << 35;
	info |= (uint64_t)entry.state << 38;
	if (emu_sept_is_leaf(entry.state))
		info |= UINT64_C(1) << 46;
	return info;
}

bool emu_seam_is_cut_off(const struct emu_seam *seam, uint64_t gpa)
{
	if (!emu_counted(&seam->cut_off))
		return false;
	for (unsigned level = seam->top; level > LEVEL_2M; level--)
		if (emu_byte(&seam->upper[level][index_of(gpa, level)]) == SEPT_NL_BLOCKED)
			return true;
	return false;
}
