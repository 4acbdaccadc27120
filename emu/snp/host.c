/* SPDX-License-Identifier: MIT */
#include "emu/snp/internal.h"

/* The host of an SNP guest: it decides the sizes of RMP entries, and converts pages on request. */

static bool is_2m_possible(struct emu_snp *snp, uint64_t gpa)
{
	const struct emu_region *region = emu_region(&snp->machine.pages, gpa);

	return !snp->config.rmp_4k_only && emu_byte(&region->size) == EMU_REGION_NONE &&
	       emu_region_is_free(&snp->machine.pages, gpa) &&
	       !emu_attack_denies_2m(&snp->machine, gpa);
}

/* Assign a page on first use. The region is locked and has no 2 MiB entry: that nothing is assigned
 * there, and the assignment, are one step for the other vCPUs, whose pages would else be assigned
 * again after they have been validated. */
static bool assign(struct emu_snp *snp, uint64_t gpa, uint32_t size)
{
	struct emu_region *region = emu_region(&snp->machine.pages, gpa);
	uint8_t *page = emu_page(&snp->machine.pages, gpa);
	uint8_t byte = emu_byte(page);

	if (byte == EMU_PAGE_SHARED || byte & EMU_PAGE_IMMUTABLE)
		return false;
	if (byte != EMU_PAGE_FREE)
		return true; /* another vCPU has assigned it, or is changing it */
	if (!snp->config.assign_on_touch || emu_attack_is_lied(&snp->machine, gpa))
		return false;
	if (size == SIZE_2M && is_2m_possible(snp, gpa)) {
		emu_byte_set(&region->leaf, EMU_PAGE_PENDING);
		emu_byte_set(&region->size, EMU_REGION_2M);
		return true;
	}
	emu_byte_set(page, EMU_PAGE_PENDING);
	emu_byte_set(&region->size, EMU_REGION_4K);
	return true;
}

bool emu_snp_host_npf(struct emu_snp *snp, uint64_t gpa, uint32_t size)
{
	struct emu_region *region = emu_region(&snp->machine.pages, gpa);
	bool handled = true, large;

	if (snp->config.npf)
		return snp->config.npf(snp->config.host_ctx, gpa, size == SIZE_2M);
	emu_region_lock(region);
	large = emu_byte(&region->size) == EMU_REGION_2M;
	if (!large)
		handled = assign(snp, gpa, size);
	emu_region_unlock(region);
	/* One that the guest is changing is split when it tries again. */
	if (large && size == SIZE_4K)
		emu_psmash(snp->psp, gpa & -EMU_REGION_SIZE);
	return handled;
}

/* SNP_PAGE_UNSMASH: 512 entries of one state become one. */
static void unsmash(const struct emu_snp *snp, uint64_t gpa)
{
	struct emu_region *region = emu_region(&snp->machine.pages, gpa);
	const uint8_t *page = emu_page(&snp->machine.pages, gpa);
	uint8_t first = emu_byte(page);

	if (snp->config.rmp_4k_only || emu_byte(&region->size) != EMU_REGION_4K)
		return;
	if (first != EMU_PAGE_PENDING && first != EMU_PAGE_MAPPED)
		return;
	for (unsigned i = 1; i < 512; i++)
		if (emu_byte(&page[i]) != first)
			return;
	emu_byte_set(&region->leaf, first);
	emu_byte_set(&region->size, EMU_REGION_2M);
}

/* Both are hints: the host may ignore them, and does where they do not apply. */
static void resize(struct emu_snp *snp, unsigned operation, uint64_t gpa)
{
	struct emu_region *region;

	gpa &= -EMU_REGION_SIZE;
	if (!emu_pages_is_ram(&snp->machine.pages, gpa, gpa + EMU_REGION_SIZE))
		return;
	if (operation == PSC_PSMASH) {
		emu_psmash(snp->psp, gpa);
		return;
	}
	region = emu_region(&snp->machine.pages, gpa);
	emu_region_lock(region);
	unsmash(snp, gpa);
	emu_region_unlock(region);
}

/* A host that is not this module's ignores the hints. */
static bool other_host(struct emu_snp *snp, unsigned operation, uint64_t start, uint64_t end)
{
	if (operation == PSC_PSMASH || operation == PSC_UNSMASH)
		return true;
	return snp->config.convert &&
	       snp->config.convert(snp->config.host_ctx, start, end, operation == PSC_PRIVATE);
}

bool emu_snp_host_psc(struct emu_snp *snp, unsigned operation, uint64_t start, uint64_t end,
		      bool huge)
{
	if (snp->config.npf)
		return other_host(snp, operation, start, end);
	switch (operation) {
	case PSC_PRIVATE:
		if (!emu_pages_is_ram(&snp->machine.pages, start, end))
			return false;
		emu_pages_unshare(&snp->machine.pages, start, end, EMU_PAGE_PENDING,
				  huge && !snp->config.rmp_4k_only &&
					  !emu_attack_denies_2m(&snp->machine, start));
		return true;
	case PSC_SHARED:
		/* Addresses outside RAM are always shared. */
		emu_pages_share(&snp->machine.pages, start, end);
		return true;
	case PSC_PSMASH:
	case PSC_UNSMASH:
		resize(snp, operation, start);
		return true;
	default:
		return false;
	}
}

bool emu_snp_share_unused(struct emu_snp *snp, uint64_t gpa)
{
	gpa &= -EMU_PAGE_SIZE;
	if (!emu_machine_is_ram(&snp->machine, gpa) ||
	    emu_machine_state(&snp->machine, gpa) == EMU_PAGE_MAPPED)
		return false;
	emu_pages_share(&snp->machine.pages, gpa, gpa + EMU_PAGE_SIZE);
	return true;
}
