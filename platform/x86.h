/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_PLATFORM_X86_H
#define CVMEM_PLATFORM_X86_H

#include <stdint.h>

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
