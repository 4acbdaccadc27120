/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_BOOT_ATTACK_H
#define TOOLS_BOOT_ATTACK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "boot/boot.h"
#include "emu/attack.h"
#include "hosted/hosted.h"

/* `cvmem boot --attack`: the attacks of docs/attacks.md, and the guest's reaction. */

enum boot_reaction {
	REACTION_NONE,	   /* there was no opportunity */
	REACTION_UNHARMED, /* the shell was reached, and no memory was corrupted */
	REACTION_REFUSED,  /* an error code of the library ended a stage */
	REACTION_STOPPED,  /* the guest stopped itself */
	REACTION_FAULTED,  /* the hardware stopped the guest before it had read anything */
	REACTION_HARMED,   /* none of these: an invariant is broken */
	REACTION_FAILED,   /* this host failed, which shows nothing */
};

const char *boot_reaction_name(enum boot_reaction reaction);

/* Attacks on the memory map, between the loader and the kernel. */
enum map_attack { MAP_ATTACK_NONE, MAP_VANISH, MAP_OVERLAP, MAP_GROW, MAP_TABLE, MAP_HIGH };

struct boot_attack {
	const char *name;    /* NULL: no attack */
	const char *summary; /* what the host does */
	enum emu_attack_kind kind;
	enum map_attack map; /* one of the two is not NONE */
	uint64_t at;	     /* the opportunity, from 1 */
	enum boot_reaction expected;
	bool known_here; /* on the chosen platform */
	uint64_t bounce_bytes;
};

/* "NAME" or "NAME@N", N from 1. False: no such attack or number. */
bool boot_attack_find(const char *text, enum hosted_kind platform, struct boot_attack *attack);
/* The names, separated by ", ". */
void boot_attack_names(char *text, size_t size);
/* A line for each. */
void boot_attack_list(FILE *out);

struct boot_result;
/* The reaction that the reports of a run show. */
enum boot_reaction boot_attack_judge(const struct boot_attack *attack,
				     const struct boot_result *result);
/*
 * The documented reaction, or "unharmed" where the guest never touched the page that was taken.
 */
bool boot_attack_as_documented(const struct boot_attack *attack, enum boot_policy policy,
			       enum boot_reaction reaction);

/* Changes the loader's tables in guest memory at va. False: there is nothing to change. */
struct handoff;
bool boot_attack_map(const struct boot_attack *attack, struct handoff *handoff, uintptr_t va);

#endif
