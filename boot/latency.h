/* SPDX-License-Identifier: MIT */
#ifndef BOOT_LATENCY_H
#define BOOT_LATENCY_H

#include <stdint.h>

/*
 * How long calls took: a histogram of nanoseconds, exact below 32 and within 1/16 above. Each vCPU
 * has one; they are merged when all have finished.
 */

#define LATENCY_STEPS 16 /* for each power of two */
/* Up to 2^41 ns, half an hour; longer calls count as that. */
#define LATENCY_BUCKETS (LATENCY_STEPS * 38)

struct latency {
	uint64_t count, max;
	uint32_t bucket[LATENCY_BUCKETS];
};

void latency_clear(struct latency *latency);
void latency_add(struct latency *latency, uint64_t ns);
void latency_merge(struct latency *to, const struct latency *from);
/* The value that per_10000 of 10,000 calls do not exceed; 0 without calls. */
uint64_t latency_quantile(const struct latency *latency, unsigned per_10000);

#endif
