/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_PLATFORM_FAKE_CPU_H
#define CVMEM_TESTS_PLATFORM_FAKE_CPU_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

/*
 * A processor and a host that answer what a test wants, also what no real one would: the
 * instructions that platform/ executes on this thread trap and end here.
 */
struct fake_cpu {
	/* regs as in ucontext: REG_RAX and so on. */
	void (*tdcall)(greg_t *regs);
	/* EAX; *cf is false unless set. */
	uint32_t (*pvalidate)(uintptr_t va, bool large, bool validate, bool *cf);
	/* EAX; operands: RDX. */
	uint32_t (*rmpadjust)(uintptr_t va, uint64_t operands);
	uint64_t ghcb_msr, sev_status;
	unsigned sev_status_reads;
};

extern struct fake_cpu fake_cpu;

/* At the beginning of a test, for the rest of it: cmocka sets handlers of its own before, and
 * takes all back afterwards. */
void fake_cpu_begin(void);

#endif
