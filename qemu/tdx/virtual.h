/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_TDX_VIRTUAL_H
#define CVMEM_QEMU_TDX_VIRTUAL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What the TDX module lets a TD do by itself, or does for it; all else is a #VE. Of module 1.5, for
 * a TD with ATTRIBUTES.PERFMON = 0 and no control of TDCS.TD_CTLS set that makes #VEs fewer.
 */

/* cpuid.c. last: the highest leaf that CPUID 0 names; that of CPUID 80000000 is fixed. */
#define TD_CPUID_EXTENDED      0x80000000
#define TD_CPUID_LAST_EXTENDED 0x80000008
bool td_cpuid_is_answered(uint32_t leaf, uint32_t subleaf, uint32_t last);

/* msr.c. What an access comes to. */
enum td_msr_access { TD_MSR_DONE, TD_MSR_VE, TD_MSR_GP };

/* EBX, ECX and EDX of CPUID 7.0, which say what the TD has. */
struct td_features {
	uint32_t ebx, ecx, edx;
};

enum td_msr_access td_msr_read(uint32_t msr, const struct td_features *features);
/* previous: what is in IA32_EFER, if the MSR is that one. */
enum td_msr_access td_msr_write(uint32_t msr, uint64_t value, uint64_t previous,
				const struct td_features *features);

#define TD_MSR_EFER 0xc0000080

#endif
