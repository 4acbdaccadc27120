/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/call.h"

#include "emu/cost.h"
#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"
#include "qemu/host/vcpu.h"

uint64_t guest_sync_rip(unsigned vcpu, uintptr_t host_pc)
{
	qemu_sync(vcpu, host_pc);
	return qemu_rip(vcpu);
}

struct guest_call *guest_call_begin(unsigned vcpu, uint64_t rip)
{
	struct guest_call *call = &guest.vcpu[vcpu].call;

	call->vcpu = vcpu;
	call->rip = rip;
	call->began = guest.options.accept_ns_per_4k ? emu_now_ns() : 0;
	return call;
}

enum guest_phase guest_call_phase(struct guest_call *call)
{
	return platform->phase(call);
}

const char *guest_phase_name(enum guest_phase phase)
{
	static const char *const names[GUEST_PHASES] = { "firmware", "stub", "kernel" };

	return names[phase];
}
