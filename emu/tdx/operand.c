/* SPDX-License-Identifier: MIT */
#include "emu/tdx/internal.h"

/* The module's access to an operand of a leaf in the guest's memory. */

bool emu_tdx_operand_aligned(uint64_t gpa, uint64_t alignment)
{
	return gpa % alignment == 0;
}

bool emu_tdx_operand_valid(const struct emu_tdx *tdx, uint64_t gpa, bool shared)
{
	if (shared)
		gpa &= ~tdx->shared_bit;
	return gpa < tdx->shared_bit;
}

static enum emu_action stop(struct emu_tdx *tdx, unsigned vcpu, uint64_t gpa)
{
	uint64_t address = gpa & ~tdx->shared_bit;

	return emu_stop_set(&tdx->machine, EMU_STOP_HOST_FAULT, vcpu, address, 0,
			    "a TDCALL's operand at 0x%llx (%s, state: %s)",
			    (unsigned long long)address,
			    gpa & tdx->shared_bit ? "shared view" : "private view",
			    emu_machine_state_name(&tdx->machine, address));
}

static uint64_t qualification(enum emu_tdx_access access)
{
	return EPT_READ | (access == EMU_TDX_READ ? 0 : EPT_WRITE);
}

static enum emu_action pending(struct emu_tdx *tdx, unsigned vcpu, uint64_t gpa,
			       enum emu_tdx_access access)
{
	/* The exit tells the host that the page is pending: it ends the TD, as KVM does. */
	if (emu_counted(&tdx->td_ctls) & TDX_PENDING_VE_DISABLE) {
		if (emu_tdx_host_violation(tdx, vcpu, EMU_SEAM_PENDING, gpa, qualification(access),
					   LEVEL_4K))
			return EMU_AGAIN;
		return stop(tdx, vcpu, gpa);
	}
	return emu_tdx_raise(tdx, vcpu, gpa, qualification(access));
}

enum emu_action emu_tdx_operand_walk(struct emu_tdx *tdx, unsigned vcpu, uint64_t gpa,
				     enum emu_tdx_access access)
{
	bool shared = gpa & tdx->shared_bit;
	enum emu_page_state state = emu_machine_state(&tdx->machine, gpa & ~tdx->shared_bit);

	if (!shared && state != EMU_PAGE_NOT_RAM && emu_seam_is_cut_off(tdx->seam, gpa))
		state = EMU_PAGE_FREE;
	switch (state) {
	case EMU_PAGE_MAPPED:
		return shared ? stop(tdx, vcpu, gpa) : EMU_NEXT;
	case EMU_PAGE_SHARED:
		return shared ? EMU_NEXT : stop(tdx, vcpu, gpa);
	case EMU_PAGE_PENDING:
		return shared ? stop(tdx, vcpu, gpa) : pending(tdx, vcpu, gpa, access);
	case EMU_PAGE_FREE:
		if (!shared && emu_tdx_host_violation(tdx, vcpu, EMU_SEAM_ACCESS, gpa,
						      qualification(access), LEVEL_4K))
			return EMU_AGAIN;
		return stop(tdx, vcpu, gpa);
	default:
		return stop(tdx, vcpu, gpa);
	}
}

bool emu_tdx_operand_read(struct emu_tdx *tdx, uint64_t gpa, void *buffer, size_t size)
{
	const struct emu_backend *backend = &tdx->machine.pages.backend;

	if (gpa & tdx->shared_bit)
		return backend->read_shared(backend->ctx, gpa & ~tdx->shared_bit, buffer, size);
	backend->read_private(backend->ctx, gpa, buffer, size);
	return true;
}

bool emu_tdx_operand_write(struct emu_tdx *tdx, uint64_t gpa, const void *buffer, size_t size)
{
	const struct emu_backend *backend = &tdx->machine.pages.backend;

	if (gpa & tdx->shared_bit)
		return backend->write_shared(backend->ctx, gpa & ~tdx->shared_bit, buffer, size);
	backend->write_private(backend->ctx, gpa, buffer, size);
	return true;
}
