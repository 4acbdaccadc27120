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

static void extend(struct emu_tdx *tdx, unsigned index, uint8_t message[2 * SHA384_BYTES])
{
	emu_tdx_mr_lock(tdx);
	memcpy(message, tdx->mr.rtmr[index], SHA384_BYTES);
	tdx->config.sha384(message, 2 * SHA384_BYTES, tdx->mr.rtmr[index]);
	emu_tdx_mr_unlock(tdx);
}

/* TDG.MR.RTMR.EXTEND (leaf 2). RCX: GPA of 48 bytes in private memory, aligned to 64; RDX: which
 * register, which the module looks at only when it has read the bytes. */
enum emu_action emu_tdg_mr_rtmr_extend(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr)
{
	uint64_t gpa = gpr[EMU_RCX], index = gpr[EMU_RDX];
	uint8_t message[2 * SHA384_BYTES];
	enum emu_action action;

	if (!tdx->machine.pages.backend.read_private || !tdx->config.sha384) {
		gpr[EMU_RAX] = TDX_OPERAND_INVALID | OPERAND_RAX;
		return EMU_NEXT;
	}
	if (!emu_tdx_operand_aligned(gpa, 64) || !emu_tdx_operand_valid(tdx, gpa, false)) {
		gpr[EMU_RAX] = TDX_OPERAND_INVALID | OPERAND_RCX;
		return EMU_NEXT;
	}
	action = emu_tdx_operand_walk(tdx, vcpu, gpa, EMU_TDX_READ);
	if (action != EMU_NEXT)
		return action;
	if (!emu_tdx_operand_read(tdx, gpa, message + SHA384_BYTES, SHA384_BYTES))
		return EMU_AGAIN;
	if (index >= RTMRS) {
		gpr[EMU_RAX] = TDX_OPERAND_INVALID | OPERAND_RDX;
		return EMU_NEXT;
	}
	extend(tdx, (unsigned)index, message);
	gpr[EMU_RAX] = TDX_SUCCESS;
	return EMU_NEXT;
}
