/* SPDX-License-Identifier: MIT */
#include "emu/tdx/internal.h"

/*
 * TDG.MEM.PAGE.ACCEPT (leaf 6), TDX module 1.5 base specification, table "TDG.MEM.PAGE.ACCEPT
 * SEPT Walk Cases". RCX: level in 2:0, GPA in 51:12, the rest reserved.
 */

/* The outcome of the SEPT walk and of locking the entry. */
enum outcome { ACCEPTED, ALREADY_ACCEPTED, SIZE_MISMATCH, BUSY, EPT_VIOLATION };

static bool is_operand_valid(const struct emu_tdx *tdx, uint64_t rcx)
{
	uint64_t level = rcx & 7;
	uint64_t gpa = rcx & ~UINT64_C(0xfff);

	if (rcx & 0xff8 || level > LEVEL_2M)
		return false;
	if (level == LEVEL_2M && gpa % EMU_REGION_SIZE)
		return false;
	/* The shared bit and all above it. */
	return gpa < tdx->shared_bit;
}

/*
 * The entry is a leaf of the requested size. The region's lock is held; this releases it. forged:
 * the host put a page of its own there (TDH.MEM.PAGE.ADD, at launch).
 */
static enum outcome accept_leaf(struct emu_tdx *tdx, uint64_t gpa, uint64_t size, uint8_t *entry,
				bool forged)
{
	struct emu_region *region = emu_region(&tdx->machine.pages, gpa);
	const struct emu_backend *backend = &tdx->machine.pages.backend;
	uint8_t byte = emu_byte(entry);

	if (byte != EMU_PAGE_PENDING) {
		emu_region_unlock(region);
		if (byte & EMU_PAGE_BUSY)
			return BUSY;
		return byte == EMU_PAGE_MAPPED ? ALREADY_ACCEPTED : EPT_VIOLATION;
	}

	emu_byte_set(entry, EMU_PAGE_PENDING | EMU_PAGE_BUSY);
	emu_region_unlock(region);
	backend->map_private(backend->ctx, gpa, size, !forged);
	emu_count(&tdx->machine.pages.mapped, size / EMU_PAGE_SIZE);
	emu_byte_set(entry, EMU_PAGE_MAPPED);
	return forged ? ALREADY_ACCEPTED : ACCEPTED;
}

static enum outcome accept_2m(struct emu_tdx *tdx, uint64_t gpa, bool forged, unsigned *level)
{
	struct emu_region *region = emu_region(&tdx->machine.pages, gpa);

	*level = LEVEL_2M;
	emu_region_lock(region);
	switch (emu_byte(&region->size)) {
	case EMU_REGION_2M:
		return accept_leaf(tdx, gpa, EMU_REGION_SIZE, &region->leaf, forged);
	case EMU_REGION_4K:
		emu_region_unlock(region);
		return SIZE_MISMATCH;
	default:
		emu_region_unlock(region);
		return EPT_VIOLATION;
	}
}

static enum outcome accept_4k(struct emu_tdx *tdx, uint64_t gpa, bool forged, unsigned *level)
{
	struct emu_region *region = emu_region(&tdx->machine.pages, gpa);
	uint8_t leaf;

	*level = LEVEL_4K;
	emu_region_lock(region);
	leaf = emu_byte(&region->leaf);
	if (emu_byte(&region->size) == EMU_REGION_4K && leaf & EMU_PAGE_BLOCKED) {
		emu_region_unlock(region);
		return EPT_VIOLATION;
	}
	if (emu_byte(&region->size) != EMU_REGION_2M)
		return accept_leaf(tdx, gpa, EMU_PAGE_SIZE, emu_page(&tdx->machine.pages, gpa),
				   forged);

	/* The walk ends early, at a larger leaf. The host cannot split that while another vCPU
	 * accepts it, so the guest is told to retry. */
	emu_region_unlock(region);
	*level = LEVEL_2M;
	if (leaf & EMU_PAGE_BUSY)
		return BUSY;
	return leaf == EMU_PAGE_MAPPED ? ALREADY_ACCEPTED : EPT_VIOLATION;
}

static uint64_t status(struct emu_tdx *tdx, enum outcome outcome, unsigned asked, unsigned level)
{
	switch (outcome) {
	case ACCEPTED:
		emu_count(&tdx->machine.accepted[asked], 1);
		return TDX_SUCCESS;
	case ALREADY_ACCEPTED:
		emu_count(&tdx->machine.already_accepted, 1);
		return TDX_PAGE_ALREADY_ACCEPTED | level;
	case SIZE_MISMATCH:
		emu_count(&tdx->machine.size_mismatch, 1);
		return TDX_PAGE_SIZE_MISMATCH | level;
	default:
		emu_count(&tdx->stats.busy, 1);
		return TDX_OPERAND_BUSY | OPERAND_RCX;
	}
}

/* What the guest is answered because the host holds the entry, or because the module is faulty. */
static bool answer_attack(enum emu_attack_kind attack, enum outcome *outcome)
{
	switch (attack) {
	case EMU_ATTACK_BUSY:
	case EMU_ATTACK_BUSY_FOREVER:
		*outcome = BUSY;
		return true;
	case EMU_ATTACK_SIZE_MISMATCH:
		*outcome = SIZE_MISMATCH;
		return true;
	default:
		return false;
	}
}

/*
 * The module's zero-step defence, as far as a guest sees it: after more than six EPT violations at
 * one instruction it resumes the vCPU only with the page in place, and with a #VE if the guest
 * asked for that. Module 1.5 base architecture specification, "Zero-step attack mitigation".
 */
#define EPF_THRESHOLD 6

static bool notifies(struct emu_tdx *tdx, unsigned vcpu)
{
	unsigned epfs = tdx->ve[vcpu].epfs;

	tdx->ve[vcpu].epfs = 0;
	return epfs > EPF_THRESHOLD && emu_counted(&tdx->notify_enables) & TDX_NOTIFY_ZERO_STEP;
}

enum emu_action emu_tdg_mem_page_accept(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr)
{
	uint64_t gpa = gpr[EMU_RCX] & ~UINT64_C(0xfff);
	unsigned asked = gpr[EMU_RCX] & 7, level = asked, turns = 0;
	enum emu_attack_kind attack;
	enum outcome outcome;

	if (!is_operand_valid(tdx, gpr[EMU_RCX])) {
		gpr[EMU_RAX] = TDX_OPERAND_INVALID | OPERAND_RCX;
		return EMU_NEXT;
	}
	if (!emu_machine_is_ram(&tdx->machine, gpa))
		return emu_stop_set(&tdx->machine, EMU_STOP_HOST_FAULT, vcpu, gpa, 0,
				    "accept of 0x%llx, which is not RAM", (unsigned long long)gpa);

	attack = emu_attack_on_accept(&tdx->machine, gpa,
				      asked == LEVEL_2M ? EMU_REGION_SIZE : EMU_PAGE_SIZE);
	if (attack == EMU_ATTACK_INTERRUPT_2M)
		return EMU_AGAIN; /* what is done is kept in the entry */
	if (attack == EMU_ATTACK_ZERO_STEP) {
		tdx->ve[vcpu].epfs++;
		return EMU_AGAIN;
	}
	if (notifies(tdx, vcpu))
		return emu_tdx_raise(tdx, vcpu, gpa, 0);
	if (answer_attack(attack, &outcome)) {
		gpr[EMU_RAX] = status(tdx, outcome, asked, level);
		return EMU_NEXT;
	}

	/* An EPT violation exits to the host with RIP at this instruction, so the guest executes it
	 * again; retrying here has the same effect. */
	for (;;) {
		bool forged = attack == EMU_ATTACK_ALREADY_ACCEPTED;

		if (emu_seam_is_cut_off(tdx->seam, gpa))
			outcome = EPT_VIOLATION;
		else
			outcome = asked == LEVEL_2M ? accept_2m(tdx, gpa, forged, &level)
						    : accept_4k(tdx, gpa, forged, &level);
		if (outcome != EPT_VIOLATION)
			break;
		if (!emu_tdx_host_violation(tdx, vcpu, EMU_SEAM_ACCEPT, gpa, EPT_WRITE, asked))
			return emu_stop_set(&tdx->machine, EMU_STOP_HOST_FAULT, vcpu, gpa, 0,
					    "accept of 0x%llx, which is %s",
					    (unsigned long long)gpa,
					    emu_machine_state(&tdx->machine, gpa) == EMU_PAGE_SHARED
						    ? "shared memory"
						    : "kept by the host");
		emu_pause(&turns);
	}
	gpr[EMU_RAX] = status(tdx, outcome, asked, level);
	return EMU_NEXT;
}
