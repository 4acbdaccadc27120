/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_HOST_CPU_STATE_H
#define CVMEM_QEMU_HOST_CPU_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "emu/gpr.h"

/*
 * A vCPU's state beyond its general registers, wherever the plugin API's functions for registers
 * do not work: in a trap, for another vCPU, or for registers that they know only in part. Needs
 * qemu_cpu_probe().
 */

/* Behind qemu_probe(), by the first vCPU before its first instruction. NULL, or what is not as
 * expected. */
const char *qemu_cpu_probe(void);

uint64_t qemu_cr(unsigned vcpu, unsigned which);
bool qemu_is_long_mode(unsigned vcpu);
/* The current privilege level. */
unsigned qemu_cpl(unsigned vcpu);
/* 16, 32 or 64: what the code segment says. */
unsigned qemu_code_bits(unsigned vcpu);
/* Whether a port may be accessed only if the task's map of ports lets it. */
bool qemu_needs_port_map(unsigned vcpu);

/* CF, PF, AF, ZF, SF and OF as in `flags`; the current vCPU's, behind qemu_sync(). */
void qemu_set_flags(unsigned vcpu, uint32_t flags);

/* These leave the callback and do not come back; behind qemu_sync(). #PF of an address, and an
 * exception with an error code, which QEMU does not push for all vectors that have one. */
__attribute__((noreturn)) void qemu_page_fault(unsigned vcpu, uint64_t address, unsigned code);
__attribute__((noreturn)) void qemu_deliver(unsigned vcpu, unsigned vector, uint32_t code);
/* Whether qemu_deliver() is at it, in a trap: this vCPU cannot be given another one. */
bool qemu_is_delivering(void);
/* The task's map of ports lets an access; else the same, with #GP. Afterwards no translated code
 * may go on: qemu_deliver() or one of its like must follow. */
void qemu_check_port(unsigned vcpu, uint16_t port, unsigned size);

/* The function runs soon in the vCPU's own thread, between two instructions of it. */
void qemu_run_on(unsigned vcpu, void (*call)(unsigned vcpu));
/* In such a function: not halted any more. */
void qemu_wake(unsigned vcpu);
/* In such a function: as after INIT, waiting for a start-up interrupt. */
void qemu_init_cpu(unsigned vcpu);

struct qemu_segment {
	uint16_t selector;
	uint16_t attributes; /* type to P in 7:0, AVL to G in 11:8, as in a VMCB */
	uint32_t limit;
	uint64_t base;
};

enum { QEMU_ES, QEMU_CS, QEMU_SS, QEMU_DS, QEMU_FS, QEMU_GS, QEMU_SEGMENTS };

/* What it adds to an address. */
uint64_t qemu_segment_base(unsigned vcpu, unsigned which);

struct qemu_cpu_state {
	struct qemu_segment segment[QEMU_SEGMENTS], ldt, tr, gdt, idt;
	uint64_t gpr[EMU_GPRS], rip, rflags;
	uint64_t cr0, cr2, cr3, cr4, efer, dr6, dr7;
	uint64_t xcr0; /* one that the processor does not allow is left as after INIT */
	uint32_t mxcsr;
	uint16_t fcw;
};

/* In such a function, behind qemu_init_cpu(): not waiting any more, and in this state. What is
 * not in it is as after INIT. */
void qemu_load_cpu(unsigned vcpu, const struct qemu_cpu_state *state);

#endif
