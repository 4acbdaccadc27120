/* SPDX-License-Identifier: MIT */
#ifndef BOOT_STAGES_H
#define BOOT_STAGES_H

#include <cvmem/hotplug.h>
#include <cvmem/pages.h>
#include <cvmem/share.h>

#include "boot/boot.h"
#include "boot/latency.h"

/* What the stages hand to each other. */

static inline void *boot_va(const struct boot *boot, uint64_t gpa)
{
	return (void *)(uintptr_t)(gpa + boot->machine->direct_map);
}

/* stage.c: record an error; the first one stays. Returns it. */
int boot_fail(struct boot *boot, int error, const char *what);

/* cvm_map_limit() to what the platform can address. */
int boot_limit_map(const struct boot *boot, struct cvm_map *map);

/* Accept for a stage that has no acceptor: records it, and stops the machine if it was accepted
 * already. */
int boot_accept(struct boot *boot, uint64_t start, uint64_t end, enum cvm_cause cause);

/* smp.c: run work on every vCPU, this one included, and wait for all. vCPU 0 only. */
void smp_on_all(struct boot *boot, void (*work)(struct boot *boot, unsigned vcpu, void *arg),
		void *arg);
/* What the other vCPUs run; returns after smp_finish(), from when on vCPU 0 is alone. */
void smp_serve(struct boot *boot, unsigned vcpu);
void smp_finish(struct boot *boot);

/* firmware.c: boot services as a loader sees them. */
struct firmware {
	struct boot *boot;
	struct cvm_map map; /* with the memory that is still CVM_MEM_UNACCEPTED */
	struct cvm_range ranges[BOOT_MAX_RANGES];
	uint64_t heap, heap_end; /* accepted; pages are handed out from the top */
	uint64_t map_key;	 /* changes with the map */
	bool os_accepts;	 /* AllowUnacceptedMemory() was called */
	bool exited;
};

int firmware_start(struct boot *boot, struct firmware **out);
/* AllocatePages(): accepted memory, 4 KiB aligned; 0: there is none. */
uint64_t firmware_alloc(struct firmware *firmware, uint64_t bytes);
/* GetMemoryMap(): FIRMWARE_DESC_BYTES a descriptor. CVM_ENOSPC: *bytes says how much. */
int firmware_get_map(struct firmware *firmware, void *buffer, size_t *bytes, uint64_t *key);
/* OVMF_SEV_MEMORY_ACCEPTANCE_PROTOCOL.AllowUnacceptedMemory() */
void firmware_allow_unaccepted(struct firmware *firmware);
/* ExitBootServices(): CVM_EINVAL when the key is not the current map's. */
int firmware_exit(struct firmware *firmware, uint64_t key);

#define FIRMWARE_DESC_BYTES 48 /* EDK II's: 8 more than in the specification */

/* loader.c */
int loader_run(struct firmware *firmware, struct handoff *handoff);

/* kernel.c: what each vCPU has. */
struct vcpu {
	struct cvm_cache cache;
	struct latency latency; /* of the workload's allocations */
};

#define BOOT_SHARED_RANGES 8
#define BOOT_DECLARED	   3

struct kernel {
	struct boot *boot;
	struct cvm_map map;
	struct cvm_range ranges[BOOT_MAX_RANGES];
	struct cvm_acceptor acceptor;
	struct cvm_early early;
	struct cvm_span reserved[BOOT_MAX_RANGES];
	struct cvm_pages pages;
	struct vcpu *vcpus;  /* one each */
	uint64_t next_chunk; /* eager: the first that no vCPU has taken */
	struct cvm_share share;
	struct cvm_shared *shared, few_shared[BOOT_SHARED_RANGES];
	uint64_t max_shared;
	uint64_t removed; /* where the range that was removed begins */
	struct cvm_balloon balloon;
	uint64_t *balloon_units;
	uint64_t bounce; /* the bounce buffer */
	struct cvm_pages_source source;
	struct cvm_reserve reserve; /* BOOT_BACKGROUND only */
	struct crash *crash;	    /* NULL: no crash kernel */
	/* BOOT_ON_FAULT only: the page allocator's acceptor, which knows no table. */
	struct cvm_acceptor nothing;
	struct cvm_fault fault;
	struct cvm_span declared[BOOT_DECLARED];
};

int kernel_start(struct boot *boot, const struct handoff *handoff, struct kernel **out);

/* bounce.c: share the memory that devices can access, and convert it back. */
int bounce_start(struct kernel *kernel);
int bounce_finish(struct kernel *kernel);

/* hotadd.c: make room for it in the table, while only one CPU runs; add it, on any vCPU. */
int hotadd_prepare(struct kernel *kernel);
int hotadd_run(struct kernel *kernel);

/* giveback.c: what of it is due after `count` allocations, on any vCPU; whether there is any; the
 * balloon, and how many units it may hold. */
int giveback_run(struct kernel *kernel, uint64_t count);
bool giveback_is_configured(const struct boot *boot);
int giveback_start(struct kernel *kernel);
uint64_t giveback_units(const struct kernel *kernel);

/* on_fault.c: under BOOT_ON_FAULT, serve faults; stop that. Nothing under other policies. What the
 * page allocator accepts by. */
int on_fault_start(struct kernel *kernel, const struct handoff *handoff);
void on_fault_finish(struct kernel *kernel);
struct cvm_acceptor *on_fault_acceptor(struct kernel *kernel);

/* kexec.c: *handoff is what the next kernel is given, in the place of what this one was. Does not
 * return where the machine has an image to jump to, unless it fails. */
int kexec_run(struct kernel *kernel, struct handoff *handoff);

/* crash.c: set memory aside, early; start the crash kernel, if there is one, as kexec_run(); the
 * crash kernel. */
int crash_prepare(struct kernel *kernel, const struct handoff *handoff);
int crash_run(struct kernel *kernel);
void crash_look(struct boot *boot, uint64_t gpa);

/* sweep.c: every page that is free, if that was asked for. */
int sweep_run(struct kernel *kernel);

/* acceptor.c: start the idle vCPUs on a reserve; let them return; what they run. */
int acceptor_start(struct kernel *kernel);
void acceptor_stop(struct boot *boot);
/* There is more memory: the reserve may be filled again. */
void acceptor_ring(struct boot *boot);
void acceptor_main(struct boot *boot);

/* workload.c: replay the trace on all vCPUs up to the shell. */
int workload_run(struct kernel *kernel);

#endif
