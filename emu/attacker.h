/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_ATTACKER_H
#define CVMEM_EMU_ATTACKER_H

#include "emu/attack.h"
#include "emu/pages.h"

/*
 * When and where a machine's host strikes. The platforms ask here at each opportunity and do
 * what the attack says in their own terms. Armed while no vCPU runs, or by the only one.
 */
struct emu_attacker {
	struct emu_attack attack;
	uint64_t opportunities, strikes; /* atomic */
	uint64_t gpa;			 /* of the first strike, atomic */
	uint64_t target;		 /* of an attack on acceptance, atomic */
	uint64_t began[2];		 /* regions that the guest began before, atomic */
	uint64_t answers;		 /* that are left to give, atomic */
	uint64_t lied_start, lied_end;	 /* was to become private, and did not; atomic */
};

/* default_at: what attack->at 0 means. NULL: no attack. */
void emu_attacker_arm(struct emu_attacker *attacker, const struct emu_attack *attack,
		      uint64_t default_at);
void emu_attacker_report(const struct emu_attacker *attacker, struct emu_attack_report *out);

/*
 * The guest accepts [gpa, gpa + size). Strikes pages that are accepted already, if that is
 * the attack. Returns the attack that answers this instruction: one of BUSY, BUSY_FOREVER,
 * SIZE_MISMATCH, ALREADY_ACCEPTED, INTERRUPT_2M, or NONE. No lock is held.
 */
enum emu_attack_kind emu_attack_on_accept(struct emu_attacker *attacker, struct emu_pages *pages,
					  bool is_snp, uint64_t gpa, uint64_t size);
/* A page at gpa is about to be given as 2 MiB. */
bool emu_attack_denies_2m(struct emu_attacker *attacker, const struct emu_pages *pages,
			  uint64_t gpa);

/*
 * The guest asks for a conversion: the attack on this request, RETRY_* or PSC_LIE, or NONE. An
 * attack that can be carried out here is then counted, with the page that it is about.
 */
enum emu_attack_kind emu_attack_on_change(struct emu_attacker *attacker);
void emu_attack_changed(struct emu_attacker *attacker, uint64_t gpa);
/* The host only says that it has given [start, end): next to what it said before. */
void emu_attack_lie(struct emu_attacker *attacker, uint64_t start, uint64_t end);
/* Is the page at gpa one that the host only said it had given? */
bool emu_attack_is_lied(const struct emu_attacker *attacker, uint64_t gpa);

/* REMOVE, REMAP or SWAP, unasked, of the page at gpa, or of the 2 MiB page that it is in. False:
 * it is not accepted. */
bool emu_attack_strike(struct emu_attacker *attacker, struct emu_pages *pages, bool is_snp,
		       enum emu_attack_kind kind, uint64_t gpa);

#endif
