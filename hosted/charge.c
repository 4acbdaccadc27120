/* SPDX-License-Identifier: MIT */
#include "hosted/machine.h"

struct hosted_began hosted_began(const struct hosted_machine *machine)
{
	if (!machine->config.accept_ns_per_4k)
		return (struct hosted_began){ 0 };
	return (struct hosted_began){ emu_now_ns(), emu_cpu_ns() };
}

void hosted_charge(struct hosted_vcpu *vcpu, uint64_t pages, const struct hosted_began *began)
{
	uint64_t cost_ns = pages * vcpu->machine->config.accept_ns_per_4k;

	if (!began->ns || !pages)
		return;
	emu_delay_charge(&vcpu->delay, cost_ns, began->ns);
	emu_delay_count(&vcpu->delay, cost_ns, began->cpu_ns);
	hosted_leave_if_stopped(vcpu);
}
