/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_CCA_ATTACK_H
#define CVMEM_EMU_CCA_ATTACK_H

#include <stdint.h>

/*
 * What a hostile host can do to a Realm's memory. The RMM is not under the host's control: it
 * never moves a page and never says that a page was accepted already, so that the attacks are not
 * those of emu/attack.h. BACK and PAST are answers that no correct RMM gives; a guest must survive
 * them as well.
 */
enum emu_cca_attack_kind {
	EMU_CCA_ATTACK_NONE,
	EMU_CCA_ATTACK_DESTROY,	      /* a page of the change to RAM before this one is taken */
	EMU_CCA_ATTACK_DESTROY_AGAIN, /* a page is taken just before it is accepted again */
	EMU_CCA_ATTACK_REJECT,	      /* changes to RAM are rejected */
	EMU_CCA_ATTACK_STALL,	      /* changes to RAM are accepted, and nothing is done */
	EMU_CCA_ATTACK_BACK,	      /* "go on" before where it was */
	EMU_CCA_ATTACK_PAST,	      /* "go on" past the end */
	EMU_CCA_ATTACK_EMPTY_START,   /* what is RAM at the start by the firmware's word is not */
	EMU_CCA_ATTACKS
};

struct emu_cca_attack {
	enum emu_cca_attack_kind kind;
	/* From which change to RAM on, counted from 1; 0: the attack's default. DESTROY_AGAIN
	 * counts changes of pages that are RAM already; EMPTY_START counts INIT_RIPAS. */
	uint64_t at;
};

struct emu_cca_attack_report {
	uint64_t triggers; /* so far */
	uint64_t injections;
	uint64_t ipa; /* of the first injection; UINT64_MAX: none */
};

struct emu_cca_attack_info {
	const char *name;    /* "destroy-again" */
	const char *summary; /* what the host does, in one line */
	uint64_t at;	     /* the default of emu_cca_attack.at */
};

/* NULL for EMU_CCA_ATTACK_NONE and what is out of range. */
const struct emu_cca_attack_info *emu_cca_attack_info(enum emu_cca_attack_kind kind);

#endif
