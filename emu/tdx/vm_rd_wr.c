/* SPDX-License-Identifier: MIT */
#include "emu/tdx/internal.h"

/* TDCS fields, TDX module 1.5 ABI specification, "TD-scope metadata". */
#define NOTIFY_ENABLES		 UINT64_C(0x9100000000000010)
#define TOPOLOGY_ENUM_CONFIGURED UINT64_C(0x9100000000000019)
#define CONFIG_FLAGS		 UINT64_C(0x1110000300000016)
#define TD_CTLS			 UINT64_C(0x1110000300000017)

#define CONFIG_GPAW		   (UINT64_C(1) << 0)
#define CONFIG_FLEXIBLE_PENDING_VE (UINT64_C(1) << 1)
#define CTLS_PENDING_VE_DISABLE	   (UINT64_C(1) << 0)
#define NOTIFY_ZERO_STEP	   (UINT64_C(1) << 0)

/* The context code, bits 54:52 of a field's identifier, is ignored on input. */
#define CONTEXT_MASK (UINT64_C(7) << 52)

struct field {
	uint64_t *stored; /* NULL: constant */
	uint64_t constant;
	uint64_t writable; /* bits that the guest may change */
};

static bool find_field(struct emu_tdx *tdx, uint64_t id, struct field *field)
{
	*field = (struct field){ 0 };
	switch (id & ~CONTEXT_MASK) {
	case TD_CTLS & ~CONTEXT_MASK:
		field->stored = &tdx->td_ctls;
		field->writable = CTLS_PENDING_VE_DISABLE;
		return true;
	case CONFIG_FLAGS & ~CONTEXT_MASK:
		field->constant = CONFIG_FLEXIBLE_PENDING_VE;
		field->constant |= tdx->config.gpa_width >= 52 ? CONFIG_GPAW : 0;
		return true;
	case NOTIFY_ENABLES & ~CONTEXT_MASK:
		field->stored = &tdx->notify_enables;
		field->writable = NOTIFY_ZERO_STEP;
		return true;
	case TOPOLOGY_ENUM_CONFIGURED & ~CONTEXT_MASK:
		return true;
	default:
		return false;
	}
}

/* RCX: the TD, which is 0 for a TD's own fields; RDX: the field. */
static uint64_t check(struct emu_tdx *tdx, const uint64_t *gpr, struct field *field)
{
	if (gpr[EMU_RCX])
		return TDX_OPERAND_INVALID | OPERAND_RCX;
	return find_field(tdx, gpr[EMU_RDX], field) ? TDX_SUCCESS : TDX_FIELD_ID_INCORRECT;
}

static uint64_t field_value(const struct field *field)
{
	return field->stored ? emu_counted(field->stored) : field->constant;
}

/* TDG.VM.RD (leaf 7). R8 out: the value. */
enum emu_action emu_tdg_vm_rd(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr)
{
	struct field field;

	gpr[EMU_RAX] = check(tdx, gpr, &field);
	gpr[EMU_R8] = gpr[EMU_RAX] == TDX_SUCCESS ? field_value(&field) : 0;
	return EMU_NEXT;
}

/* Read-only bits of the mask may be written with their current value. */
static uint64_t write_field(const struct field *field, uint64_t value, uint64_t mask,
			    uint64_t *previous)
{
	uint64_t old = field_value(field);

	if (!field->writable || (old ^ value) & mask & ~field->writable)
		return TDX_FIELD_NOT_WRITABLE;
	mask &= field->writable;
	while (!__atomic_compare_exchange_n(field->stored, &old, (old & ~mask) | (value & mask),
					    false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		;
	*previous = old;
	return TDX_SUCCESS;
}

/* TDG.VM.WR (leaf 8). R8 in: the value, out: what it was; R9: the bits to write. */
enum emu_action emu_tdg_vm_wr(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr)
{
	uint64_t value = gpr[EMU_R8];
	struct field field;

	gpr[EMU_R8] = 0;
	gpr[EMU_RAX] = check(tdx, gpr, &field);
	if (gpr[EMU_RAX] == TDX_SUCCESS)
		gpr[EMU_RAX] = write_field(&field, value, gpr[EMU_R9], &gpr[EMU_R8]);
	return EMU_NEXT;
}
