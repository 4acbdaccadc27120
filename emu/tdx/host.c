/* SPDX-License-Identifier: MIT */
#include "emu/tdx/internal.h"

/*
 * The cooperative host of a TD: it builds the TD, adds pages when the guest accepts them, in the
 * size that the guest asks for where possible, and converts pages on request. It keeps page N of
 * the guest at page N of its own, and the TD's other pages above these.
 */

static uint64_t call(struct emu_tdx *tdx, unsigned leaf, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
	uint64_t gpr[EMU_GPRS] = {
		[EMU_RAX] = leaf, [EMU_RCX] = rcx, [EMU_RDX] = rdx, [EMU_R8] = r8
	};

	emu_seamcall(tdx->seam, gpr);
	return gpr[EMU_RAX];
}

/* The guest's RAM and the regions that it begins and ends in. */
static uint64_t tdr(const struct emu_tdx *tdx)
{
	return (tdx->machine.pages.end + EMU_REGION_SIZE - 1) & -EMU_REGION_SIZE;
}

/* Behind the TDR: the TDCX pages, those of the vCPUs, and one for each table that there can be. */
static uint64_t table(const struct emu_tdx *tdx, uint64_t gpa, unsigned level)
{
	uint64_t first = 1 + EMU_SEAM_TDCX + tdx->config.vcpus;

	for (unsigned below = LEVEL_2M; below < level; below++)
		first += tdr(tdx) / (EMU_PAGE_SIZE << 9 * below) + 1;
	return tdr(tdx) + (first + gpa / (EMU_PAGE_SIZE << 9 * level)) * EMU_PAGE_SIZE;
}

/*
 * The TD stays INITIALIZED, where the module asks neither for blocking nor for tracking: the vCPUs
 * of an engine do not enter and leave by SEAMCALLs.
 */
bool emu_tdx_host_build(struct emu_tdx *tdx)
{
	uint64_t status = 0, page = tdr(tdx) + EMU_PAGE_SIZE;

	status |= call(tdx, EMU_TDH_MNG_CREATE, tdr(tdx), 1, 0);
	status |= call(tdx, EMU_TDH_MNG_KEY_CONFIG, tdr(tdx), 0, 0);
	for (unsigned i = 0; i < EMU_SEAM_TDCX; i++, page += EMU_PAGE_SIZE)
		status |= call(tdx, EMU_TDH_MNG_ADDCX, page, tdr(tdx), 0);
	status |= call(tdx, EMU_TDH_MNG_INIT, tdr(tdx), 0, 0);
	for (unsigned i = 0; i < tdx->config.vcpus; i++, page += EMU_PAGE_SIZE) {
		status |= call(tdx, EMU_TDH_VP_CREATE, page, tdr(tdx), 0);
		status |= call(tdx, EMU_TDH_VP_INIT, page, 0, 0);
	}
	return !status;
}

static void add_table(struct emu_tdx *tdx, uint64_t gpa, unsigned level)
{
	gpa &= -(EMU_PAGE_SIZE << 9 * level);
	emu_seam_abandon(tdx->seam, gpa, level, table(tdx, gpa, level), LEVEL_4K);
	call(tdx, EMU_TDH_MEM_SEPT_ADD, gpa | level, tdr(tdx), table(tdx, gpa, level));
}

/* TDH.MEM.PAGE.AUG. True: the guest may try again; another vCPU may have been faster. */
static bool augment(struct emu_tdx *tdx, uint64_t gpa, unsigned level)
{
	uint64_t gpr[EMU_GPRS];

	/* What a conversion took is free again for the module. */
	emu_seam_abandon(tdx->seam, gpa, level, gpa, level);
	for (;;) {
		gpr[EMU_RAX] = EMU_TDH_MEM_PAGE_AUG;
		gpr[EMU_RCX] = gpa | level;
		gpr[EMU_RDX] = tdr(tdx);
		gpr[EMU_R8] = gpa;
		gpr[EMU_R9] = 0;
		emu_seamcall(tdx->seam, gpr);
		if (gpr[EMU_RAX] != (TDX_EPT_WALK_FAILED | OPERAND_RCX) || gpr[EMU_RDX] >> 8)
			break;
		add_table(tdx, gpa, gpr[EMU_RDX] & 7);
	}
	/* A 4 KiB page that is FREE and cannot be added is shared: the guest has not asked for it
	 * back. */
	return level == LEVEL_2M || gpr[EMU_RAX] != (TDX_EPT_ENTRY_STATE_INCORRECT | OPERAND_RCX) ||
	       gpr[EMU_RDX] >> 8;
}

static bool cooperate(struct emu_tdx *tdx, uint64_t gpa, unsigned level)
{
	struct emu_region *region = emu_region(&tdx->machine.pages, gpa);
	uint64_t start = gpa & -EMU_REGION_SIZE;

	switch (emu_byte(&region->size)) {
	case EMU_REGION_2M:
		if (level == LEVEL_4K && emu_byte(&region->leaf) == EMU_PAGE_PENDING) {
			emu_seam_abandon(tdx->seam, start, LEVEL_2M, table(tdx, start, LEVEL_2M),
					 LEVEL_4K);
			call(tdx, EMU_TDH_MEM_PAGE_DEMOTE, start | LEVEL_2M, tdr(tdx),
			     table(tdx, start, LEVEL_2M));
		}
		return true;
	case EMU_REGION_NONE:
		if (level == LEVEL_2M && !tdx->config.host_4k_only &&
		    emu_region_is_free(&tdx->machine.pages, gpa) &&
		    !emu_attack_denies_2m(&tdx->machine, gpa))
			return augment(tdx, gpa, LEVEL_2M);
		break;
	default:
		break;
	}
	return emu_byte(emu_page(&tdx->machine.pages, gpa)) != EMU_PAGE_SHARED &&
	       augment(tdx, gpa & -EMU_PAGE_SIZE, LEVEL_4K);
}

bool emu_tdx_host_violation(struct emu_tdx *tdx, unsigned vcpu, enum emu_seam_exit type,
			    uint64_t gpa, uint64_t qualification, unsigned level)
{
	struct emu_tdx_exit exit = { gpa & -EMU_PAGE_SIZE, qualification, 0 };

	if (tdx->config.violation) {
		exit.extended = emu_seam_exit_info(tdx->seam, type, gpa, level);
		return tdx->config.violation(tdx->config.host_ctx, vcpu, &exit);
	}
	return type != EMU_SEAM_PENDING && cooperate(tdx, gpa, level);
}
