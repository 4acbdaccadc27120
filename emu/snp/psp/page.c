/* SPDX-License-Identifier: MIT */
#include "emu/snp/psp/internal.h"

/* Entries of the reverse map. Those of this guest in RAM are the bytes of emu/pages.h, which its
 * own instructions change as well, under the region's lock: it stands for the lock bit of an entry
 * while that is read and changed, and EMU_PAGE_BUSY for the same bit while a backend is called. */

bool emu_psp_is_ram(const struct emu_psp *psp, uint64_t spa)
{
	return spa < psp->pages->end && emu_pages_is_ram(psp->pages, spa, spa + 1);
}

bool emu_psp_is_page(const struct emu_psp *psp, uint64_t spa, bool large)
{
	return spa % psp_size(large) == 0 && spa < psp->config.host_end &&
	       psp_size(large) <= psp->config.host_end - spa;
}

static enum psp_state state_of(uint8_t byte, uint8_t host)
{
	switch (byte & EMU_PAGE_STATE) {
	case EMU_PAGE_PENDING:
		return byte & EMU_PAGE_IMMUTABLE ? PSP_PRE_GUEST : PSP_INVALID;
	case EMU_PAGE_MAPPED:
		return PSP_VALID;
	default:
		return host;
	}
}

void emu_psp_lock_entry(const struct emu_psp *psp, uint64_t spa)
{
	if (emu_psp_is_ram(psp, spa))
		emu_region_lock(emu_region(psp->pages, spa));
}

void emu_psp_unlock_entry(const struct emu_psp *psp, uint64_t spa)
{
	if (emu_psp_is_ram(psp, spa))
		emu_region_unlock(emu_region(psp->pages, spa));
}

struct psp_page emu_psp_entry(const struct emu_psp *psp, uint64_t spa)
{
	struct psp_page page = { .spa = spa };
	uint8_t host = psp->host[spa / EMU_PAGE_SIZE], byte;

	if (!emu_psp_is_ram(psp, spa)) {
		page.state = host;
		return page;
	}
	byte = emu_pages_get(psp->pages, spa);
	page.large = emu_byte(&emu_region(psp->pages, spa)->size) == EMU_REGION_2M;
	page.busy = byte & EMU_PAGE_BUSY;
	page.shared = (byte & EMU_PAGE_STATE) == EMU_PAGE_SHARED;
	page.state = state_of(byte, host);
	return page;
}

struct psp_page emu_psp_read(const struct emu_psp *psp, uint64_t spa)
{
	struct psp_page page;

	emu_psp_lock_entry(psp, spa);
	page = emu_psp_entry(psp, spa);
	emu_psp_unlock_entry(psp, spa);
	return page;
}

static uint8_t byte_of(enum psp_state state)
{
	switch (state) {
	case PSP_INVALID:
		return EMU_PAGE_PENDING;
	case PSP_PRE_GUEST:
		return EMU_PAGE_PENDING | EMU_PAGE_IMMUTABLE;
	case PSP_VALID:
		return EMU_PAGE_MAPPED;
	default:
		return EMU_PAGE_FREE;
	}
}

static void set_ram(struct emu_psp *psp, uint64_t spa, bool large, uint8_t byte)
{
	struct emu_region *region = emu_region(psp->pages, spa);

	if (!large) {
		emu_byte_set(emu_page(psp->pages, spa), byte);
		if (byte != EMU_PAGE_FREE)
			emu_byte_set(&region->size, EMU_REGION_4K);
	} else if (byte == EMU_PAGE_FREE) {
		for (unsigned i = 0; i < 512; i++)
			emu_byte_set(emu_page(psp->pages, spa) + i, EMU_PAGE_FREE);
		emu_byte_set(&region->size, EMU_REGION_NONE);
		emu_byte_set(&region->leaf, EMU_PAGE_FREE);
	} else {
		emu_byte_set(&region->leaf, byte);
		emu_byte_set(&region->size, EMU_REGION_2M);
	}
}

void emu_psp_set_entry(struct emu_psp *psp, uint64_t spa, bool large, enum psp_state state,
		       uint8_t flags)
{
	uint8_t byte = byte_of(state);

	if (!emu_psp_is_ram(psp, spa)) {
		psp->host[spa / EMU_PAGE_SIZE] = state;
		return;
	}
	psp->host[spa / EMU_PAGE_SIZE] = byte == EMU_PAGE_FREE ? state : PSP_HYPERVISOR;
	set_ram(psp, spa, large, byte == EMU_PAGE_FREE ? byte : byte | flags);
}

void emu_psp_write(struct emu_psp *psp, uint64_t spa, bool large, enum psp_state state,
		   uint8_t flags)
{
	emu_psp_lock_entry(psp, spa);
	emu_psp_set_entry(psp, spa, large, state, flags);
	emu_psp_unlock_entry(psp, spa);
}

void emu_psp_begin_change(struct emu_psp *psp, uint64_t spa, bool large)
{
	uint8_t *byte = large ? &emu_region(psp->pages, spa)->leaf : emu_page(psp->pages, spa);

	emu_byte_set(byte, emu_byte(byte) | EMU_PAGE_BUSY);
}
