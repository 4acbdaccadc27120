/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/report/accepts.h"

#include "qemu/guest/guest.h"
#include "qemu/report/callers.h"

void accepts_record(struct guest_call *call, unsigned level)
{
	enum guest_phase phase = guest_call_phase(call);

	guest.vcpu[call->vcpu].accepted[phase][level]++;
	guest.vcpu[call->vcpu].last_accept =
		(struct guest_accept){ phase, call->rip, emu_now_ns() };
	callers_record(call, level);
	if (guest.options.accept_ns_per_4k)
		emu_delay_charge(&call->delay,
				 (UINT64_C(1) << (9 * level)) * guest.options.accept_ns_per_4k,
				 call->began);
}
