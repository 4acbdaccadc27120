/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

/*
 * Waits for other CPUs. A host that has started one need not run it: the first CPU says so, and
 * ends the machine. The others wait for the first as long as it takes.
 */

/* Work that all CPUs share may take as long as there is memory to write. */
#define LOOKS_AT_WORK (16 * GUEST_LOOKS)

static unsigned arrived;

static void pause_cpu(void)
{
	__asm__ volatile("pause");
}

void guest_cpu_arrived(void)
{
	__atomic_fetch_add(&arrived, 1, __ATOMIC_RELEASE);
}

int guest_cpus_await(unsigned others)
{
	for (uint64_t i = 0; i < GUEST_LOOKS; i++) {
		if (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) >= others)
			return 0;
		pause_cpu();
	}
	bare_put("cvmem: a CPU that was started does not run\n");
	return CVM_EIO;
}

void guest_wait(void *ctx, const uint32_t *word, uint32_t value)
{
	bool first = bare_cpu() == 0;

	for (uint64_t i = 0; __atomic_load_n(word, __ATOMIC_ACQUIRE) == value; i++) {
		if (first && i == LOOKS_AT_WORK)
			bare_panic("the other CPUs do not come to the end of their work, and that "
				   "many are",
				   value);
		pause_cpu();
	}
}
