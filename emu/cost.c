/* SPDX-License-Identifier: MIT */
#include "emu/cost.h"

#include <time.h>

#define SLEEP_FROM_NS 200000

static uint64_t read_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t emu_now_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t emu_cpu_ns(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

/* now_ns: up to when time has been charged, so that none is lost between charge and sleep. */
static uint64_t sleep_debt(struct emu_delay *delay, uint64_t now_ns)
{
	struct timespec time = {
		.tv_sec = delay->debt_ns / 1000000000,
		.tv_nsec = delay->debt_ns % 1000000000,
	};
	uint64_t woke_ns;

	clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
	woke_ns = emu_now_ns();
	delay->debt_ns -= (int64_t)(woke_ns - now_ns);
	return woke_ns;
}

void emu_delay_charge(struct emu_delay *delay, uint64_t cost_ns, uint64_t began_ns)
{
	uint64_t now_ns = emu_now_ns();

	if (cost_ns > now_ns - began_ns)
		delay->debt_ns += (int64_t)(cost_ns - (now_ns - began_ns));
	if (delay->debt_ns > SLEEP_FROM_NS)
		sleep_debt(delay, now_ns);
}

void emu_delay_sleep_off(struct emu_delay *delay)
{
	uint64_t now_ns = emu_now_ns();

	while (delay->debt_ns > 0)
		now_ns = sleep_debt(delay, now_ns);
}

void emu_delay_count(struct emu_delay *delay, uint64_t cost_ns, uint64_t began_cpu_ns)
{
	delay->ahead_ns += (int64_t)cost_ns - (int64_t)(emu_cpu_ns() - began_cpu_ns);
}

uint64_t emu_delay_virtual_ns(const struct emu_delay *delay)
{
	return emu_cpu_ns() + (uint64_t)delay->ahead_ns;
}
