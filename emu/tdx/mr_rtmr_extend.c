/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "emu/tdx/internal.h"

void emu_tdx_mr_lock(struct emu_tdx *tdx)
{
	unsigned turns = 0;

	while (__atomic_exchange_n(&tdx->mr.lock, 1, __ATOMIC_ACQUIRE))
		emu_pause(&turns);
}

void emu_tdx_mr_unlock(struct emu_tdx *tdx)
{
	__atomic_store_n(&tdx->mr.lock, 0, __ATOMIC_RELEASE);
}

/* TDG.MR.RTMR.EXTEND (leaf 2). RCX: GPA of 48 bytes, aligned to 64; RDX: which register. */
enum emu_action emu_tdg_mr_rtmr_extend(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr)
{
	const struct emu_backend *backend = &tdx->machine.pages.backend;
	uint64_t gpa = gpr[EMU_RCX], index = gpr[EMU_RDX];
	uint8_t message[2 * EMU_SHA384_SIZE];

	if (!backend->read_private || !tdx->config.sha384) {
		gpr[EMU_RAX] = TDX_OPERAND_INVALID | OPERAND_RAX;
		return EMU_NEXT;
	}
	if (!emu_tdx_is_operand(tdx, gpa, 64)) {
		gpr[EMU_RAX] = TDX_OPERAND_INVALID | OPERAND_RCX;
		return EMU_NEXT;
	}
	if (index >= RTMRS) {
		gpr[EMU_RAX] = TDX_OPERAND_INVALID | OPERAND_RDX;
		return EMU_NEXT;
	}
	if (!emu_tdx_operand_accepted(tdx, vcpu, gpa))
		return EMU_STOP;

	backend->read_private(backend->ctx, gpa, message + EMU_SHA384_SIZE, EMU_SHA384_SIZE);
	emu_tdx_mr_lock(tdx);
	memcpy(message, tdx->mr.rtmr[index], EMU_SHA384_SIZE);
	tdx->config.sha384(message, sizeof(message), tdx->mr.rtmr[index]);
	emu_tdx_mr_unlock(tdx);
	gpr[EMU_RAX] = TDX_SUCCESS;
	return EMU_NEXT;
}
