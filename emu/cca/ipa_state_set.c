/* SPDX-License-Identifier: MIT */
#include "emu/cca/internal.h"

static uint8_t to_ram(const struct emu_cca *cca, uint8_t byte)
{
	switch (emu_cca_state_of(byte)) {
	case EMU_PAGE_MAPPED:
		return byte;
	case EMU_PAGE_PENDING:
		return CCA_NO_CHANGE;
	default:
		return (byte & ~EMU_PAGE_STATE) | EMU_PAGE_MAPPED |
		       (cca->config.populate ? EMU_PAGE_ASSIGNED : 0);
	}
}

/* With CHANGE_DESTROYED. A granule that a DESTROYED page has is a new one. */
static uint8_t to_ram_destroyed(const struct emu_cca *cca, uint8_t byte)
{
	if (emu_cca_state_of(byte) == EMU_PAGE_PENDING)
		byte = (byte & EMU_PAGE_ASSIGNED) | EMU_PAGE_FREE;
	return to_ram(cca, byte);
}

/* CHANGE_DESTROYED is for changes to RAM alone: DESTROYED pages become EMPTY without. */
static uint8_t to_empty(const struct emu_cca *cca, uint8_t byte)
{
	if (emu_cca_state_of(byte) == EMU_PAGE_SHARED)
		return byte;
	return EMU_PAGE_FREE |
	       (cca->config.keep_empty ? byte & (EMU_PAGE_ASSIGNED | EMU_PAGE_USED) : 0);
}

/* Where the range stops to be RAM, which is all that the host can change. */
static uint64_t ram_end(const struct emu_cca *cca, uint64_t base, uint64_t top)
{
	struct emu_ram part;

	while (base < top && emu_pages_ram(&cca->machine.pages, base, top, &part) &&
	       part.start == base)
		base = part.end;
	return base;
}

/* What is not RAM is EMPTY already. */
static uint64_t make_empty(struct emu_cca *cca, uint64_t base, uint64_t limit)
{
	struct emu_ram part;

	while (emu_pages_ram(&cca->machine.pages, base, limit, &part))
		base = emu_cca_change(cca, part.start, part.end, to_empty);
	return limit;
}

static uint64_t perform(struct emu_cca *cca, const struct emu_ripas_change *change, uint64_t limit)
{
	if (change->ripas == EMU_RIPAS_EMPTY)
		return make_empty(cca, change->base, limit);
	return emu_cca_change(cca, change->base, limit,
			      change->change_destroyed ? to_ram_destroyed : to_ram);
}

static uint64_t cut(uint64_t limit, const struct emu_ripas_change *change)
{
	limit &= -EMU_PAGE_SIZE;
	if (limit < change->base)
		return change->base;
	return limit < change->top ? limit : change->top;
}

/* x1 and x2. The RMM reports a rejection only of a change to RAM that is not complete. */
static void answer(struct emu_cca *cca, const struct emu_ripas_change *change, uint64_t done,
		   bool reject, uint64_t *x)
{
	reject = reject && change->ripas == EMU_RIPAS_RAM && done != change->top;
	emu_count(&cca->stats.partial, done != change->top);
	emu_count(&cca->stats.rejected, reject);
	x[0] = RSI_SUCCESS;
	x[1] = done;
	x[2] = reject ? RSI_REJECT : RSI_ACCEPT;
}

static bool is_attacked(struct emu_cca *cca, const struct emu_ripas_change *change, uint64_t *x)
{
	if (change->ripas != EMU_RIPAS_RAM)
		return false;
	switch (emu_cca_attack_on_set(cca, change->base, change->top)) {
	case EMU_CCA_ATTACK_REJECT:
		answer(cca, change, change->base, true, x);
		return true;
	case EMU_CCA_ATTACK_STALL:
		answer(cca, change, change->base, false, x);
		return true;
	case EMU_CCA_ATTACK_BACK:
		answer(cca, change, change->base - EMU_PAGE_SIZE, false, x);
		return true;
	case EMU_CCA_ATTACK_PAST:
		answer(cca, change, change->top + EMU_PAGE_SIZE, false, x);
		return true;
	default:
		return false;
	}
}

/*
 * RSI_IPA_STATE_SET. x1: base; x2: top; x3: RIPAS; x4: flags. x1 out: the first address that is not
 * changed; x2: whether the host rejects the rest. No progress is no error.
 */
enum emu_action emu_rsi_ipa_state_set(struct emu_cca *cca, unsigned vcpu, uint64_t *x)
{
	struct emu_ripas_change change = { .base = x[1],
					   .top = x[2],
					   .ripas = x[3] ? EMU_RIPAS_RAM : EMU_RIPAS_EMPTY,
					   .change_destroyed = x[4] & 1 };
	struct emu_ripas_answer host = { .limit = change.top };
	uint64_t ripas = x[3];

	x[1] = 0;
	x[2] = 0;
	if (ripas > EMU_RIPAS_RAM || (change.base | change.top) % EMU_PAGE_SIZE ||
	    change.top <= change.base || change.top > cca->shared_bit) {
		x[0] = RSI_ERROR_INPUT;
		return EMU_NEXT;
	}
	if (is_attacked(cca, &change, x))
		return EMU_NEXT;
	if (change.ripas == EMU_RIPAS_RAM) {
		host.limit = ram_end(cca, change.base, change.top);
		host.reject = host.limit != change.top;
	}
	if (cca->config.ripas_change)
		cca->config.ripas_change(cca->config.ripas_change_ctx, vcpu, &change, &host);
	answer(cca, &change, perform(cca, &change, cut(host.limit, &change)), host.reject, x);
	return EMU_NEXT;
}
