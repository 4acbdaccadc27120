/* SPDX-License-Identifier: MIT */
#include "boot/stages.h"

/* One piece of work at a time, for all vCPUs. A generation without work makes the other vCPUs
 * return. */

void smp_on_all(struct boot *boot, void (*work)(struct boot *boot, unsigned vcpu, void *arg),
		void *arg)
{
	const struct boot_machine *machine = boot->machine;
	uint32_t running;

	boot->work = work;
	boot->work_arg = arg;
	__atomic_store_n(&boot->running, boot->alone ? 0 : machine->vcpus - 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&boot->generation, 1, __ATOMIC_RELEASE);
	machine->wake(machine->ctx, &boot->generation);
	if (work)
		work(boot, 0, arg);
	while ((running = __atomic_load_n(&boot->running, __ATOMIC_ACQUIRE)))
		machine->wait(machine->ctx, &boot->running, running);
}

void smp_serve(struct boot *boot, unsigned vcpu)
{
	const struct boot_machine *machine = boot->machine;
	bool more = true;

	for (uint32_t seen = 0; more; seen++) {
		while (__atomic_load_n(&boot->generation, __ATOMIC_ACQUIRE) == seen)
			machine->wait(machine->ctx, &boot->generation, seen);
		more = boot->work;
		if (more)
			boot->work(boot, vcpu, boot->work_arg);
		if (__atomic_fetch_sub(&boot->running, 1, __ATOMIC_RELEASE) == 1)
			machine->wake(machine->ctx, &boot->running);
	}
}

void smp_finish(struct boot *boot)
{
	smp_on_all(boot, NULL, NULL);
	boot->alone = true;
}
