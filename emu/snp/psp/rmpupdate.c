/* SPDX-License-Identifier: MIT */
#include "emu/snp/psp/internal.h"

#include "emu/internal.h"

/*
 * RMPUPDATE, AMD APM volume 3: the hypervisor writes an entry of the reverse map. It never makes a
 * page validated, and cannot write an entry that is immutable.
 */

static enum psp_state new_state(const struct emu_psp *psp, const struct emu_rmp_update *update)
{
	if (!update->assigned)
		return PSP_HYPERVISOR;
	if (!update->asid)
		return update->immutable ? PSP_FIRMWARE : PSP_RECLAIM;
	if (update->asid != psp->config.asid)
		return update->immutable ? PSP_PRE_FOREIGN : PSP_FOREIGN;
	return update->immutable ? PSP_PRE_GUEST : PSP_INVALID;
}

static bool is_valid(const struct emu_psp *psp, uint64_t spa, const struct emu_rmp_update *update)
{
	bool ram = emu_psp_is_ram(psp, spa), own = update->asid == psp->config.asid;

	if (!emu_psp_is_page(psp, spa, update->large))
		return false;
	if (!update->assigned && (update->immutable || update->asid))
		return false;
	/* What this model cannot represent: see psp.h. */
	if (update->large && !emu_pages_is_ram(psp->pages, spa, spa + EMU_REGION_SIZE))
		return false;
	if (update->large && update->assigned && !own)
		return false;
	return !own || !ram || !update->assigned || update->gpa == spa;
}

static bool is_immutable(enum psp_state state)
{
	return state == PSP_FIRMWARE || state == PSP_CONTEXT || state == PSP_PRE_FOREIGN ||
	       state == PSP_PRE_GUEST;
}

/* A 2 MiB entry over entries of 4 KiB, which are all in one region. */
static unsigned check_large(const struct emu_psp *psp, uint64_t spa, bool *shared)
{
	for (uint64_t at = spa; at < spa + EMU_REGION_SIZE; at += EMU_PAGE_SIZE) {
		struct psp_page page = emu_psp_entry(psp, at);

		if (page.busy)
			return EMU_RMP_FAIL_INUSE;
		if (page.state != PSP_HYPERVISOR)
			return EMU_RMP_FAIL_OVERLAP;
		*shared |= page.shared;
	}
	return EMU_RMP_SUCCESS;
}

static unsigned check(const struct emu_psp *psp, const struct psp_page *old,
		      const struct emu_rmp_update *update, bool *shared)
{
	if (old->busy)
		return EMU_RMP_FAIL_INUSE;
	if (is_immutable(old->state) && old->large == update->large)
		return EMU_RMP_FAIL_PERMISSION;
	if (old->large && !update->large)
		return EMU_RMP_FAIL_OVERLAP;
	*shared = old->shared;
	if (update->large && !old->large)
		return check_large(psp, old->spa, shared);
	return EMU_RMP_SUCCESS;
}

static void set_entry(struct emu_psp *psp, uint64_t spa, const struct emu_rmp_update *update)
{
	if (spa >= psp->ram_end)
		psp->gpa[(spa - psp->ram_end) / EMU_PAGE_SIZE] = update->gpa;
	emu_psp_set_entry(psp, spa, update->large, new_state(psp, update), 0);
}

enum outcome {
	ANSWERED,
	/* What the guest may have used is marked busy: its mapping ends before the entry is
	 * written. */
	UNMAP,
	UNSHARE /* the guest's shared view ends before its page is assigned */
};

/* To find out what the entry is, and to change or lock it, is one step for other processors. */
static enum outcome try_update(struct emu_psp *psp, uint64_t spa,
			       const struct emu_rmp_update *update, unsigned *status)
{
	struct psp_page old = emu_psp_entry(psp, spa);
	bool shared = false;

	*status = check(psp, &old, update, &shared);
	if (*status)
		return ANSWERED;
	/* What is the hypervisor's already stays as the guest sees it. */
	if (shared)
		return update->assigned ? UNSHARE : ANSWERED;
	if (old.state == PSP_VALID && emu_psp_is_ram(psp, spa)) {
		emu_psp_begin_change(psp, spa, update->large);
		return UNMAP;
	}
	set_entry(psp, spa, update);
	return ANSWERED;
}

/* Only this processor changes the entry: it is busy. */
static void unmap(struct emu_psp *psp, uint64_t spa, const struct emu_rmp_update *update)
{
	const struct emu_backend *backend = &psp->pages->backend;
	uint64_t size = psp_size(update->large);

	backend->unmap_private(backend->ctx, spa, size);
	emu_count(&psp->pages->mapped, -(size / EMU_PAGE_SIZE));
	emu_psp_lock(psp);
	emu_psp_lock_entry(psp, spa);
	set_entry(psp, spa, update);
	emu_psp_unlock_entry(psp, spa);
	emu_psp_unlock(psp);
}

unsigned emu_rmpupdate(struct emu_psp *psp, uint64_t spa, const struct emu_rmp_update *update)
{
	unsigned status = emu_psp_fault(psp, EMU_RMPUPDATE);
	enum outcome outcome;

	if (status)
		return status;
	if (!is_valid(psp, spa, update))
		return EMU_RMP_FAIL_INPUT;
	for (;;) {
		emu_psp_lock(psp);
		emu_psp_lock_entry(psp, spa);
		outcome = try_update(psp, spa, update, &status);
		emu_psp_unlock_entry(psp, spa);
		emu_psp_unlock(psp);
		if (outcome == UNMAP)
			unmap(psp, spa, update);
		if (outcome != UNSHARE)
			return status;
		emu_pages_unshare(psp->pages, spa, spa + psp_size(update->large), EMU_PAGE_FREE,
				  false);
	}
}
