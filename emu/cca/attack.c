/* SPDX-License-Identifier: MIT */
#include "emu/cca/attack.h"
#include "emu/cca/internal.h"

/* The defaults hit a boot of Linux behind its first changes, which it makes for all of its RAM. */
static const struct emu_cca_attack_info infos[EMU_CCA_ATTACKS] = {
	[EMU_CCA_ATTACK_DESTROY] = { "destroy", "a page that is RAM is taken away", 2 },
	[EMU_CCA_ATTACK_DESTROY_AGAIN] = { "destroy-again",
					   "a page is taken away just before it is accepted again",
					   1 },
	[EMU_CCA_ATTACK_REJECT] = { "reject", "changes to RAM are rejected", 1 },
	[EMU_CCA_ATTACK_STALL] = { "stall", "changes to RAM make no progress, for ever", 1 },
	[EMU_CCA_ATTACK_BACK] = { "back", "a change is to go on before where it was", 1 },
	[EMU_CCA_ATTACK_PAST] = { "past", "a change is to go on past the end of its range", 1 },
	[EMU_CCA_ATTACK_EMPTY_START] = { "empty-start", "no memory is RAM at the start", 1 },
};

const struct emu_cca_attack_info *emu_cca_attack_info(enum emu_cca_attack_kind kind)
{
	return (unsigned)kind < EMU_CCA_ATTACKS && infos[kind].name ? &infos[kind] : NULL;
}

void emu_cca_attack_arm(struct emu_cca *cca)
{
	struct emu_cca_injector *injector = &cca->injector;
	const struct emu_cca_attack_info *info = emu_cca_attack_info(cca->config.attack.kind);

	injector->ipa = injector->previous = UINT64_MAX;
	if (!info)
		return;
	injector->attack = cca->config.attack;
	if (!injector->attack.at)
		injector->attack.at = info->at;
}

void emu_cca_attack_progress(const struct emu_cca *cca, struct emu_cca_attack_report *out)
{
	out->triggers = emu_counted(&cca->injector.triggers);
	out->injections = emu_counted(&cca->injector.injections);
	out->ipa = emu_counted(&cca->injector.ipa);
}

static bool is_triggered(struct emu_cca_injector *injector)
{
	return __atomic_add_fetch(&injector->triggers, 1, __ATOMIC_RELAXED) >= injector->attack.at;
}

static void count(struct emu_cca_injector *injector, uint64_t ipa)
{
	uint64_t none = UINT64_MAX;

	__atomic_compare_exchange_n(&injector->ipa, &none, ipa, false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
	emu_count(&injector->injections, 1);
}

/* Another vCPU may be as far. */
static bool claim(struct emu_cca_injector *injector)
{
	return !__atomic_exchange_n(&injector->claimed, true, __ATOMIC_RELAXED);
}

/* A page that has no granule gets one first: only a page that is mapped can be destroyed. */
static void destroy(struct emu_cca *cca, uint64_t ipa)
{
	emu_cca_data_map(cca, ipa, ipa + EMU_PAGE_SIZE);
	emu_cca_data_unmap(cca, ipa, ipa + EMU_PAGE_SIZE);
	count(&cca->injector, ipa);
}

/* Once, so that a guest that accepts the page again goes on. */
static void destroy_previous(struct emu_cca *cca, uint64_t base)
{
	struct emu_cca_injector *injector = &cca->injector;
	uint64_t last = __atomic_exchange_n(&injector->previous, base, __ATOMIC_RELAXED);

	if (is_triggered(injector) && last != UINT64_MAX &&
	    emu_cca_ripas(cca, last) == EMU_RIPAS_RAM && claim(injector))
		destroy(cca, last);
}

static void destroy_again(struct emu_cca *cca, uint64_t base, uint64_t top)
{
	struct emu_cca_injector *injector = &cca->injector;

	while (base < top && emu_cca_ripas(cca, base) != EMU_RIPAS_RAM)
		base += EMU_PAGE_SIZE;
	if (base < top && is_triggered(injector) && claim(injector))
		destroy(cca, base);
}

enum emu_cca_attack_kind emu_cca_attack_on_set(struct emu_cca *cca, uint64_t base, uint64_t top)
{
	struct emu_cca_injector *injector = &cca->injector;
	enum emu_cca_attack_kind kind = injector->attack.kind;

	switch (kind) {
	case EMU_CCA_ATTACK_DESTROY:
		destroy_previous(cca, base);
		return kind;
	case EMU_CCA_ATTACK_DESTROY_AGAIN:
		destroy_again(cca, base, top);
		return kind;
	case EMU_CCA_ATTACK_REJECT:
	case EMU_CCA_ATTACK_STALL:
	case EMU_CCA_ATTACK_BACK:
	case EMU_CCA_ATTACK_PAST:
		if (!is_triggered(injector))
			return EMU_CCA_ATTACK_NONE;
		count(injector, base);
		return kind;
	default:
		return EMU_CCA_ATTACK_NONE;
	}
}

bool emu_cca_attack_on_init(struct emu_cca *cca, uint64_t start)
{
	if (cca->injector.attack.kind != EMU_CCA_ATTACK_EMPTY_START ||
	    !is_triggered(&cca->injector))
		return false;
	count(&cca->injector, start);
	return true;
}
