/* SPDX-License-Identifier: MIT */
#ifndef PROOF_H
#define PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/*
 * What the harnesses share. scripts/check-proof runs them and reads the comment at the top of each.
 *
 * To CBMC a variable without a value has any value.
 */
#define ANY(name, type)                                                                            \
	static inline type name(void)                                                              \
	{                                                                                          \
		type value;                                                                        \
                                                                                                   \
		return value;                                                                      \
	}

ANY(any8, uint8_t)
ANY(any32, uint32_t)
ANY(any64, uint64_t)
ANY(any_size, size_t)

static inline bool any_bool(void)
{
	return any8() & 1;
}

#define ASSUME(condition) __CPROVER_assume(condition)

/* Holds in all executions. */
#define PROVE(condition) __CPROVER_assert(condition, #condition)

/* Is true in some execution: a harness whose assumptions exclude everything is noticed. This is
 * another run, in which all else is left out. */
#ifdef PROOF_REACHABLE
#undef PROVE
#define PROVE(condition)
#define REACHABLE(condition) __CPROVER_assert(!(condition), "reachable: " #condition)
#else
#define REACHABLE(condition)
#endif

#endif
