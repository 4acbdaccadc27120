/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_LIB_CONVERT_H
#define CVMEM_TESTS_LIB_CONVERT_H

#include <cvmem/share.h>

#include "world.h"

/*
 * The fake platform with a host that converts pages, or refuses to. Its pages tell the truth of
 * what is shared; whatever is asked for in the wrong state counts as misuse (fake_clean()).
 */

/* What happens when a page's turn comes. */
enum convert_mood {
	CONVERT_REFUSE_SHARE = 1,
	CONVERT_REFUSE_UNSHARE = 2,
	CONVERT_GATE_SHARE = 4, /* stand still before the page until convert_open() */
	CONVERT_GATE_UNSHARE = 8,
};

struct convert {
	struct cvm_platform platform;
	struct world *world;
	uint8_t *mood; /* enum convert_mood bits of each page; atomic */
	unsigned shares, unshares;
	struct cvm_shared *storage;
	struct cvm_share share;
};

/* Over a world of fully set up units; set bits are unaccepted as in world_new(). */
struct convert *convert_new(uint64_t base, uint64_t units, const uint64_t *bits, size_t capacity);
/* Set up again, with another policy or storage. */
void convert_reset(struct convert *convert, size_t capacity);
void convert_free(struct convert *convert);

void convert_mood(struct convert *convert, uint64_t gpa, unsigned mood);
void convert_open(struct convert *convert, uint64_t gpa);

/*
 * Does the list say of each page what is true of it, no more and no less, is it sorted and
 * merged, and has nothing been asked of the platform that should not?
 */
bool convert_exact(struct convert *convert);

/* job->run functions; ctx: the convert. */
int convert_share(struct job *job);
int convert_unshare(struct job *job);

#endif
