/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/report/callers.h"
#include "qemu/guest/cost.h"
#include "qemu/guest/guest.h"
#include "qemu/guest/image.h"

/* Each vCPU has a thread of its own. */
static _Thread_local uint64_t call_rip;

void guest_note_call(uint64_t rip)
{
	call_rip = rip;
}

uint64_t guest_call_rip(void)
{
	return call_rip;
}

enum guest_phase guest_call_phase(void)
{
	/* A row of accepts is by one instruction. */
	static _Thread_local uint64_t known_rip;
	static _Thread_local enum guest_phase known;

	/* The kernel proper runs in the upper half of the address space, nothing before does. */
	if (call_rip >> 63)
		return GUEST_PHASE_KERNEL;
	if (call_rip != known_rip) {
		known_rip = call_rip;
		known = guest_is_application(call_rip) ? GUEST_PHASE_STUB : GUEST_PHASE_FIRMWARE;
	}
	return known;
}

const char *guest_phase_name(enum guest_phase phase)
{
	static const char *const names[GUEST_PHASES] = { "firmware", "stub", "kernel" };

	return names[phase];
}

void guest_note_accept(unsigned vcpu, unsigned level, uint64_t began)
{
	enum guest_phase phase = guest_call_phase();

	guest.vcpu[vcpu].accepted[phase][level]++;
	guest_callers_note(vcpu, phase, level);
	guest_cost_accept(vcpu, UINT64_C(4096) << (9 * level), began);
}
