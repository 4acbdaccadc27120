/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_COST_H
#define CVMEM_EMU_COST_H

#include <stdint.h>

/*
 * The modelled time of acceptance, which the accepting vCPU sleeps outside all locks. A sleep
 * takes tens of microseconds longer than asked for. Debts are therefore slept off in larger sums,
 * and the excess of one sleep is deducted from the next: the total is exact.
 */

/* A vCPU's, used by its own thread alone. */
struct emu_delay {
	int64_t debt_ns;  /* negative: it has slept too long */
	int64_t ahead_ns; /* of virtual time before the thread's CPU time */
};

uint64_t emu_now_ns(void);
/* CPU time of the calling thread. */
uint64_t emu_cpu_ns(void);
/*
 * The instruction that began at began_ns costs cost_ns. What its emulation has taken is part of
 * that, not added to it. Sleeps if the debt is large enough.
 */
void emu_delay_charge(struct emu_delay *delay, uint64_t cost_ns, uint64_t began_ns);
/* Sleep until there is no debt. */
void emu_delay_sleep_off(struct emu_delay *delay);

/*
 * The vCPU's virtual time: what its thread has executed, in CPU time, and for each accept its
 * modelled cost in the place of the CPU time that emulation and sleep took. How long the host let
 * the thread wait, for a CPU or in a sleep, is no part of it.
 *
 * Behind emu_delay_charge() for the same instruction, which began at began_cpu_ns.
 */
void emu_delay_count(struct emu_delay *delay, uint64_t cost_ns, uint64_t began_cpu_ns);
uint64_t emu_delay_virtual_ns(const struct emu_delay *delay);

#endif
