/* SPDX-License-Identifier: MIT */
#include "emu/tdx/internal.h"
#include "emu/tdx/vmcall.h"

/* A range without the shared bit. */
static bool is_range_valid(const struct emu_tdx *tdx, uint64_t gpa, uint64_t size)
{
	uint64_t last = gpa + size - 1;

	/* GPAs with the shared bit end at twice the bit; the range may not run from the
	 * private half into the shared one. */
	return size && last >= gpa && last < tdx->shared_bit << 1 &&
	       (gpa & tdx->shared_bit) == (last & tdx->shared_bit);
}

static void retry(struct emu_tdx *tdx, uint64_t *gpr, uint64_t next)
{
	emu_attack_changed(&tdx->machine, gpr[EMU_R12] & ~tdx->shared_bit);
	emu_count(&tdx->stats.retries, 1);
	gpr[EMU_R10] = TDVMCALL_RETRY;
	gpr[EMU_R11] = next;
}

/* Answers that break the host's own protocol. Nothing is converted. */
static bool host_cheats(struct emu_tdx *tdx, uint64_t *gpr)
{
	uint64_t gpa = gpr[EMU_R12];

	switch (emu_attack_on_change(&tdx->machine)) {
	case EMU_ATTACK_RETRY_STALL:
		retry(tdx, gpr, gpa);
		return true;
	case EMU_ATTACK_RETRY_PAST:
		/* Every page of the range would be done: the end itself is past it. */
		retry(tdx, gpr, gpa + gpr[EMU_R13]);
		return true;
	case EMU_ATTACK_RETRY_BACK:
		retry(tdx, gpr, gpa - EMU_PAGE_SIZE);
		return true;
	case EMU_ATTACK_RETRY_UNALIGNED:
		retry(tdx, gpr, gpa + EMU_PAGE_SIZE / 2);
		return true;
	case EMU_ATTACK_PSC_LIE:
		if (!emu_attack_lie(&tdx->machine, 0, 0))
			return false;
		emu_attack_changed(&tdx->machine, gpa & ~tdx->shared_bit);
		gpr[EMU_R10] = TDVMCALL_SUCCESS;
		gpr[EMU_R11] = 0;
		return true;
	default:
		return false;
	}
}

/* False: part of what becomes private is no RAM, or the host will not. Addresses outside RAM are
 * always shared; guests convert device memory to be sure. */
static bool convert(struct emu_tdx *tdx, uint64_t start, uint64_t end, bool shared)
{
	if (!shared && !emu_pages_is_ram(&tdx->machine.pages, start, end))
		return false;
	if (tdx->config.convert)
		return tdx->config.convert(tdx->config.host_ctx, start, end, !shared);
	if (shared)
		emu_pages_share(&tdx->machine.pages, start, end);
	else
		emu_pages_unshare(&tdx->machine.pages, start, end, EMU_PAGE_FREE, false);
	return true;
}

/*
 * TDVMCALL<MapGPA>, GHCI 1.5 section 3.2. R12: GPA, whose shared bit selects the direction; R13:
 * size. R11: the GPA to continue at, or where it failed.
 */
enum emu_action emu_tdx_host_map_gpa(struct emu_tdx *tdx, uint64_t *gpr)
{
	uint64_t gpa = gpr[EMU_R12], size = gpr[EMU_R13], chunk = tdx->config.map_gpa_chunk;
	uint64_t start = gpa & ~tdx->shared_bit, part;
	bool shared = gpa & tdx->shared_bit;

	emu_count(&tdx->stats.map_gpa_calls, 1);
	gpr[EMU_R11] = gpa;
	if (!is_range_valid(tdx, gpa, size)) {
		gpr[EMU_R10] = TDVMCALL_INVALID_OPERAND;
		return EMU_NEXT;
	}
	if (gpa % EMU_PAGE_SIZE || size % EMU_PAGE_SIZE) {
		gpr[EMU_R10] = TDVMCALL_ALIGN_ERROR;
		return EMU_NEXT;
	}

	if (host_cheats(tdx, gpr))
		return EMU_NEXT;
	part = chunk && chunk < size ? chunk : size;
	if (!convert(tdx, start, start + part, shared)) {
		gpr[EMU_R10] = TDVMCALL_INVALID_OPERAND;
		return EMU_NEXT;
	}

	if (part < size) {
		emu_count(&tdx->stats.retries, 1);
		gpr[EMU_R10] = TDVMCALL_RETRY;
		gpr[EMU_R11] = gpa + part;
		return EMU_NEXT;
	}
	gpr[EMU_R10] = TDVMCALL_SUCCESS;
	gpr[EMU_R11] = 0;
	return EMU_NEXT;
}
