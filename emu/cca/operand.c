/* SPDX-License-Identifier: MIT */
#include "emu/cca/internal.h"

enum emu_action emu_cca_operand(struct emu_cca *cca, unsigned vcpu, uint64_t ipa,
				uint64_t alignment, uint64_t *status)
{
	const struct emu_pages *pages = &cca->machine.pages;

	*status = RSI_ERROR_UNKNOWN;
	if (!pages->backend.read_private || !pages->backend.write_private)
		return EMU_NEXT;
	*status = RSI_ERROR_INPUT;
	if (ipa % alignment || ipa >= cca->shared_bit)
		return EMU_NEXT;
	switch (emu_cca_ripas(cca, ipa)) {
	case EMU_RIPAS_EMPTY:
		return EMU_NEXT;
	case EMU_RIPAS_RAM:
		if (!(emu_pages_get(pages, ipa) & EMU_PAGE_ASSIGNED))
			break;
		*status = RSI_SUCCESS;
		return EMU_NEXT;
	default:
		break;
	}
	/* A fault at stage 2 on the RMM's own access is an exit to the host, as one of the Realm
	 * would be. */
	return emu_cca_abort(cca, vcpu, ipa, false) == EMU_CCA_STOP ? EMU_STOP : EMU_AGAIN;
}
