/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/call.h"

#include "emu/cost.h"
#include "qemu/guest/guest.h"
#include "qemu/guest/efi_image.h"
#include "qemu/guest/platform.h"
#include "qemu/guest/stop.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/host/vcpu.h"
#include "qemu/host/x86/vcpu.h"

enum { VECTOR_UD = 6, VECTOR_DF = 8, VECTOR_GP = 13, VECTOR_VE = 20 };

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

static enum guest_phase find_phase(uint64_t rip, uint64_t idt_base)
{
	if (!guest_is_application(rip))
		return guest_is_decompressor(rip) ? GUEST_PHASE_STUB : GUEST_PHASE_FIRMWARE;
	return guest_takes_exceptions(idt_base) ? GUEST_PHASE_KERNEL : GUEST_PHASE_STUB;
}

/* Linux proper runs in the upper half of the address space, and nothing before it does. Other
 * kernels may be EFI applications themselves. Telling these phases apart takes a search of memory;
 * consecutive accepts come from one instruction, so its result is kept. */
enum guest_phase guest_call_phase(struct guest_call *call)
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

const char *guest_phase_name(enum guest_phase phase)
{
	static const char *const names[GUEST_PHASES] = { "firmware", "stub", "kernel" };

	return names[phase];
}

void guest_finish(unsigned vcpu, enum emu_action action, uint64_t next)
{
	struct emu_stop why;

	switch (action) {
	case EMU_STOP:
		platform->stopped(&why);
		guest_stop_as(vcpu, &why);
	case EMU_UD:
		qemu_raise(vcpu, VECTOR_UD, 0);
	case EMU_GP:
		qemu_raise_code(vcpu, VECTOR_GP, 0, 0);
	case EMU_VE:
		qemu_raise(vcpu, VECTOR_VE, 0);
	case EMU_DF:
		qemu_raise_code(vcpu, VECTOR_DF, 0, 0);
	case EMU_AGAIN:
		qemu_restart(vcpu, 0);
	case EMU_SLEEP:
		qemu_set_rip(vcpu, next);
		qemu_halt(vcpu);
	case EMU_NEXT:
		break;
	}
	qemu_jump(next);
}
