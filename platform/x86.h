/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_PLATFORM_X86_H
#define CVMEM_PLATFORM_X86_H

#include <stdint.h>

#include <cvmem/platform.h>

/* The instructions that both platforms need (Intel SDM volume 2, AMD APM volume 3). platform/ knows
 * nothing of lib/, whose cvm_clear() and cvm_pause() do the same. */

/*
 * For structures: compilers turn initialisers into calls of memset(), which a guest may not have.
 * Multiples of 8 bytes, 8-byte aligned. May alias: without the attribute a compiler may move the
 * stores behind reads of the fields that they clear.
 */
static inline void x86_clear(void *memory, unsigned bytes)
{
	uint64_t __attribute__((__may_alias__)) *word = memory;

	for (unsigned i = 0; i < bytes / 8; i++)
		word[i] = 0;
}

#define CPUID_EXTENDED 0x80000000u /* EAX: the last extended leaf */
#define CPUID_SEV      0x8000001fu
#define MSR_SEV_STATUS 0xc0010131u /* AMD APM volume 2, 15.34.10 */

static inline void x86_cpuid(uint32_t leaf, uint32_t subleaf, struct cvm_cpuid *out)
{
	__asm__ volatile("cpuid"
			 : "=a"(out->eax), "=b"(out->ebx), "=c"(out->ecx), "=d"(out->edx)
			 : "a"(leaf), "c"(subleaf));
}

static inline void x86_pause(void)
{
	__asm__ volatile("pause");
}

static inline uint64_t x86_rdmsr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void x86_wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr"
			 :
			 : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
}

#endif
