/* SPDX-License-Identifier: MIT */
#include "emu/cost.h"

#include <time.h>

#define SLEEP_FROM_NS 200000

uint64_t emu_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
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
