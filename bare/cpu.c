/* SPDX-License-Identifier: MIT */
#include "bare/bare.h"

/* What each CPU has: a stack, which tells its number, and segments, which are the same for all. */

uint8_t bare_stacks[BARE_CPUS][BARE_STACK_BYTES] __attribute__((aligned(16)));
const uint64_t bare_gdt[] = { 0, 0x00af9b000000ffff, 0x00cf93000000ffff };

unsigned bare_cpu(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	return (unsigned)((here - (uintptr_t)bare_stacks) / BARE_STACK_BYTES);
}
