/* SPDX-License-Identifier: MIT */
#include "tests/adversary/episode.h"

/* The host's steps: to take a page at once, or to lie in wait. */

static bool is_on_pages(enum emu_attack_kind kind)
{
	return kind == EMU_ATTACK_REMOVE || kind == EMU_ATTACK_REMAP || kind == EMU_ATTACK_SWAP;
}

uint64_t host_strikes(struct episode *episode)
{
	struct emu_attack_report report;
	uint64_t more;

	emu_attack_progress(hosted_emu(episode->machine), &report);
	more = report.injections - episode->counted;
	episode->counted = report.injections;
	episode->result->strikes[episode->armed.kind] += more;
	return more;
}

static void arm(struct episode *episode, const struct emu_attack *attack)
{
	host_strikes(episode);
	episode->armed = *attack;
	episode->counted = 0;
	emu_attack_arm(hosted_emu(episode->machine), attack);
}

/* Often enough the host leaves it at one refusal. */
void host_calm(struct episode *episode)
{
	const struct emu_attack none = { EMU_ATTACK_NONE, 0, EMU_ATTACK_ANYWHERE };

	if (episode->refused && roll(episode, 4))
		arm(episode, &none);
}

/* A page of a block if there is one and the dice say so, or any page. */
static uint64_t pick_page(struct episode *episode)
{
	if (episode->blocks && roll(episode, 2)) {
		const struct block *block = &episode->block[roll(episode, episode->blocks)];

		return block->gpa + roll(episode, UINT64_C(1) << block->order) * 4096;
	}
	return TABLE_BASE + roll(episode, (episode->end - TABLE_BASE) / 4096) * 4096;
}

static bool is_unaccepted(const struct episode *episode, uint64_t gpa)
{
	enum emu_page_state state = emu_machine_state(hosted_emu(episode->machine), gpa);

	return state == EMU_PAGE_FREE || state == EMU_PAGE_PENDING;
}

static uint64_t pick_unaccepted(struct episode *episode)
{
	uint64_t gpa = TABLE_BASE;

	for (unsigned i = 0; i < 16; i++) {
		gpa = TABLE_BASE + roll(episode, (episode->end - TABLE_BASE) / 4096) * 4096;
		if (is_unaccepted(episode, gpa))
			break;
	}
	return gpa;
}

/* All that is gone with the page: 4 KiB or 2 MiB. */
static void mark_taken(struct episode *episode, uint64_t gpa)
{
	uint64_t start = gpa & -MIB(2);

	for (uint64_t at = start; at < start + MIB(2); at += 4096) {
		struct model_page *page = &episode->model.page[at / 4096];

		if (page->accepted &&
		    emu_machine_state(hosted_emu(episode->machine), at) != EMU_PAGE_MAPPED)
			page->taken = true;
	}
}

void host_step(struct episode *episode)
{
	enum emu_attack_kind kind = (enum emu_attack_kind)(1 + roll(episode, EMU_ATTACKS - 1));
	const struct emu_attack_info *info = emu_attack_info(kind);
	struct emu_attack attack = { kind, 1 + roll(episode, 2), EMU_ATTACK_ANYWHERE };
	const struct emu_attack none = { EMU_ATTACK_NONE, 0, EMU_ATTACK_ANYWHERE };
	uint64_t gpa;

	if (!(episode->plan->attacks >> kind & 1))
		return;
	if (!(episode->plan->kind == HOSTED_SNP ? info->snp_at : info->tdx_at))
		return;
	if (is_on_pages(kind)) {
		gpa = pick_page(episode);
		say(episode, "the host: %s of 0x%lx", info->name, gpa);
		/* What was armed lies in wait no longer. */
		arm(episode, &none);
		episode->armed.kind = kind;
		emu_attack_inject(hosted_emu(episode->machine), kind, gpa);
		host_strikes(episode);
		mark_taken(episode, gpa);
		return;
	}
	attack.gpa = pick_unaccepted(episode);
	say(episode, "the host: %s from now on, near 0x%lx, at request %lu", info->name, attack.gpa,
	    attack.at);
	arm(episode, &attack);
}
