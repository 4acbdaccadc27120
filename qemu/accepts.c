/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/cost.h"
#include "qemu/guest.h"

void guest_note_call(uint64_t rip)
{
	/* The kernel proper runs in the upper half of the address space, nothing before does. */
	if (guest.phase == GUEST_PHASE_FIRMWARE && rip >> 63)
		__atomic_store_n(&guest.phase, GUEST_PHASE_KERNEL, __ATOMIC_RELAXED);
}

void guest_note_accept(unsigned vcpu, unsigned level, uint64_t began)
{
	guest.vcpu[vcpu].accepted[guest.phase][level]++;
	guest_cost_accept(vcpu, UINT64_C(4096) << (9 * level), began);
}
