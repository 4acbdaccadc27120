/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_HOSTED_MACHINE_H
#define CVMEM_HOSTED_MACHINE_H

#include <setjmp.h>
#include <signal.h>
#include <ucontext.h>

#include <cvmem/snp.h>

#include "emu/cost.h"
#include "emu/snp/snp.h"
#include "emu/snp/svsm/svsm.h"
#include "emu/tdx/tdx.h"
#include "hosted/hosted.h"
#include "hosted/memory.h"

/* One vCPU: a thread while hosted_run() runs. */
struct hosted_vcpu {
	struct hosted_machine *machine;
	unsigned number;
	sigjmp_buf leave; /* where the thread goes when the machine stops */
	/* In the emulator: a fault now is this process's own, not the guest's. */
	volatile sig_atomic_t in_trap;
	struct emu_delay delay; /* for what it has accepted */
	/* During a VMGEXIT that may call the SVSM: the guest's registers, and what the SVSM has
	 * validated. */
	struct cvm_snp_regs *regs;
	uint64_t svsm_pages;
} __attribute__((aligned(64)));

enum machine_state { MACHINE_RUNS, MACHINE_STOPPING, MACHINE_STOPPED };

struct hosted_machine {
	struct hosted_config config; /* without the lists */
	struct hosted_memory memory;
	struct emu_tdx *tdx; /* one of the two, by config.kind, */
	struct emu_snp *snp;
	struct emu_kvm *kvm;	 /* NULL, or what these two belong to */
	struct svsm *svsm;	 /* NULL: the guest runs at VMPL 0 */
	struct emu_machine *emu; /* and the part that both have */
	struct hosted_vcpu *vcpus;
	int state; /* enum machine_state, atomic */
	uint64_t violations;
	struct hosted_report report; /* complete once state is MACHINE_STOPPED */
};

/* The vCPU that this thread is; NULL: none. */
extern _Thread_local struct hosted_vcpu *hosted_this_vcpu;

/*
 * Stop the machine for the reason in *report, unless it is stopping already: the first reason is
 * kept. Returns; each vCPU leaves at hosted_leave_if_stopped().
 */
void hosted_stop(struct hosted_machine *machine, const struct hosted_report *report);
/* The same with one line of text: for EMU_STOP_EXCEPTION and EMU_STOP_FAILED. */
void hosted_stop_text(struct hosted_machine *machine, enum emu_stop_cause cause, unsigned vcpu,
		      uint64_t gpa, const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The same with the reason that the emulator has. */
void hosted_stop_emulated(struct hosted_machine *machine);
bool hosted_stopped(const struct hosted_machine *machine);
void hosted_leave_if_stopped(struct hosted_vcpu *vcpu);

/* The SVSM of a guest above VMPL 0: how the emulator reaches it; NULL: out of memory. */
struct emu_snp_host hosted_svsm_host(struct hosted_machine *machine);
struct svsm *hosted_svsm_create(struct hosted_machine *machine);

/* When an instruction began; 0: accepting has no modelled cost. */
struct hosted_began {
	uint64_t ns, cpu_ns;
};
struct hosted_began hosted_began(const struct hosted_machine *machine);
/* Pages of 4 KiB were accepted by an instruction that began then. */
void hosted_charge(struct hosted_vcpu *vcpu, uint64_t pages, const struct hosted_began *began);

/* Signal handlers: installed while at least one machine runs. */
int hosted_trap_install(void);
void hosted_trap_remove(void);

/* After an emulated instruction: returns if the guest continues behind it. */
void hosted_after(struct hosted_vcpu *vcpu, enum emu_action action, uint64_t rip,
		  const char *instruction);

/* Handle a memory access that faulted. False: it was outside the guest's memory. */
bool hosted_violation(struct hosted_vcpu *vcpu, int sig, uint64_t address, const ucontext_t *uc);

#endif
