/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_LIB_FAKE_H
#define CVMEM_TESTS_LIB_FAKE_H

#include <pthread.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include <cvmem/platform.h>

/*
 * A platform that knows every 4 KiB page's true state, whatever the library believes, and
 * remembers each call that it should not have got. Safe with many threads.
 */

#define PAGE UINT64_C(4096)
#define KIB  (UINT64_C(1) << 10)
#define MIB  (UINT64_C(1) << 20)
#define GIB  (UINT64_C(1) << 30)

enum fake_state { FAKE_OUTSIDE, FAKE_UNACCEPTED, FAKE_ACCEPTED, FAKE_SHARED };

/* What happens when a page's turn comes; the page is then taken at the 4 KiB level. */
enum fake_mood {
	FAKE_REFUSE = 1, /* CVM_EIO */
	FAKE_CLAIM = 2,	 /* "accepted already", whether or not it is */
	FAKE_GATE = 4,	 /* the call stands still before the page until fake_open() */
};

#define FAKE_CALLS 4096

struct fake {
	struct cvm_platform platform;
	uint64_t base, end;
	uint8_t *state; /* enum fake_state of each page; atomic */
	uint8_t *mood;	/* enum fake_mood bits of each page; atomic */
	/* Set by accept() without an atomic: ThreadSanitizer reports a caller of the library
	 * that looks at it without having been ordered behind the platform's call. */
	uint8_t *order;
	unsigned char *memory; /* of base; pages that are not accepted fault. NULL without */
	enum cvm_level max_level;

	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t changed;
	struct {
		uint64_t start, end;
	} call[FAKE_CALLS]; /* in the order in which they began */
	unsigned calls;
	uint64_t pages, doubles, outside, misuse;
	uint64_t accepted[CVM_LEVELS], refused[CVM_LEVELS];
	unsigned stops;
	enum cvm_terminate_reason stop_reason;
	uint64_t stop_gpa;
	jmp_buf *stop_to; /* where stop() goes; NULL: it returns */
};

/* The calls alone: for an acceptor that accepts nothing. */
extern const struct cvm_platform fake_calls;

/* Pages [base, end), all outside RAM. backed: with memory that can be touched. */
struct fake *fake_new(uint64_t base, uint64_t end, bool backed);
void fake_free(struct fake *fake);
void fake_set(struct fake *fake, uint64_t start, uint64_t end, enum fake_state state);
void fake_mood(struct fake *fake, uint64_t gpa, unsigned mood);
/* Let what stands before this page go on; it has no mood any more. */
void fake_open(struct fake *fake, uint64_t gpa);

enum fake_state fake_at(struct fake *fake, uint64_t gpa);
/* Is every page of [start, end) that is RAM accepted, and ordered before the caller? */
bool fake_all_accepted(struct fake *fake, uint64_t start, uint64_t end);
uint64_t fake_count(struct fake *fake, uint64_t start, uint64_t end, enum fake_state state);
void *fake_memory(struct fake *fake, uint64_t gpa);
/* Nothing was accepted twice, nor outside RAM, nor asked for in a wrong way. */
bool fake_clean(struct fake *fake);

/* As cvm_accept_now_fn; ctx: the fake. */
int fake_accept_now(void *fake, uint64_t start, uint64_t end);

static inline uint64_t rng(uint64_t *seed)
{
	/* splitmix64 */
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline uint64_t below(uint64_t *seed, uint64_t limit)
{
	return rng(seed) % limit;
}

#endif
