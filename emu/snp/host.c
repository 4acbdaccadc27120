/* SPDX-License-Identifier: MIT */
#include "emu/snp/internal.h"

/* The host of an SNP guest: it decides the sizes of RMP entries, and converts pages on request. */

/* Assign a page on first use. The region is locked and has no 2 MiB entry. */
static bool assign(struct emu_snp *snp, uint64_t gpa, uint32_t size)
{
	struct emu_region *region = emu_region(&snp->machine.pages, gpa);
	uint8_t *page = emu_page(&snp->machine.pages, gpa);

	if (emu_byte(page) == EMU_PAGE_SHARED)
		return false;
	if (emu_byte(page) != EMU_PAGE_FREE)
		return true; /* another vCPU has assigned it, or is changing it */
	if (!snp->config.assign_on_touch || emu_attack_is_lied(&snp->machine, gpa))
		return false;
	if (size == SIZE_2M && !snp->config.rmp_4k_only &&
	    emu_byte(&region->size) == EMU_REGION_NONE &&
	    emu_region_is_free(&snp->machine.pages, gpa) &&
	    !emu_attack_denies_2m(&snp->machine, gpa)) {
		emu_byte_set(&region->leaf, EMU_PAGE_PENDING);
		emu_byte_set(&region->size, EMU_REGION_2M);
		return true;
	}
	emu_byte_set(page, EMU_PAGE_PENDING);
	emu_byte_set(&region->size, EMU_REGION_4K);
	return true;
}

/* PSMASH: 512 entries with the state of the 2 MiB entry. The region is locked. */
static void psmash(const struct emu_snp *snp, uint64_t gpa)
{
	struct emu_region *region = emu_region(&snp->machine.pages, gpa);

	if (emu_byte(&region->size) == EMU_REGION_2M && !(emu_byte(&region->leaf) & EMU_PAGE_BUSY))
		emu_region_split(&snp->machine.pages, gpa);
}

bool emu_snp_host_npf(struct emu_snp *snp, uint64_t gpa, uint32_t size)
{
	struct emu_region *region = emu_region(&snp->machine.pages, gpa);
	bool handled = true;

	emu_region_lock(region);
	if (emu_byte(&region->size) != EMU_REGION_2M)
		handled = assign(snp, gpa, size);
	else if (size == SIZE_4K)
		psmash(snp, gpa);
	emu_region_unlock(region);
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
	region = emu_region(&snp->machine.pages, gpa);
	emu_region_lock(region);
	if (operation == PSC_PSMASH)
		psmash(snp, gpa);
	else
		unsmash(snp, gpa);
	emu_region_unlock(region);
}

bool emu_snp_host_psc(struct emu_snp *snp, unsigned operation, uint64_t start, uint64_t end,
		      bool huge)
{
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
