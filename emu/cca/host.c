/* SPDX-License-Identifier: MIT */
#include "emu/cca/internal.h"

/* The host gives granules, and takes them. */

static uint8_t data_map(const struct emu_cca *cca, uint8_t byte)
{
	return byte & EMU_PAGE_ASSIGNED ? CCA_NO_CHANGE : byte | EMU_PAGE_ASSIGNED;
}

uint64_t emu_cca_data_map(struct emu_cca *cca, uint64_t start, uint64_t end)
{
	return emu_cca_change(cca, start, end, data_map);
}

static uint8_t data_unmap(const struct emu_cca *cca, uint8_t byte)
{
	if (!(byte & EMU_PAGE_ASSIGNED))
		return CCA_NO_CHANGE;
	if (emu_cca_state_of(byte) == EMU_PAGE_MAPPED)
		return EMU_PAGE_PENDING;
	return byte & ~(EMU_PAGE_ASSIGNED | EMU_PAGE_USED);
}

uint64_t emu_cca_data_unmap(struct emu_cca *cca, uint64_t start, uint64_t end)
{
	return emu_cca_change(cca, start, end, data_unmap);
}

/* The host lets the Realm access the alias of memory that is the host's. */
static uint8_t unprot_map(const struct emu_cca *cca, uint8_t byte)
{
	switch (emu_cca_state_of(byte)) {
	case EMU_PAGE_FREE:
		return (byte & ~EMU_PAGE_STATE) | EMU_PAGE_SHARED;
	case EMU_PAGE_SHARED:
		return byte;
	default:
		return CCA_NO_CHANGE;
	}
}

uint64_t emu_cca_unprot_map(struct emu_cca *cca, uint64_t start, uint64_t end)
{
	return emu_cca_change(cca, start, end, unprot_map);
}
