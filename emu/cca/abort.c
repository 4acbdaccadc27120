/* SPDX-License-Identifier: MIT */
#include "emu/cca/internal.h"

/* A granule for a page that is RAM now, also if another vCPU made it so first. */
static uint8_t fault_in(const struct emu_cca *cca, uint8_t byte)
{
	return emu_cca_state_of(byte) == EMU_PAGE_MAPPED ? byte | EMU_PAGE_ASSIGNED : byte;
}

static enum emu_cca_abort stop(struct emu_cca *cca, unsigned vcpu, uint64_t ipa, const char *half)
{
	uint64_t address = ipa & ~cca->shared_bit;

	emu_stop_set(&cca->machine, EMU_STOP_HOST_FAULT, vcpu, address, 0,
		     "an access to IPA 0x%llx (%s half, RIPAS %s)", (unsigned long long)ipa, half,
		     emu_machine_state_name(&cca->machine, address));
	return EMU_CCA_STOP;
}

/*
 * The host owns what the Realm has made EMPTY, and nothing else: it has no memory to put behind
 * the alias of a page that the Realm counts as its own.
 */
static enum emu_cca_abort unprotected(struct emu_cca *cca, unsigned vcpu, uint64_t ipa, bool fetch)
{
	uint64_t page = ipa & ~cca->shared_bit & -EMU_PAGE_SIZE;

	/* No instruction is fetched from an unprotected IPA. */
	if (fetch)
		return EMU_CCA_SEA;
	if (!emu_machine_is_ram(&cca->machine, page))
		return EMU_CCA_DEVICE;
	if (emu_cca_unprot_map(cca, page, page + EMU_PAGE_SIZE) == page)
		return stop(cca, vcpu, ipa, "unprotected");
	return EMU_CCA_AGAIN;
}

enum emu_cca_abort emu_cca_abort(struct emu_cca *cca, unsigned vcpu, uint64_t ipa, bool fetch)
{
	uint64_t page = ipa & -EMU_PAGE_SIZE;

	if (emu_stop_is_set(&cca->machine))
		return EMU_CCA_STOP;
	/* Above both halves: an address size fault at stage 2, which the RMM gives to the Realm. */
	if (ipa >= cca->shared_bit << 1)
		return EMU_CCA_SEA;
	if (ipa & cca->shared_bit)
		return unprotected(cca, vcpu, ipa, fetch);
	switch (emu_cca_ripas(cca, page)) {
	case EMU_RIPAS_RAM:
		emu_cca_change(cca, page, page + EMU_PAGE_SIZE, fault_in);
		return EMU_CCA_AGAIN;
	case EMU_RIPAS_DESTROYED:
		return stop(cca, vcpu, ipa, "protected");
	default:
		return EMU_CCA_SEA;
	}
}
