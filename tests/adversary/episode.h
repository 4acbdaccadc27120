/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ADVERSARY_EPISODE_H
#define TESTS_ADVERSARY_EPISODE_H

#include <cvmem/hotplug.h>
#include <cvmem/pages.h>
#include <cvmem/share.h>
#include <cvmem/snp.h>
#include <cvmem/tdx.h>

#include "hosted/hosted.h"
#include "tests/adversary/model.h"

/*
 * An episode: a fresh machine, a guest made of the library, and up to EPISODE_STEPS random steps of
 * the guest or the host, until the machine stops or a rule is broken. All that is random comes
 * from the seed and the step's number, so that steps can be left out without changing others.
 */

#define EPISODE_STEPS 256

struct episode_plan {
	enum hosted_kind kind;
	bool svsm; /* HOSTED_SNP: the guest runs above VMPL 0, under an SVSM */
	uint64_t seed;
	unsigned steps;	  /* at most EPISODE_STEPS */
	uint8_t *skip;	  /* by step; NULL: none */
	uint32_t attacks; /* allowed, a bit for each enum emu_attack_kind */
	bool verbose;
};

enum episode_end { END_COMPLETE, END_FAULTED, END_STOPPED, END_BROKEN };

struct episode_result {
	enum episode_end end;
	unsigned steps; /* done; the last one is the one that ended it */
	uint64_t strikes[EMU_ATTACKS];
	char text[256]; /* END_BROKEN: which rule */
};

/* False: no machine can be made; a message was printed. */
bool episode_run(const struct episode_plan *plan, struct episode_result *result);

/* What the files of this folder share. */

/* In the launch content; the vCPU's calling area with an SVSM. */
#define GHCB KIB(64)
#define CAA  KIB(68)

#define MAX_BLOCKS    48
#define SHARED_RANGES 128
#define ALLOCATORS    2
#define MAX_REMOVED   16
#define BALLOON_UNITS 16

struct block {
	uint64_t gpa;
	unsigned order;
	struct cvm_pages *pages;
	uint64_t shared_start, shared_end; /* equal: none of it */
	bool broken;			   /* by a conversion that failed: not touched again */
};

struct episode {
	struct cvm_platform shim; /* first: what the library is given */
	const struct episode_plan *plan;
	struct episode_result *result;
	struct hosted_machine *machine;
	uintptr_t direct_map, shared_map;
	struct cvm_platform *platform; /* the real one */
	struct cvm_tdx tdx;
	struct cvm_snp snp;
	struct cvm_snp_ghcb ghcb;
	struct cvm_snp_caa caa;
	bool use_ghcb, guard;
	uint64_t unit;
	/* The second of each: after the table has grown. */
	struct cvm_table *table[2];
	struct cvm_claim *claims[2];
	struct cvm_acceptor acceptor;
	uint64_t end;	/* of what the table covers */
	uint64_t known; /* and of what the guest was given */
	struct cvm_pages pages[ALLOCATORS];
	uint64_t index[ALLOCATORS][1];
	uint8_t *seed[ALLOCATORS];
	/* Out of the allocators, and the host's; or memory that was never there. */
	struct cvm_span removed[MAX_REMOVED];
	unsigned removals;
	struct cvm_balloon balloon;
	uint64_t balloon_units[BALLOON_UNITS];
	struct cvm_share share;
	struct cvm_shared shared[SHARED_RANGES];
	struct block block[MAX_BLOCKS];
	unsigned blocks;
	struct model model;
	uint64_t random; /* of this step */
	unsigned step;
	struct emu_attack armed;
	uint64_t counted; /* strikes of the armed attack that are in the result */
	/* The call into the real platform that is under way, or was the last one. */
	uint64_t call_start, call_end;
	bool refused;	   /* a call into the platform failed in this step */
	bool lost;	   /* some memory has permanently failed */
	bool double_known; /* and it was CVM_EALREADY, for a reason */
};

/* step.c: a random number below n; what a step prints, and whether it kept the rules. */
uint64_t roll(struct episode *episode, uint64_t n);
/* A rule is broken; the first one counts. Always false. */
bool broken(struct episode *episode, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* An error that something the host did must explain. */
void check_error(struct episode *episode, const char *what, int error);
void say(const struct episode *episode, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* setup.c: set the guest up, on its vCPU;*/
bool guest_start(struct episode *episode);
/* guest.c */
void guest_step(struct episode *episode);
/* At the end: all that was written is there. */
void guest_verify(struct episode *episode);

/* hotplug.c: one of the guest's steps with memory that comes and goes. */
void hotplug_step(struct episode *episode);

/* host.c */
void host_step(struct episode *episode);
/* After a guest's step. */
void host_calm(struct episode *episode);
/* Strikes of the armed attack since the last call. */
uint64_t host_strikes(struct episode *episode);

/* shim.c: between the library and the real platform, with the rules for what the latter may
 * answer. */
void shim_init(struct episode *episode);

#endif
