/* SPDX-License-Identifier: MIT */
#include "tools/guest/cpuid.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

struct guest_cpuid guest_cpuid(uint32_t leaf)
{
	struct guest_cpuid out = { 0 };

#if defined(__x86_64__) || defined(__i386__)
	__cpuid_count(leaf, 0, out.eax, out.ebx, out.ecx, out.edx);
#endif
	return out;
}
