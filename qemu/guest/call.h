/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_GUEST_CALL_H
#define CVMEM_QEMU_GUEST_CALL_H

#include <stdint.h>

#include "emu/cost.h"

/* Who calls: the firmware; an EFI application (a boot loader or the kernel's EFI stub); the kernel
 * proper. */
enum guest_phase { GUEST_PHASE_FIRMWARE, GUEST_PHASE_STUB, GUEST_PHASE_KERNEL, GUEST_PHASES };

/* An instruction of the guest that calls the platform: TDCALL, PVALIDATE, VMGEXIT. */
struct guest_call {
	unsigned vcpu;
	uint64_t rip;
	uint64_t began;		/* emu_now_ns() before it was executed, if acceptance has a cost */
	struct emu_delay delay; /* the vCPU's, for what it has accepted */
	/* Of phase_rip and this interrupt table; guest_call_phase() keeps it up to date. */
	enum guest_phase phase;
	uint64_t phase_rip, phase_idt;
};

/* In a callback of translated code: the address there that the callback returns to. */
#define GUEST_HOST_PC ((uintptr_t)__builtin_return_address(0))

/* The instruction pointer of the instruction whose callback this is. QEMU translates code once for
 * all the virtual addresses that it is mapped at, so this is known only at execution. */
uint64_t guest_sync_rip(unsigned vcpu, uintptr_t host_pc);

/* Starts the vCPU's call by the instruction at rip. Valid until the vCPU's next call. */
struct guest_call *guest_call_begin(unsigned vcpu, uint64_t rip);
enum guest_phase guest_call_phase(struct guest_call *call);
const char *guest_phase_name(enum guest_phase phase);

#endif
