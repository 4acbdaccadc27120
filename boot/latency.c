/* SPDX-License-Identifier: MIT */
#include "boot/latency.h"

static unsigned bucket_of(uint64_t ns)
{
	unsigned shift, bucket;

	if (ns < LATENCY_STEPS)
		return (unsigned)ns;
	shift = 59 - (unsigned)__builtin_clzll(ns);
	bucket = shift * LATENCY_STEPS + (unsigned)(ns >> shift);
	return bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1;
}

/* The largest value that the bucket counts. */
static uint64_t top_of(unsigned bucket)
{
	unsigned shift;

	if (bucket == LATENCY_BUCKETS - 1)
		return UINT64_MAX;
	if (bucket < 2 * LATENCY_STEPS)
		return bucket;
	shift = bucket / LATENCY_STEPS - 1;
	return ((uint64_t)(bucket % LATENCY_STEPS + LATENCY_STEPS + 1) << shift) - 1;
}

void latency_clear(struct latency *latency)
{
	latency->count = latency->max = 0;
	for (unsigned i = 0; i < LATENCY_BUCKETS; i++)
		latency->bucket[i] = 0;
}

void latency_add(struct latency *latency, uint64_t ns)
{
	latency->count++;
	if (ns > latency->max)
		latency->max = ns;
	latency->bucket[bucket_of(ns)]++;
}

void latency_merge(struct latency *to, const struct latency *from)
{
	to->count += from->count;
	if (from->max > to->max)
		to->max = from->max;
	for (unsigned i = 0; i < LATENCY_BUCKETS; i++)
		to->bucket[i] += from->bucket[i];
}

uint64_t latency_quantile(const struct latency *latency, unsigned per_10000)
{
	uint64_t rank = (latency->count * per_10000 + 9999) / 10000, seen = 0;

	for (unsigned i = 0; i < LATENCY_BUCKETS && rank; i++) {
		seen += latency->bucket[i];
		if (seen >= rank)
			return top_of(i) < latency->max ? top_of(i) : latency->max;
	}
	return 0;
}
