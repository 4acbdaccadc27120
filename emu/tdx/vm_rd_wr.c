/* SPDX-License-Identifier: MIT */
#include "emu/tdx/vm_field.h"

/* TDG.VM.RD and TDG.VM.WR. RCX: the TD, which is 0 for a TD's own fields; RDX: the field. */

static uint64_t find(uint64_t td, uint64_t id, const struct emu_tdx_field **field,
		     unsigned *element)
{
	if (td)
		return TDX_OPERAND_INVALID | OPERAND_RCX;
	*field = emu_tdx_field_find(id, element);
	return *field ? TDX_SUCCESS : TDX_FIELD_ID_INCORRECT;
}

/* Version 1 also sets RDX: to the next field, or to all ones. */
static uint64_t read_field(struct emu_tdx *tdx, unsigned version, uint64_t *gpr)
{
	const struct emu_tdx_field *field;
	uint64_t id = gpr[EMU_RDX], status;
	unsigned element;

	if (version)
		gpr[EMU_RDX] = EMU_TDX_FIELD_NONE;
	if (version > 1)
		return TDX_OPERAND_INVALID | OPERAND_RAX;
	if (version && !gpr[EMU_RCX] && (id | EMU_TDX_FIELD_CONTEXT) == EMU_TDX_FIELD_NONE) {
		gpr[EMU_RDX] = emu_tdx_field_next(NULL, 0);
		return TDX_FIRST_FIELD_ID;
	}
	status = find(gpr[EMU_RCX], id, &field, &element);
	if (status != TDX_SUCCESS)
		return status;
	if (!field->readable)
		return TDX_FIELD_NOT_READABLE;
	if (version)
		gpr[EMU_RDX] = emu_tdx_field_next(field, element);
	gpr[EMU_R8] = emu_tdx_field_value(tdx, field, element) & field->readable;
	return TDX_SUCCESS;
}

/* TDG.VM.RD (leaf 7). R8 out: the value. */
enum emu_action emu_tdg_vm_rd(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr)
{
	unsigned version = TDX_LEAF_VERSION(gpr[EMU_RAX]);

	gpr[EMU_R8] = 0;
	gpr[EMU_RAX] = read_field(tdx, version, gpr);
	return EMU_NEXT;
}

/* Constant bits may be in the mask if their value is the current one. */
static uint64_t write_field(struct emu_tdx *tdx, const struct emu_tdx_field *field, uint64_t value,
			    uint64_t mask, uint64_t *previous)
{
	uint64_t *stored = emu_tdx_field_stored(tdx, field);
	uint64_t old;

	if (!stored || !(mask & field->writable))
		return TDX_FIELD_NOT_WRITABLE;
	old = emu_counted(stored);
	if ((old ^ value) & mask & ~field->writable)
		return TDX_FIELD_VALUE_NOT_VALID;
	mask &= field->writable;
	while (!__atomic_compare_exchange_n(stored, &old, (old & ~mask) | (value & mask), false,
					    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		;
	*previous = old & field->readable;
	return TDX_SUCCESS;
}

/* TDG.VM.WR (leaf 8). R8 in: the value, out: what it was; R9: the bits to write. */
enum emu_action emu_tdg_vm_wr(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr)
{
	uint64_t value = gpr[EMU_R8];
	const struct emu_tdx_field *field;
	unsigned element;

	gpr[EMU_R8] = 0;
	gpr[EMU_RAX] = find(gpr[EMU_RCX], gpr[EMU_RDX], &field, &element);
	if (gpr[EMU_RAX] == TDX_SUCCESS)
		gpr[EMU_RAX] = write_field(tdx, field, value, gpr[EMU_R9], &gpr[EMU_R8]);
	return EMU_NEXT;
}
