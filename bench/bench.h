/* SPDX-License-Identifier: MIT */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

/*
 * What the programs share. Each prints one line for one sample, a name and a number; bench/run
 * gathers the samples of a name, over repetitions, and writes medians and spreads.
 */

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define TIB (UINT64_C(1) << 40)

static inline uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Of this thread alone: what others on the machine do does not count. */
static inline uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#define SAMPLE(value, ...)                                                                         \
	do {                                                                                       \
		printf(__VA_ARGS__);                                                               \
		printf(" %.10g\n", (double)(value));                                               \
	} while (0)

#endif
