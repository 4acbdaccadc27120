/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_ATTACK_H
#define CVMEM_EMU_ATTACK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What a hostile host can do to a guest's memory; docs/attacks.md says what a guest sees
 * of each. The TDX module and the RMP are not the host's: what they forbid is not here, what
 * they answer is what they would answer to such a host. Two attacks (size-mismatch, and
 * retry-* where it breaks the host's own protocol) are answers that no correct
 * implementation gives; a guest must survive them all the same.
 */

enum emu_attack_kind {
	EMU_ATTACK_NONE,
	/* At an accept or PVALIDATE: */
	EMU_ATTACK_BUSY,	     /* OPERAND_BUSY, EMU_ATTACK_BUSY_ANSWERS times */
	EMU_ATTACK_BUSY_FOREVER,     /* OPERAND_BUSY, always */
	EMU_ATTACK_4K_ONLY,	     /* from then on pages are given as 4 KiB */
	EMU_ATTACK_SIZE_MISMATCH,    /* size mismatch at every level, 4 KiB too */
	EMU_ATTACK_ALREADY_ACCEPTED, /* the host has put a page with its own content there */
	EMU_ATTACK_INTERRUPT_2M,     /* a 2 MiB accept is interrupted, several times */
	/* To pages that are accepted: */
	EMU_ATTACK_REMOVE, /* taken away and given again, not accepted */
	EMU_ATTACK_REMAP,  /* the address is mapped to another page */
	EMU_ATTACK_SWAP,   /* two addresses are mapped to each other's pages */
	/* At MapGPA or a page-state change request: */
	EMU_ATTACK_RETRY_STALL,	    /* "go on here", without progress, for ever */
	EMU_ATTACK_RETRY_PAST,	    /* "go on there", which is past the end */
	EMU_ATTACK_RETRY_BACK,	    /* "go on there", which is behind what was done */
	EMU_ATTACK_RETRY_UNALIGNED, /* "go on there", in the middle of a page */
	EMU_ATTACK_PSC_LIE,	    /* success, and nothing was done */
	EMU_ATTACKS
};

/* Few enough for a guest that is patient, and more than an unlucky guest ever sees. */
#define EMU_ATTACK_BUSY_ANSWERS 1000

/* By gpa: anywhere, at the at-th opportunity. */
#define EMU_ATTACK_ANYWHERE UINT64_MAX

struct emu_attack {
	enum emu_attack_kind kind;
	/*
	 * Strike at this opportunity, the first being 1; 0: the attack's default. For
	 * attacks on acceptance and on pages, an opportunity is the guest's beginning to accept
	 * in another 2 MiB region; REMOVE, REMAP and SWAP then take the region (with SWAP,
	 * regions) that it began before. For the others it is a MapGPA call or a page-state
	 * change request by the GHCB page.
	 */
	uint64_t at;
	/* Instead of at: strike when the guest accepts in the 2 MiB region that holds gpa.
	 * EMU_ATTACK_ANYWHERE where it does not matter. */
	uint64_t gpa;
};

struct emu_attack_report {
	uint64_t opportunities; /* so far */
	uint64_t strikes;
	uint64_t gpa; /* of the first strike; EMU_ATTACK_ANYWHERE: none */
};

struct emu_attack_info {
	const char *name;    /* "retry-stall" */
	const char *summary; /* what the host does, in one line */
	/* The default of emu_attack.at; 0: no such attack there. */
	uint64_t tdx_at, snp_at;
};

/* NULL for EMU_ATTACK_NONE and what is out of range. */
const struct emu_attack_info *emu_attack_info(enum emu_attack_kind kind);

#endif
