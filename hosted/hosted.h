/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_HOSTED_H
#define CVMEM_HOSTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/attack.h"
#include "emu/machine.h"

/*
 * A confidential VM in this process. Guest-physical memory is a sparse file of the host, mapped
 * without access until the guest has accepted it; vCPUs are threads; the TDCALL, PVALIDATE,
 * RMPADJUST, RDMSR and WRMSR that the guest's code executes trap and are emulated by emu/. Several
 * machines can exist at once; a thread is a vCPU of one of them at a time. Needs no privilege.
 */

enum hosted_kind { HOSTED_TDX, HOSTED_SNP };

struct emu_kvm;
struct emu_kvm_config;

struct hosted_config {
	enum hosted_kind kind;
	unsigned vcpus; /* 1 to HOSTED_MAX_VCPUS */
	const struct emu_ram *ram;
	size_t ram_count;
	/* Accepted before the guest runs (launch content); inside ram. */
	const struct emu_ram *launch;
	size_t launch_count;
	bool host_4k_only;
	/* Modelled time per 4 KiB page that the guest accepts, slept by the accepting vCPU outside
	 * all locks; 0: only the time of the emulation. */
	uint64_t accept_ns_per_4k;
	/* SNP: CPUID says that no coherency reads are needed. */
	bool coherency_sfw_no;
	/* The guest's handler of #VE or #VC 0x404: called on a vCPU that has touched private memory
	 * which is not accepted. True: the access is tried again. NULL, or false: the machine
	 * stops. */
	bool (*on_fault)(void *ctx, unsigned vcpu, uint64_t gpa);
	void *on_fault_ctx;
	struct emu_attack attack; /* what the host does to the guest */
	/* SNP: the guest's VMPL. Above 0 there is an SVSM, and each vCPU has a calling area: from
	 * caa on, a page each, in the launch content. */
	unsigned vmpl;
	uint64_t caa;
	/*
	 * The host is a VMM over this model of KVM, of this kind, with these vCPUs and RAM: the
	 * caller launches content through hosted_kvm(), between hosted_create() and hosted_run().
	 * No launch content, attack, host_4k_only or VMPL then. NULL: a cooperative host.
	 */
	const struct emu_kvm_config *kvm;
};

#define HOSTED_MAX_VCPUS 1024

struct hosted_machine;

/* What made a machine stop, or how a run ended. */
struct hosted_report {
	bool violation;	      /* the guest accessed memory that is not accessible */
	struct emu_stop stop; /* cause EMU_RUNNING: all vCPUs returned */
	/* Of the violation: */
	uint64_t gpa, rip;
	bool shared_view; /* through the shared view */
	bool write;
	char state[32]; /* the page's state, in the platform's words */
};

struct hosted_stats {
	struct emu_stats emu;
	uint64_t violations;
	/* TDVMCALLs or VMGEXITs; MapGPA calls, or entries of page state change requests. */
	uint64_t exits, conversions;
};

/*
 * A machine, powered off; NULL: error[] says why, in a sentence (an invalid configuration, memory
 * overcommit, an address space that is too small).
 */
struct hosted_machine *hosted_create(const struct hosted_config *config, char *error,
				     size_t error_size);
void hosted_destroy(struct hosted_machine *machine);

/* The guest's direct maps: private memory at gpa is at gpa + hosted_direct_map(), shared
 * memory at gpa + hosted_shared_map(). */
uintptr_t hosted_direct_map(const struct hosted_machine *machine);
uintptr_t hosted_shared_map(const struct hosted_machine *machine);

/*
 * Run entry(vcpu, arg) on the first `vcpus` vCPUs, each a thread, and wait for all. 0: all
 * returned. -1: the machine stopped (report says why); the other vCPUs were stopped at their next
 * trap or hosted_relax(). A stopped machine does not run again. A fault of a vCPU thread outside
 * guest memory is an ordinary fault of this process.
 */
int hosted_run(struct hosted_machine *machine, unsigned vcpus,
	       void (*entry)(unsigned vcpu, void *arg), void *arg, struct hosted_report *report);

/* On a vCPU: let others run; ends this vCPU if the machine has stopped. */
void hosted_relax(void *unused);
/* On a vCPU: its number, and its machine (NULL elsewhere). */
unsigned hosted_vcpu(void);
/*
 * The virtual time of this vCPU since hosted_run() started it: CPU time, and the modelled cost of
 * what it has accepted (emu/cost.h). It stands still while the vCPU sleeps or waits for a CPU.
 */
uint64_t hosted_vcpu_ns(void);
struct hosted_machine *hosted_current(void);

/* The instructions that cannot be trapped at CPL 3, to be passed to the platform as callbacks:
 * CPUID as the guest would see it, and VMGEXIT of the current vCPU. */
struct cvm_cpuid;
struct cvm_snp_regs;
void hosted_cpuid(uint32_t leaf, uint32_t subleaf, struct cvm_cpuid *out);
void hosted_vmgexit(void *unused, struct cvm_snp_regs *regs);

/* The machine as the emulator has it: the true state of each page, and attacks on the guest. */
struct emu_machine *hosted_emu(const struct hosted_machine *machine);

/* The model of KVM that was asked for, or NULL. */
struct emu_kvm *hosted_kvm(const struct hosted_machine *machine);

void hosted_stats(const struct hosted_machine *machine, struct hosted_stats *out);

#endif
