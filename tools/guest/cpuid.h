/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_GUEST_CPUID_H
#define TOOLS_GUEST_CPUID_H

#include <stdint.h>

struct guest_cpuid {
	uint32_t eax, ebx, ecx, edx;
};

/* What the processor answers, without a look at the last leaf; zeros if it has no CPUID. */
struct guest_cpuid guest_cpuid(uint32_t leaf);

#endif
