/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_GUEST_GUEST_H
#define CVMEM_GUEST_GUEST_H

#include <cvmem/fault.h>

#include "bare/bare.h"
#include "guest/layout.h"

/* A kernel for the stages of boot/ on (virtual) metal, without firmware, loader or C library. */

/* main.c: what start_PLATFORM.S names to start.S. */
void guest_main(enum cvm_platform_kind kind) __attribute__((noreturn));

/* start_other.S: CR3 for the CPUs that are not the first, which those of a TD wait for; and
 * what they call. */
extern uint32_t guest_others_root;
extern void (*guest_others_entry)(unsigned cpu);
/* faults.c: memory that faults is accepted from now on; NULL: no longer. */
void guest_faults_start(void *ctx, struct cvm_fault *fault);

/* cpus.c: CPUs 1 to cpus - 1 call entry, which never returns. In a TD they have started already,
 * and wait for this. */
int guest_cpus_start(unsigned cpus, void (*entry)(unsigned cpu));

#endif
