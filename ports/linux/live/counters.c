// SPDX-License-Identifier: MIT
#include <linux/bitops.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>

#include "live.h"

/* Counters of each CPU, which are added up when they are read. */

#define BUCKETS 40 /* of powers of two, in nanoseconds */

struct counters {
	u64 quick, linux_calls, masked_max;
	u64 calls[LIVE_CALLERS], ns[LIVE_CALLERS], longest[LIVE_CALLERS];
	u64 latency[LIVE_CALLERS][BUCKETS];
};

static DEFINE_PER_CPU(struct counters, live_counters);
static const char *const names[LIVE_CALLERS] = { "allocation", "reserve" };

static void raise_to(u64 __percpu *most, u64 value)
{
	if (value > this_cpu_read(*most))
		this_cpu_write(*most, value);
}

void live_count_call(enum live_caller caller, u64 ns)
{
	unsigned int bucket = min_t(unsigned int, fls64(ns), BUCKETS - 1);

	this_cpu_inc(live_counters.calls[caller]);
	this_cpu_add(live_counters.ns[caller], ns);
	this_cpu_inc(live_counters.latency[caller][bucket]);
	raise_to(&live_counters.longest[caller], ns);
}

void live_count_quick(void)
{
	this_cpu_inc(live_counters.quick);
}

void live_count_linux(void)
{
	this_cpu_inc(live_counters.linux_calls);
}

void live_count_masked(u64 ns)
{
	raise_to(&live_counters.masked_max, ns);
}

static void add_up(struct counters *sum)
{
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu)
	{
		const struct counters *one = per_cpu_ptr(&live_counters, cpu);

		sum->quick += READ_ONCE(one->quick);
		sum->linux_calls += READ_ONCE(one->linux_calls);
		sum->masked_max = max(sum->masked_max, READ_ONCE(one->masked_max));
		for (int caller = 0; caller < LIVE_CALLERS; caller++) {
			sum->calls[caller] += READ_ONCE(one->calls[caller]);
			sum->ns[caller] += READ_ONCE(one->ns[caller]);
			sum->longest[caller] =
				max(sum->longest[caller], READ_ONCE(one->longest[caller]));
			for (int bucket = 0; bucket < BUCKETS; bucket++)
				sum->latency[caller][bucket] +=
					READ_ONCE(one->latency[caller][bucket]);
		}
	}
}

void live_counters_reset(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(&live_counters, cpu), 0, sizeof(struct counters));
}

void live_counters_show(struct seq_file *file)
{
	struct counters sum;

	add_up(&sum);
	seq_printf(file, "calls_with_nothing_to_do %llu\n", sum.quick);
	seq_printf(file, "calls_by_linux %llu\n", sum.linux_calls);
	seq_printf(file, "interrupts_masked_longest_ns %llu\n", sum.masked_max);
	for (int caller = 0; caller < LIVE_CALLERS; caller++) {
		seq_printf(file, "%s_calls %llu\n", names[caller], sum.calls[caller]);
		seq_printf(file, "%s_ns %llu\n", names[caller], sum.ns[caller]);
		seq_printf(file, "%s_longest_ns %llu\n", names[caller], sum.longest[caller]);
	}
}

/* A line for each power of two that has calls: who, less than so many nanoseconds, how many. */
void live_latency_show(struct seq_file *file)
{
	struct counters sum;

	add_up(&sum);
	for (int caller = 0; caller < LIVE_CALLERS; caller++)
		for (int bucket = 0; bucket < BUCKETS; bucket++)
			if (sum.latency[caller][bucket])
				seq_printf(file, "%s %llu %llu\n", names[caller], 1ULL << bucket,
					   sum.latency[caller][bucket]);
}
