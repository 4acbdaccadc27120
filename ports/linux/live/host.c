// SPDX-License-Identifier: MIT
#include <linux/efi.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched/clock.h>
#include <linux/timekeeping.h>

#include "live.h"

/* What Linux provides to the library, besides the platform: the table and the hooks; and what both
 * forms of the port do at an acceptance. */

struct cvm_acceptor live_acceptor;

/* Since when interrupts are masked: once on a CPU at a time. */
static DEFINE_PER_CPU(u64, masked_since);

static unsigned long mask_interrupts(void *ctx)
{
	unsigned long flags;

	local_irq_save(flags);
	if (!irqs_disabled_flags(flags))
		__this_cpu_write(masked_since, local_clock());
	return flags;
}

static void unmask_interrupts(void *ctx, unsigned long flags)
{
	if (!irqs_disabled_flags(flags))
		live_count_masked(local_clock() - __this_cpu_read(masked_since));
	local_irq_restore(flags);
}

static uint64_t now_ns(void *ctx)
{
	return ktime_get_mono_fast_ns();
}

static unsigned int this_cpu(void *ctx)
{
	return raw_smp_processor_id();
}

const struct cvm_host live_host = {
	.preempt_save = mask_interrupts,
	.preempt_restore = unmask_interrupts,
	.now_ns = now_ns,
	.cpu = this_cpu,
};

/* The table's layout is the library's. */
static_assert(sizeof(struct efi_unaccepted_memory) == sizeof(struct cvm_table));
static_assert(offsetof(struct efi_unaccepted_memory, unit_size) ==
	      offsetof(struct cvm_table, unit_size));
static_assert(offsetof(struct efi_unaccepted_memory, phys_base) ==
	      offsetof(struct cvm_table, phys_base));
static_assert(offsetof(struct efi_unaccepted_memory, size) == offsetof(struct cvm_table, size));
static_assert(offsetof(struct efi_unaccepted_memory, bitmap) == offsetof(struct cvm_table, bitmap));

struct cvm_table *live_table(void)
{
	struct cvm_table *table = __va(efi.unaccepted);

	if (!cvm_table_check(table, sizeof(*table) + table->size, NULL) &&
	    table->unit_size == PMD_SIZE)
		return table;
	pr_err("cvmem: the table of unaccepted memory, version %u with units of %u bytes, is not "
	       "known\n",
	       table->version, table->unit_size);
	return NULL;
}

void live_accept(u64 start, u64 end)
{
	bool reserve = live_reserve_is_current();
	u64 began;

	if (!cvm_is_unaccepted(&live_acceptor, start, end)) {
		live_count_quick();
		return;
	}
	began = local_clock();
	live_scheme_accept(start, end);
	live_count_call(reserve ? LIVE_CALLER_RESERVE : LIVE_CALLER_ALLOCATION,
			local_clock() - began);
	if (!reserve)
		live_reserve_wake();
}

/* Linux's function returns nothing: what it needs and cannot have ends it. */
void live_accept_for(u64 start, u64 end, enum cvm_cause cause)
{
	int error = cvm_accept(&live_acceptor, start, end, cause);

	if (error)
		panic("cvmem: memory from %#llx to %#llx cannot be accepted: %s\n", start, end,
		      cvm_strerror(error));
}
