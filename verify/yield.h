/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_YIELD_H
#define VERIFY_YIELD_H

/*
 * Comes before everything else when code of lib/ is compiled to run under explore.h: each atomic
 * operation is a point where another thread may go on instead. In lib/accept*.c additions are
 * counting, which is no part of the protocol and stays as it is; reading the counters is one.
 *
 * SCHEDULE_ADDITIONS: additions are points as well.
 *
 * SPLIT_CLAIM, SPLIT_PUBLISH, SPLIT_WORDS: the operation is a load and a store, as if it were not
 * atomic; the check must find that. SPLIT_WORDS is for the claim of whole words.
 */
void schedule_point(void);

#define __atomic_load_n(pointer, order) (schedule_point(), __atomic_load_n(pointer, order))

#define __atomic_store_n(pointer, value, order)                                                    \
	(schedule_point(), __atomic_store_n(pointer, value, order))

#ifdef SCHEDULE_ADDITIONS
#define __atomic_fetch_add(pointer, value, order)                                                  \
	(schedule_point(), __atomic_fetch_add(pointer, value, order))
#endif

#ifdef SPLIT_WORDS
#define __atomic_compare_exchange_n(pointer, expected, desired, weak, success, failure)            \
	({                                                                                         \
		__typeof__(*(pointer)) before;                                                     \
		schedule_point();                                                                  \
		before = *(pointer);                                                               \
		schedule_point();                                                                  \
		if (before == *(expected))                                                         \
			*(pointer) = (desired);                                                    \
		before == *(expected) || (*(expected) = before, 0);                                \
	})
#else
#define __atomic_compare_exchange_n(pointer, expected, desired, weak, success, failure)            \
	(schedule_point(),                                                                         \
	 __atomic_compare_exchange_n(pointer, expected, desired, weak, success, failure))
#endif

#define SPLIT(pointer, operation, value)                                                           \
	({                                                                                         \
		__typeof__(pointer) where = (pointer);                                             \
		__typeof__(*where) before;                                                         \
		schedule_point();                                                                  \
		before = *where;                                                                   \
		schedule_point();                                                                  \
		*where = before operation(value);                                                  \
		before;                                                                            \
	})

#ifdef SPLIT_CLAIM
#define __atomic_fetch_or(pointer, value, order) SPLIT(pointer, |, value)
#else
#define __atomic_fetch_or(pointer, value, order)                                                   \
	(schedule_point(), __atomic_fetch_or(pointer, value, order))
#endif

#ifdef SPLIT_PUBLISH
#define __atomic_fetch_and(pointer, value, order) SPLIT(pointer, &, value)
#else
#define __atomic_fetch_and(pointer, value, order)                                                  \
	(schedule_point(), __atomic_fetch_and(pointer, value, order))
#endif

#endif
