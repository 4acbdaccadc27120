/* SPDX-License-Identifier: MIT */
#include "emu/attacker.h"

#include <string.h>

#define INTERRUPTS 3
#define STEPS_BACK 8
/* "For ever", but a guest that never gives up is to be found out, not waited for. */
#define FOR_EVER 1000000

static uint64_t answers(enum emu_attack_kind kind)
{
	switch (kind) {
	case EMU_ATTACK_BUSY:
		return EMU_ATTACK_BUSY_ANSWERS;
	case EMU_ATTACK_INTERRUPT_2M:
		return INTERRUPTS;
	case EMU_ATTACK_RETRY_BACK:
		return STEPS_BACK;
	default:
		return FOR_EVER;
	}
}

void emu_attacker_arm(struct emu_attacker *attacker, const struct emu_attack *attack,
		      uint64_t default_at)
{
	memset(attacker, 0, sizeof(*attacker));
	attacker->gpa = attacker->target = EMU_ATTACK_ANYWHERE;
	attacker->began[0] = attacker->began[1] = EMU_ATTACK_ANYWHERE;
	if (!attack)
		return;
	attacker->attack = *attack;
	if (!attack->at)
		attacker->attack.at = default_at;
	attacker->target = attack->gpa;
	attacker->answers = answers(attack->kind);
}

void emu_attacker_report(const struct emu_attacker *attacker, struct emu_attack_report *out)
{
	out->opportunities = emu_counted(&attacker->opportunities);
	out->strikes = emu_counted(&attacker->strikes);
	out->gpa = emu_counted(&attacker->gpa);
}

static void count(struct emu_attacker *attacker, uint64_t gpa)
{
	uint64_t none = EMU_ATTACK_ANYWHERE;

	__atomic_compare_exchange_n(&attacker->gpa, &none, gpa, false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
	emu_count(&attacker->strikes, 1);
}

/*
 * Take an accepted page (4 KiB, or the 2 MiB that it is mapped by) from the guest: `state` is
 * what it finds there afterwards. For its content it makes no difference that it was shared
 * in between.
 */
static bool take(struct emu_pages *pages, uint64_t gpa, uint8_t state)
{
	bool large = emu_byte(&emu_region(pages, gpa)->size) == EMU_REGION_2M;
	uint64_t size = large ? EMU_REGION_SIZE : EMU_PAGE_SIZE;
	uint64_t start = gpa & -size;

	if ((emu_pages_get(pages, gpa) & EMU_PAGE_STATE) != EMU_PAGE_MAPPED)
		return false;
	emu_pages_share(pages, start, start + size);
	emu_pages_unshare(pages, start, start + size, state, large);
	return true;
}

bool emu_attack_strike(struct emu_attacker *attacker, struct emu_pages *pages, bool is_snp,
		       enum emu_attack_kind kind, uint64_t gpa)
{
	bool done;

	if (gpa >= pages->end || !emu_pages_is_ram(pages, gpa, gpa + 1))
		return false;
	switch (kind) {
	case EMU_ATTACK_REMOVE:
		/* TDH.MEM.PAGE.REMOVE and AUG: PENDING. RMPUPDATE: validated is cleared. */
		done = take(pages, gpa, EMU_PAGE_PENDING);
		break;
	case EMU_ATTACK_REMAP:
		/* The module maps nothing else in the place of a page that it has not removed;
		 * the RMP entry of the other page has another guest address. */
		done = take(pages, gpa, EMU_PAGE_FREE);
		break;
	case EMU_ATTACK_SWAP:
		/* TDH.MEM.PAGE.RELOCATE moves content with its address: the guest cannot tell.
		 * SNP: both RMP entries need another guest address, which clears validated. */
		done = is_snp ? take(pages, gpa, EMU_PAGE_PENDING)
			      : (emu_pages_get(pages, gpa) & EMU_PAGE_STATE) == EMU_PAGE_MAPPED;
		break;
	default:
		return false;
	}
	if (done)
		count(attacker, gpa);
	return done;
}

static bool is_on_change(enum emu_attack_kind kind)
{
	return kind >= EMU_ATTACK_RETRY_STALL && kind <= EMU_ATTACK_PSC_LIE;
}

static bool is_on_pages(enum emu_attack_kind kind)
{
	return kind == EMU_ATTACK_REMOVE || kind == EMU_ATTACK_REMAP || kind == EMU_ATTACK_SWAP;
}

/* The guest begins in another region: strike from here on, once. */
static void begin(struct emu_attacker *attacker, struct emu_pages *pages, bool is_snp, uint64_t gpa)
{
	uint64_t n = __atomic_add_fetch(&attacker->opportunities, 1, __ATOMIC_RELAXED);
	uint64_t last = __atomic_exchange_n(&attacker->began[0], gpa, __ATOMIC_RELAXED);
	uint64_t before = __atomic_exchange_n(&attacker->began[1], last, __ATOMIC_RELAXED);
	enum emu_attack_kind kind = attacker->attack.kind;
	uint64_t none = EMU_ATTACK_ANYWHERE;

	if (n < attacker->attack.at)
		return;
	if (!is_on_pages(kind)) {
		__atomic_compare_exchange_n(&attacker->target, &none, gpa, false, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED);
		return;
	}
	if (emu_counted(&attacker->strikes) || last == EMU_ATTACK_ANYWHERE)
		return;
	if (kind == EMU_ATTACK_SWAP && before == EMU_ATTACK_ANYWHERE)
		return;
	if (emu_attack_strike(attacker, pages, is_snp, kind, last) && kind == EMU_ATTACK_SWAP)
		emu_attack_strike(attacker, pages, is_snp, kind, before);
}

static bool take_answer(struct emu_attacker *attacker)
{
	uint64_t left = emu_counted(&attacker->answers);

	while (left && !__atomic_compare_exchange_n(&attacker->answers, &left, left - 1, false,
						    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return left;
}

enum emu_attack_kind emu_attack_on_accept(struct emu_attacker *attacker, struct emu_pages *pages,
					  bool is_snp, uint64_t gpa, uint64_t size)
{
	enum emu_attack_kind kind = attacker->attack.kind;
	uint64_t target;
	bool hit;

	if (kind == EMU_ATTACK_NONE || is_on_change(kind))
		return EMU_ATTACK_NONE;
	if (!__atomic_exchange_n(&emu_region(pages, gpa)->begun, 1, __ATOMIC_RELAXED))
		begin(attacker, pages, is_snp, gpa);

	target = emu_counted(&attacker->target);
	if (target == EMU_ATTACK_ANYWHERE)
		return EMU_ATTACK_NONE;
	switch (kind) {
	case EMU_ATTACK_BUSY:
	case EMU_ATTACK_BUSY_FOREVER:
	case EMU_ATTACK_SIZE_MISMATCH:
		hit = target / EMU_REGION_SIZE == gpa / EMU_REGION_SIZE && take_answer(attacker);
		break;
	case EMU_ATTACK_ALREADY_ACCEPTED:
		hit = target >= gpa && target < gpa + size;
		break;
	case EMU_ATTACK_INTERRUPT_2M:
		hit = target / EMU_REGION_SIZE == gpa / EMU_REGION_SIZE &&
		      size == EMU_REGION_SIZE && take_answer(attacker);
		break;
	default:
		hit = false;
	}
	if (!hit)
		return EMU_ATTACK_NONE;
	count(attacker, gpa);
	return kind;
}

bool emu_attack_denies_2m(struct emu_attacker *attacker, const struct emu_pages *pages,
			  uint64_t gpa)
{
	uint64_t region;

	if (attacker->attack.kind != EMU_ATTACK_4K_ONLY)
		return false;
	/* The page may be given before the guest begins to accept it. */
	region = emu_counted(&attacker->opportunities) + !emu_byte(&emu_region(pages, gpa)->begun);
	if (region < attacker->attack.at)
		return false;
	count(attacker, gpa);
	return true;
}

enum emu_attack_kind emu_attack_on_change(struct emu_attacker *attacker)
{
	enum emu_attack_kind kind = attacker->attack.kind;

	if (!is_on_change(kind))
		return EMU_ATTACK_NONE;
	if (__atomic_add_fetch(&attacker->opportunities, 1, __ATOMIC_RELAXED) < attacker->attack.at)
		return EMU_ATTACK_NONE;
	if (kind == EMU_ATTACK_PSC_LIE && emu_counted(&attacker->strikes))
		return EMU_ATTACK_NONE;
	if (kind != EMU_ATTACK_PSC_LIE && !emu_counted(&attacker->answers))
		return EMU_ATTACK_NONE;
	return kind;
}

void emu_attack_lie(struct emu_attacker *attacker, uint64_t start, uint64_t end)
{
	if (!emu_counted(&attacker->lied_end))
		__atomic_store_n(&attacker->lied_start, start, __ATOMIC_RELAXED);
	__atomic_store_n(&attacker->lied_end, end, __ATOMIC_RELAXED);
}

bool emu_attack_is_lied(const struct emu_attacker *attacker, uint64_t gpa)
{
	return gpa >= emu_counted(&attacker->lied_start) && gpa < emu_counted(&attacker->lied_end);
}

void emu_attack_changed(struct emu_attacker *attacker, uint64_t gpa)
{
	take_answer(attacker);
	count(attacker, gpa);
}
