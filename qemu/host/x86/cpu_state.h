/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_HOST_X86_CPU_STATE_H
#define CVMEM_QEMU_HOST_X86_CPU_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "emu/gpr.h"

/* A vCPU's state beyond its general registers, for contexts in which the plugin API's register
 * functions do not work: in a trap, for another vCPU, or for registers that they know only in part.
 * Needs qemu_cpu_probe(). */

/* Called after qemu_probe() by the first vCPU, before its first instruction. NULL, or what differs
 * from what is expected. */
const char *qemu_cpu_probe(void);

uint64_t qemu_cr(unsigned vcpu, unsigned which);
bool qemu_is_long_mode(unsigned vcpu);
/* The current privilege level. */
unsigned qemu_cpl(unsigned vcpu);
/* The interrupt table's linear address. */
uint64_t qemu_idt_base(unsigned vcpu);
/* 16, 32 or 64: by the code segment. */
unsigned qemu_code_bits(unsigned vcpu);
/* Whether access to ports depends on the task's I/O permission bitmap. */
bool qemu_needs_port_map(unsigned vcpu);

/* The current vCPU's MSRs, or its own in qemu_run_on(). False: the processor raises #GP for this
 * MSR or value; nothing has changed, and nothing is raised. QEMU has told its plugins of an
 * exception then, after which neither qemu_jump() nor the plugin API's register functions work in a
 * callback.
 */
bool qemu_rdmsr(unsigned vcpu, uint32_t msr, uint64_t *value);
bool qemu_wrmsr(unsigned vcpu, uint32_t msr, uint64_t value);

/* Sets CF, PF, AF, ZF, SF and OF of the current vCPU; after qemu_sync(). */
void qemu_set_flags(unsigned vcpu, uint32_t flags);

/* These leave the callback and do not return; after qemu_sync(). A #PF with its address; and an
 * exception with an error code, which QEMU pushes only for some of the vectors that have one. */
__attribute__((noreturn)) void qemu_page_fault(unsigned vcpu, uint64_t address, unsigned code);
__attribute__((noreturn)) void qemu_deliver(unsigned vcpu, unsigned vector, uint32_t code);
/* Returns if the task's I/O permission bitmap allows the access, else raises #GP. Afterwards
 * translated code must not continue: call qemu_deliver() or another function that does not
 * return. */
void qemu_check_port(unsigned vcpu, uint16_t port, unsigned size);

/* Runs the function soon in the vCPU's own thread, between two of its instructions. */
void qemu_run_on(unsigned vcpu, void (*call)(unsigned vcpu));
/* In such a function: the vCPU is no longer halted. */
void qemu_wake(unsigned vcpu);
/* In such a function: the state after INIT, waiting for a start-up interrupt. */
void qemu_init_cpu(unsigned vcpu);

/* Whether the vCPU has ended the machine by a triple fault. */
bool qemu_is_triple_fault(unsigned vcpu);

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
	uint64_t xcr0; /* a value that the processor does not allow is ignored */
	uint32_t mxcsr;
	uint16_t fcw;
};

/* In such a function, after qemu_init_cpu(): ends the wait, and loads this state. What is not in it
 * stays as after INIT. */
void qemu_load_cpu(unsigned vcpu, const struct qemu_cpu_state *state);

#endif
