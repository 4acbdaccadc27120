/* SPDX-License-Identifier: MIT */
#include "emu/internal.h"

#include <stddef.h>
#include <string.h>

/*
 * The defaults hit a boot with default options where it is vulnerable: the first 64 regions or so
 * are the firmware's; the kernel's first MapGPA calls are its bounce buffers, while SNP requests
 * page-state changes with every accept.
 */
static const struct emu_attack_info infos[EMU_ATTACKS] = {
	[EMU_ATTACK_BUSY] = { "busy", "the page's entry is locked a thousand times, then free", 80,
			      0 },
	[EMU_ATTACK_BUSY_FOREVER] = { "busy-forever", "the page's entry is locked for ever", 80,
				      0 },
	[EMU_ATTACK_4K_ONLY] = { "4k-only", "memory is mapped as 4 KiB pages from then on", 1, 1 },
	[EMU_ATTACK_SIZE_MISMATCH] = { "size-mismatch",
				       "size mismatch is answered at every level, 4 KiB too", 80,
				       80 },
	[EMU_ATTACK_ALREADY_ACCEPTED] = { "already-accepted",
					  "a page of the host's is there already", 80, 80 },
	[EMU_ATTACK_INTERRUPT_2M] = { "interrupt-2m", "a 2 MiB accept is interrupted in the middle",
				      80, 0 },
	[EMU_ATTACK_ZERO_STEP] = { "zero-step",
				   "the guest is resumed again and again without the page", 80, 0 },
	[EMU_ATTACK_REMOVE] = { "remove", "an accepted page is taken away and given again", 80,
				80 },
	[EMU_ATTACK_REMAP] = { "remap", "an accepted address is mapped to another page", 80, 80 },
	[EMU_ATTACK_SWAP] = { "swap", "two accepted pages change places", 80, 80 },
	[EMU_ATTACK_RETRY_STALL] = { "retry-stall",
				     "a conversion is to be retried for ever, without progress", 4,
				     20 },
	[EMU_ATTACK_RETRY_PAST] = { "retry-past",
				    "a conversion is to go on past the end of its range", 4, 20 },
	[EMU_ATTACK_RETRY_BACK] = { "retry-back", "a conversion is to go on before where it was", 4,
				    4 },
	[EMU_ATTACK_RETRY_UNALIGNED] = { "retry-unaligned",
					 "a conversion is to go on in the middle of a page", 4, 0 },
	[EMU_ATTACK_PSC_LIE] = { "psc-lie", "a conversion is answered as done, and is not", 4, 20 },
};

const struct emu_attack_info *emu_attack_info(enum emu_attack_kind kind)
{
	return (unsigned)kind < EMU_ATTACKS && infos[kind].name ? &infos[kind] : NULL;
}

#define INTERRUPTS 3
#define STEPS_BACK 8
/* The module looks for an attack from the seventh on. */
#define ZERO_STEPS 8
/* Enough to show that a guest never gives up, and finite so that a test of it ends. */
#define FOR_EVER 1000000

static uint64_t answers(enum emu_attack_kind kind)
{
	switch (kind) {
	case EMU_ATTACK_BUSY:
		return EMU_ATTACK_BUSY_ANSWERS;
	case EMU_ATTACK_INTERRUPT_2M:
		return INTERRUPTS;
	case EMU_ATTACK_ZERO_STEP:
		return ZERO_STEPS;
	case EMU_ATTACK_RETRY_BACK:
		return STEPS_BACK;
	default:
		return FOR_EVER;
	}
}

void emu_attack_arm(struct emu_machine *machine, const struct emu_attack *attack)
{
	const struct emu_attack_info *info = emu_attack_info(attack->kind);
	struct emu_injector *injector = &machine->injector;
	uint64_t default_at = 0;

	if (info)
		default_at = machine->platform == EMU_TDX ? info->tdx_at : info->snp_at;
	memset(injector, 0, sizeof(*injector));
	injector->gpa = injector->target = EMU_ATTACK_ANYWHERE;
	injector->previous[0] = injector->previous[1] = EMU_ATTACK_ANYWHERE;
	if (!default_at)
		return;
	injector->attack = *attack;
	if (!attack->at)
		injector->attack.at = default_at;
	injector->target = attack->gpa;
	injector->answers = answers(attack->kind);
}

void emu_attack_progress(const struct emu_machine *machine, struct emu_attack_report *out)
{
	out->triggers = emu_counted(&machine->injector.triggers);
	out->injections = emu_counted(&machine->injector.injections);
	out->gpa = emu_counted(&machine->injector.gpa);
}

static void count(struct emu_injector *injector, uint64_t gpa)
{
	uint64_t none = EMU_ATTACK_ANYWHERE;

	__atomic_compare_exchange_n(&injector->gpa, &none, gpa, false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
	emu_count(&injector->injections, 1);
}

/*
 * Take an accepted page (4 KiB, or the 2 MiB that it is mapped by) from the guest, which finds
 * `state` there afterwards. The content is lost in any case: being shared in between does not
 * change that.
 */
static bool take(struct emu_pages *pages, uint64_t gpa, uint8_t state)
{
	uint64_t size, start;
	bool large;

	if (emu_pages_state(pages, gpa) != EMU_PAGE_MAPPED)
		return false;
	large = emu_byte(&emu_region(pages, gpa)->size) == EMU_REGION_2M;
	size = large ? EMU_REGION_SIZE : EMU_PAGE_SIZE;
	start = gpa & -size;
	emu_pages_share(pages, start, start + size);
	emu_pages_unshare(pages, start, start + size, state, large);
	return true;
}

/* False: the page at gpa is not accepted, or the attack does not change pages. */
static bool change_page(struct emu_machine *machine, enum emu_attack_kind kind, uint64_t gpa)
{
	struct emu_pages *pages = &machine->pages;

	switch (kind) {
	case EMU_ATTACK_REMOVE:
		/* TDH.MEM.PAGE.REMOVE and AUG: PENDING. RMPUPDATE: validated is cleared. */
		return take(pages, gpa, EMU_PAGE_PENDING);
	case EMU_ATTACK_REMAP:
		/* The module maps no other page in the place of one that it has not removed; the
		 * RMP entry of another page has another guest address. */
		return take(pages, gpa, EMU_PAGE_FREE);
	case EMU_ATTACK_SWAP:
		/* TDH.MEM.PAGE.RELOCATE moves content with its address: the guest cannot tell.
		 * SNP: both RMP entries need another guest address, which clears validated. */
		if (machine->platform == EMU_SNP)
			return take(pages, gpa, EMU_PAGE_PENDING);
		return emu_pages_state(pages, gpa) == EMU_PAGE_MAPPED;
	default:
		return false;
	}
}

bool emu_attack_inject(struct emu_machine *machine, enum emu_attack_kind kind, uint64_t gpa)
{
	if (!change_page(machine, kind, gpa))
		return false;
	count(&machine->injector, gpa);
	return true;
}

/* Another vCPU may be as far. The one that gets it gives it back if it cannot attack after all. */
static bool claim(struct emu_injector *injector)
{
	return !__atomic_exchange_n(&injector->claimed, true, __ATOMIC_RELAXED);
}

static void give_back(struct emu_injector *injector)
{
	__atomic_store_n(&injector->claimed, false, __ATOMIC_RELAXED);
}

static bool is_on_change(enum emu_attack_kind kind)
{
	return kind >= EMU_ATTACK_RETRY_STALL && kind <= EMU_ATTACK_PSC_LIE;
}

static bool is_on_pages(enum emu_attack_kind kind)
{
	return kind == EMU_ATTACK_REMOVE || kind == EMU_ATTACK_REMAP || kind == EMU_ATTACK_SWAP;
}

/* The guest accepts for the first time in the region of gpa. */
static void trigger(struct emu_machine *machine, uint64_t gpa)
{
	struct emu_injector *injector = &machine->injector;
	uint64_t n = __atomic_add_fetch(&injector->triggers, 1, __ATOMIC_RELAXED);
	uint64_t last = __atomic_exchange_n(&injector->previous[0], gpa, __ATOMIC_RELAXED);
	uint64_t before = __atomic_exchange_n(&injector->previous[1], last, __ATOMIC_RELAXED);
	enum emu_attack_kind kind = injector->attack.kind;
	uint64_t none = EMU_ATTACK_ANYWHERE;

	if (n < injector->attack.at)
		return;
	if (!is_on_pages(kind)) {
		__atomic_compare_exchange_n(&injector->target, &none, gpa, false, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED);
		return;
	}
	if (last == EMU_ATTACK_ANYWHERE)
		return;
	if (kind == EMU_ATTACK_SWAP && before == EMU_ATTACK_ANYWHERE)
		return;
	if (!claim(injector))
		return;
	if (!emu_attack_inject(machine, kind, last))
		give_back(injector);
	else if (kind == EMU_ATTACK_SWAP)
		emu_attack_inject(machine, kind, before);
}

static bool take_answer(struct emu_injector *injector)
{
	uint64_t left = emu_counted(&injector->answers);

	while (left && !__atomic_compare_exchange_n(&injector->answers, &left, left - 1, false,
						    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return left;
}

enum emu_attack_kind emu_attack_on_accept(struct emu_machine *machine, uint64_t gpa, uint64_t size)
{
	struct emu_injector *injector = &machine->injector;
	enum emu_attack_kind kind = injector->attack.kind;
	uint64_t target;
	bool hit;

	if (kind == EMU_ATTACK_NONE || is_on_change(kind))
		return EMU_ATTACK_NONE;
	if (!__atomic_exchange_n(&emu_region(&machine->pages, gpa)->attempted, 1, __ATOMIC_RELAXED))
		trigger(machine, gpa);

	target = emu_counted(&injector->target);
	if (target == EMU_ATTACK_ANYWHERE)
		return EMU_ATTACK_NONE;
	switch (kind) {
	case EMU_ATTACK_BUSY:
	case EMU_ATTACK_BUSY_FOREVER:
	case EMU_ATTACK_SIZE_MISMATCH:
	case EMU_ATTACK_ZERO_STEP:
		hit = target / EMU_REGION_SIZE == gpa / EMU_REGION_SIZE && take_answer(injector);
		break;
	case EMU_ATTACK_ALREADY_ACCEPTED:
		hit = target >= gpa && target < gpa + size;
		break;
	case EMU_ATTACK_INTERRUPT_2M:
		hit = target / EMU_REGION_SIZE == gpa / EMU_REGION_SIZE &&
		      size == EMU_REGION_SIZE && take_answer(injector);
		break;
	default:
		hit = false;
	}
	if (!hit)
		return EMU_ATTACK_NONE;
	count(injector, gpa);
	return kind;
}

bool emu_attack_denies_2m(struct emu_machine *machine, uint64_t gpa)
{
	struct emu_injector *injector = &machine->injector;
	uint64_t trigger;

	if (injector->attack.kind != EMU_ATTACK_4K_ONLY)
		return false;
	/* The page may be provided before the guest accepts it. */
	trigger = emu_counted(&injector->triggers) +
		  !emu_byte(&emu_region(&machine->pages, gpa)->attempted);
	if (trigger < injector->attack.at)
		return false;
	count(injector, gpa);
	return true;
}

enum emu_attack_kind emu_attack_on_change(struct emu_machine *machine)
{
	struct emu_injector *injector = &machine->injector;
	enum emu_attack_kind kind = injector->attack.kind;

	if (!is_on_change(kind))
		return EMU_ATTACK_NONE;
	if (__atomic_add_fetch(&injector->triggers, 1, __ATOMIC_RELAXED) < injector->attack.at)
		return EMU_ATTACK_NONE;
	if (kind != EMU_ATTACK_PSC_LIE && !emu_counted(&injector->answers))
		return EMU_ATTACK_NONE;
	return kind;
}

bool emu_attack_lie(struct emu_machine *machine, uint64_t start, uint64_t end)
{
	struct emu_injector *injector = &machine->injector;

	if (!claim(injector))
		return false;
	__atomic_store_n(&injector->lied_start, start, __ATOMIC_RELAXED);
	__atomic_store_n(&injector->lied_end, end, __ATOMIC_RELEASE);
	return true;
}

bool emu_attack_is_lied(const struct emu_machine *machine, uint64_t gpa)
{
	const struct emu_injector *injector = &machine->injector;

	return gpa < __atomic_load_n(&injector->lied_end, __ATOMIC_ACQUIRE) &&
	       gpa >= emu_counted(&injector->lied_start);
}

void emu_attack_changed(struct emu_machine *machine, uint64_t gpa)
{
	struct emu_injector *injector = &machine->injector;

	take_answer(injector);
	count(injector, gpa);
}
