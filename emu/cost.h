/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_COST_H
#define CVMEM_EMU_COST_H

#include <stdint.h>

/*
 * The modelled time of acceptance, which the accepting vCPU sleeps outside all locks. A sleep
 * takes tens of microseconds longer than asked for. Debts are therefore slept off in larger sums,
 * and the excess of one sleep is deducted from the next: the total is exact.
 */

/* A vCPU's, used by its own thread alone. Negative: it has slept too long. */
struct emu_delay {
	int64_t debt_ns;
};

uint64_t emu_now_ns(void);
/*
 * The instruction that began at began_ns costs cost_ns. What its emulation has taken is part of
 * that, not added to it. Sleeps if the debt is large enough.
 */
void emu_delay_charge(struct emu_delay *delay, uint64_t cost_ns, uint64_t began_ns);
/* Sleep until there is no debt. */
void emu_delay_sleep_off(struct emu_delay *delay);

#endif
