/* SPDX-License-Identifier: MIT */
#include "emu/cca/internal.h"

/* The RMM answers for one table: of pages, which is a region, or of blocks, each a region. */
#define BLOCK_TABLE_SIZE (UINT64_C(512) * EMU_REGION_SIZE)

static bool has_page_table(const struct emu_cca *cca, uint64_t ipa)
{
	const struct emu_pages *pages = &cca->machine.pages;

	return ipa < pages->end && emu_byte(&emu_region(pages, ipa)->size) != EMU_REGION_NONE;
}

static uint64_t run_of_pages(const struct emu_cca *cca, uint64_t base, uint64_t top)
{
	enum emu_ripas ripas = emu_cca_ripas(cca, base);
	uint64_t end = (base & -EMU_REGION_SIZE) + EMU_REGION_SIZE, ipa = base + EMU_PAGE_SIZE;

	while (ipa < end && ipa < top && emu_cca_ripas(cca, ipa) == ripas)
		ipa += EMU_PAGE_SIZE;
	return ipa;
}

static uint64_t run_of_blocks(const struct emu_cca *cca, uint64_t base, uint64_t top)
{
	enum emu_ripas ripas = emu_cca_ripas(cca, base);
	uint64_t end = (base & -BLOCK_TABLE_SIZE) + BLOCK_TABLE_SIZE;
	uint64_t ipa = (base & -EMU_REGION_SIZE) + EMU_REGION_SIZE;

	while (ipa < end && ipa < top && !has_page_table(cca, ipa) &&
	       emu_cca_ripas(cca, ipa) == ripas)
		ipa += EMU_REGION_SIZE;
	return ipa;
}

/* RSI_IPA_STATE_GET. x1: base; x2: top. x1 out: where another RIPAS begins, or the RMM stopped
 * looking; x2: the RIPAS up to there. */
enum emu_action emu_rsi_ipa_state_get(struct emu_cca *cca, unsigned vcpu, uint64_t *x)
{
	uint64_t base = x[1], top = x[2], end;

	x[1] = 0;
	x[2] = 0;
	if ((base | top) % EMU_PAGE_SIZE || top <= base || top > cca->shared_bit) {
		x[0] = RSI_ERROR_INPUT;
		return EMU_NEXT;
	}
	end = has_page_table(cca, base) ? run_of_pages(cca, base, top)
					: run_of_blocks(cca, base, top);
	x[0] = RSI_SUCCESS;
	x[1] = end < top ? end : top;
	x[2] = emu_cca_ripas(cca, base);
	return EMU_NEXT;
}
