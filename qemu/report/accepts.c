/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/report/accepts.h"

#include "qemu/guest/cost.h"
#include "qemu/guest/guest.h"
#include "qemu/report/callers.h"

void accepts_record(struct guest_call *call, unsigned level)
{
	enum guest_phase phase = guest_call_phase(call);

	guest.vcpu[call->vcpu].accepted[phase][level]++;
	callers_record(call, level);
	guest_cost_accept(call->vcpu, UINT64_C(4096) << (9 * level), call->began);
}
