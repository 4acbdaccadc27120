/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/phase.h"

#include "qemu/guest/efi_image.h"
#include "qemu/host/x86/cpu_state.h"

static enum guest_phase find_phase(uint64_t rip, uint64_t idt_base)
{
	if (!guest_is_application(rip))
		return guest_is_decompressor(rip) ? GUEST_PHASE_STUB : GUEST_PHASE_FIRMWARE;
	return guest_takes_exceptions(idt_base) ? GUEST_PHASE_KERNEL : GUEST_PHASE_STUB;
}

/* Linux proper runs in the upper half of the address space, and nothing before it does. Other
 * kernels may be EFI applications themselves. Telling these phases apart takes a search of memory;
 * consecutive accepts come from one instruction, so its result is kept. */
enum guest_phase guest_x86_phase(struct guest_call *call)
{
	uint64_t idt_base;

	if (call->rip >> 63)
		return GUEST_PHASE_KERNEL;
	idt_base = qemu_idt_base(call->vcpu);
	if (call->rip != call->phase_rip || idt_base != call->phase_idt) {
		call->phase_rip = call->rip;
		call->phase_idt = idt_base;
		call->phase = find_phase(call->rip, idt_base);
	}
	return call->phase;
}
