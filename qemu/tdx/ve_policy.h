/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_TDX_VE_POLICY_H
#define CVMEM_QEMU_TDX_VE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What the TDX module lets a TD do by itself, or does for it; all else is a #VE. Of module 1.5, for
 * a TD with ATTRIBUTES.PERFMON = 0 and no control of TDCS.TD_CTLS set that makes #VEs fewer.
 */

/* cpuid.c. last: the highest leaf that CPUID 0 names; that of CPUID 80000000 is fixed. */
#define TDX_CPUID_EXTENDED	0x80000000
#define TDX_CPUID_LAST_EXTENDED 0x80000008
bool tdx_cpuid_is_answered(uint32_t leaf, uint32_t subleaf, uint32_t last);

/* msr.c. What an access comes to. */
enum tdx_msr_access { TDX_MSR_DONE, TDX_MSR_VE, TDX_MSR_GP };

/* EBX, ECX and EDX of CPUID 7.0, which say what the TD has. */
struct tdx_features {
	uint32_t ebx, ecx, edx;
};

enum tdx_msr_access tdx_msr_read(uint32_t msr, const struct tdx_features *features);
/* previous: what is in IA32_EFER, if the MSR is that one. */
enum tdx_msr_access tdx_msr_write(uint32_t msr, uint64_t value, uint64_t previous,
				  const struct tdx_features *features);

#define TDX_MSR_EFER 0xc0000080

#endif
