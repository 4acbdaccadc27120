/* SPDX-License-Identifier: MIT */
#include "boot/stages.h"

/*
 * The background acceptor: an idle vCPU fills the kernel's reserve. It waits on boot->bell, which
 * rings when there is a reserve, when an allocation finds it low, and when the boot is over.
 */

#define UNITS_AT_A_TIME 8

void acceptor_ring(struct boot *boot)
{
	__atomic_fetch_add(&boot->bell, 1, __ATOMIC_RELEASE);
	boot->machine->wake(boot->machine->ctx, &boot->bell);
}

static void reserve_is_low(void *ctx)
{
	acceptor_ring(ctx);
}

int acceptor_start(struct kernel *kernel)
{
	struct boot *boot = kernel->boot;
	const struct cvm_reserve_config config = {
		.source = &kernel->source.source,
		.policy = CVM_RESERVE_BACKGROUND,
		.host = &boot->machine->host,
		.wake = reserve_is_low,
		.wake_ctx = boot,
	};
	int error;

	cvm_pages_source_init(&kernel->source, &kernel->pages);
	error = cvm_reserve_init(&kernel->reserve, &config);
	if (error)
		return error;
	__atomic_store_n(&boot->reserve, &kernel->reserve, __ATOMIC_RELEASE);
	acceptor_ring(boot);
	return 0;
}

void acceptor_stop(struct boot *boot)
{
	__atomic_store_n(&boot->over, true, __ATOMIC_RELEASE);
	acceptor_ring(boot);
}

void acceptor_main(struct boot *boot)
{
	const struct cvm_budget budget = { .units = UNITS_AT_A_TIME };

	for (;;) {
		uint32_t heard = __atomic_load_n(&boot->bell, __ATOMIC_ACQUIRE);
		struct cvm_reserve *reserve = __atomic_load_n(&boot->reserve, __ATOMIC_ACQUIRE);
		struct cvm_step step;

		if (__atomic_load_n(&boot->over, __ATOMIC_ACQUIRE))
			return;
		step.next = CVM_STEP_DONE;
		if (reserve)
			cvm_reserve_step(reserve, &budget, &step);
		/* step.sleep_ns is not needed: an allocation rings early enough. */
		if (step.next != CVM_STEP_AGAIN)
			boot->machine->wait(boot->machine->ctx, &boot->bell, heard);
	}
}
