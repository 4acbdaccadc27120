/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_ATTACK_H
#define CVMEM_EMU_ATTACK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What a hostile host can do to a guest's memory; docs/attacks.md says what the guest observes
 * for each. The TDX module and the RMP are not under the host's control: the emulator enforces
 * the same limits and returns the answers that such a host would get. Two attacks (size-mismatch,
 * and retry-* where it breaks the host's own protocol) are answers that no correct implementation
 * gives; a guest must survive them as well.
 */

enum emu_attack_kind {
	EMU_ATTACK_NONE,
	/* At an accept or PVALIDATE: */
	EMU_ATTACK_BUSY,	     /* OPERAND_BUSY, EMU_ATTACK_BUSY_ANSWERS times */
	EMU_ATTACK_BUSY_FOREVER,     /* OPERAND_BUSY, always */
	EMU_ATTACK_4K_ONLY,	     /* from then on the host provides 4 KiB pages only */
	EMU_ATTACK_SIZE_MISMATCH,    /* size mismatch at every level, including 4 KiB */
	EMU_ATTACK_ALREADY_ACCEPTED, /* the host has put a page with its own content there */
	EMU_ATTACK_INTERRUPT_2M,     /* a 2 MiB accept is interrupted, several times */
	EMU_ATTACK_ZERO_STEP,	     /* the guest is resumed without the page, several times */
	/* To pages that are accepted: */
	EMU_ATTACK_REMOVE, /* removed and provided again, not accepted */
	EMU_ATTACK_REMAP,  /* the address is mapped to another page */
	EMU_ATTACK_SWAP,   /* two addresses are mapped to each other's pages */
	/* At MapGPA or a page-state change request: */
	EMU_ATTACK_RETRY_STALL,	    /* "continue here", without progress, for ever */
	EMU_ATTACK_RETRY_PAST,	    /* "continue there", which is past the end */
	EMU_ATTACK_RETRY_BACK,	    /* "continue there", which is before what was done */
	EMU_ATTACK_RETRY_UNALIGNED, /* "continue there", in the middle of a page */
	EMU_ATTACK_PSC_LIE,	    /* success, and nothing was done */
	EMU_ATTACKS
};

/* A patient guest survives so many; an unlucky one never sees so many from a correct host. */
#define EMU_ATTACK_BUSY_ANSWERS 1000

/* As gpa: no particular address. */
#define EMU_ATTACK_ANYWHERE UINT64_MAX

struct emu_attack {
	enum emu_attack_kind kind;
	/*
	 * Inject at this trigger, counted from 1; 0: the attack's default. Attacks on acceptance
	 * and on pages are triggered when the guest accepts for the first time in a 2 MiB region;
	 * REMOVE, REMAP and SWAP then change the region that triggered before it (SWAP: the two
	 * before it). The others are triggered by a MapGPA call or a page-state change request
	 * by the GHCB page.
	 */
	uint64_t at;
	/* Instead of at: inject when the guest accepts in the 2 MiB region that holds gpa;
	 * EMU_ATTACK_ANYWHERE: at counts. */
	uint64_t gpa;
};

struct emu_attack_report {
	uint64_t triggers; /* so far */
	uint64_t injections;
	uint64_t gpa; /* of the first injection; EMU_ATTACK_ANYWHERE: none */
};

struct emu_attack_info {
	const char *name;    /* "retry-stall" */
	const char *summary; /* what the host does, in one line */
	/* The default of emu_attack.at; 0: the platform rules the attack out. */
	uint64_t tdx_at, snp_at;
};

/* NULL for EMU_ATTACK_NONE and what is out of range. */
const struct emu_attack_info *emu_attack_info(enum emu_attack_kind kind);

struct emu_machine;

/* Another attack from now on, or none where the platform rules it out; only while no vCPU runs, or
 * from the only one. */
void emu_attack_arm(struct emu_machine *machine, const struct emu_attack *attack);
/* REMOVE, REMAP or SWAP, now, of the page at gpa, or of the 2 MiB page that holds it. False: it is
 * not accepted. */
bool emu_attack_inject(struct emu_machine *machine, enum emu_attack_kind kind, uint64_t gpa);
void emu_attack_progress(const struct emu_machine *machine, struct emu_attack_report *out);

#endif
