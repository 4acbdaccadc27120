/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_TDX_VE_POLICY_H
#define CVMEM_QEMU_TDX_VE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

/* What a TD can do by itself, or the TDX module does for it; everything else raises a #VE. For
 * module 1.5 and a TD with ATTRIBUTES.PERFMON = 0 and none of the bits in TDCS.TD_CTLS that reduce
 * #VEs. */

/* cpuid.c. last: the highest leaf, from CPUID 0; that of CPUID 80000000 is fixed. */
#define TDX_CPUID_EXTENDED	0x80000000
#define TDX_CPUID_LAST_EXTENDED 0x80000008
bool tdx_cpuid_is_answered(uint32_t leaf, uint32_t subleaf, uint32_t last);

/* msr.c. The result of an access. */
enum tdx_msr_access { TDX_MSR_DONE, TDX_MSR_VE, TDX_MSR_GP };

/* EBX, ECX and EDX of CPUID 7.0: the features of the TD. */
struct tdx_features {
	uint32_t ebx, ecx, edx;
};

enum tdx_msr_access tdx_msr_read(uint32_t msr, const struct tdx_features *features);
/* previous: the content of IA32_EFER, if it is that MSR. */
enum tdx_msr_access tdx_msr_write(uint32_t msr, uint64_t value, uint64_t previous,
				  const struct tdx_features *features);

#define TDX_MSR_EFER 0xc0000080

#endif
