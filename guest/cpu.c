/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

/* What each CPU has: a stack, which tells its number, and segments, which are the same for all. */

uint8_t guest_stacks[GUEST_CPUS][GUEST_STACK_BYTES] __attribute__((aligned(16)));
const uint64_t guest_gdt[] = { 0, 0x00af9b000000ffff, 0x00cf93000000ffff };

uint32_t guest_others_root;
void (*guest_others_entry)(unsigned cpu);

unsigned guest_cpu(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	return (unsigned)((here - (uintptr_t)guest_stacks) / GUEST_STACK_BYTES);
}
