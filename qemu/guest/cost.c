/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/cost.h"

#include <time.h>

#include "qemu/guest/guest.h"

/* A sleep takes longer than asked for; debts are paid in larger sums, and what a sleep took
 * too long counts for the next. */
#define PAY_FROM_NS 200000

static int64_t owed[GUEST_MAX_VCPUS];

uint64_t guest_cost_now(void)
{
	struct timespec now;

	if (!guest.options.accept_ns_per_4k)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void guest_cost_accept(unsigned vcpu, uint64_t bytes, uint64_t began)
{
	uint64_t cost = bytes / 4096 * guest.options.accept_ns_per_4k;
	uint64_t now = guest_cost_now();
	struct timespec pause;

	if (cost > now - began)
		owed[vcpu] += (int64_t)(cost - (now - began));
	if (owed[vcpu] < PAY_FROM_NS)
		return;
	pause.tv_sec = owed[vcpu] / 1000000000;
	pause.tv_nsec = owed[vcpu] % 1000000000;
	clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	owed[vcpu] -= (int64_t)(guest_cost_now() - now);
}
