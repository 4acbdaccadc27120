/* SPDX-License-Identifier: MIT */
#include "hosted/machine.h"

#include <time.h>

/*
 * A sleep takes longer than asked for, by tens of microseconds. Debts are therefore paid
 * in larger sums, and what a sleep took too long counts for the next one: in the long run
 * the guest is charged exactly.
 */
#define PAY_FROM_NS 200000

uint64_t hosted_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void pay(struct hosted_vcpu *vcpu)
{
	uint64_t began = hosted_now_ns();
	struct timespec time = {
		.tv_sec = vcpu->owed_ns / 1000000000,
		.tv_nsec = vcpu->owed_ns % 1000000000,
	};

	clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
	vcpu->owed_ns -= (int64_t)(hosted_now_ns() - began);
	hosted_leave_if_stopped(vcpu);
}

void hosted_cost_accept(struct hosted_vcpu *vcpu, uint64_t bytes, uint64_t began_ns)
{
	uint64_t cost = bytes / 4096 * vcpu->machine->config.accept_ns_per_4k;
	uint64_t taken = hosted_now_ns() - began_ns;

	/* The time that the emulation took is part of the modelled time, not on top of it. */
	if (cost > taken)
		vcpu->owed_ns += (int64_t)(cost - taken);
	if (vcpu->owed_ns > PAY_FROM_NS)
		pay(vcpu);
}

void hosted_cost_settle(struct hosted_vcpu *vcpu)
{
	while (vcpu->owed_ns > 0)
		pay(vcpu);
}
