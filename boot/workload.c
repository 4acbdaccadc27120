/* SPDX-License-Identifier: MIT */
#include "boot/stages.h"

/*
 * The workload: a recorded boot's page allocations and frees, each vCPU its own stream. Every page
 * is written when it is allocated and checked when it is freed: its content names its allocation.
 */

#define WORDS_PER_PAGE 512
#define SLOT_FREED     UINT64_MAX

struct workload {
	struct kernel *kernel;
	/* By id: 0 before it is allocated, then address | order << 1 | 1, then SLOT_FREED. */
	uint64_t *slot;
};

static void fill(uint64_t *word, uint64_t pages, uint64_t id)
{
	for (uint64_t i = 0; i < pages * WORDS_PER_PAGE; i++)
		word[i] = id ^ i;
}

/* Pages of a block that are not as fill() left them, by their first and last words. */
static uint64_t spoiled(const uint64_t *word, uint64_t pages, uint64_t id)
{
	uint64_t count = 0;

	for (uint64_t page = 0; page < pages; page++) {
		uint64_t first = page * WORDS_PER_PAGE, last = first + WORDS_PER_PAGE - 1;

		count += word[first] != (id ^ first) || word[last] != (id ^ last);
	}
	return count;
}

static int do_alloc(struct workload *workload, const struct trace_op *op, struct vcpu *vcpu)
{
	struct kernel *kernel = workload->kernel;
	const struct boot_machine *machine = kernel->boot->machine;
	uint64_t gpa, count, began = machine->host.now_ns(machine->host.ctx);
	int error = cvm_cache_alloc(&vcpu->cache, op->order, &gpa);

	latency_add(&vcpu->latency, machine->host.now_ns(machine->host.ctx) - began);
	if (error)
		return boot_fail(kernel->boot, error, "the workload allocates pages");
	fill(boot_va(kernel->boot, gpa), UINT64_C(1) << op->order, op->id);
	count = __atomic_add_fetch(&kernel->boot->report.allocations, 1, __ATOMIC_RELAXED);
	if ((count == kernel->boot->config->hot_add_at && hotadd_run(kernel)) ||
	    giveback_run(kernel, count))
		return kernel->boot->report.error;
	__atomic_store_n(&workload->slot[op->id], gpa | op->order << 1 | 1, __ATOMIC_RELEASE);
	return 0;
}

static int do_free(struct workload *workload, const struct trace_op *op, struct vcpu *vcpu)
{
	struct boot *boot = workload->kernel->boot;
	uint64_t gpa, bad;
	int error;

	/* Another vCPU's allocation, which comes before this in the recording. */
	while (!(gpa = __atomic_load_n(&workload->slot[op->id], __ATOMIC_ACQUIRE))) {
		if (__atomic_load_n(&boot->failed, __ATOMIC_RELAXED))
			return CVM_EINVAL;
		boot->machine->host.relax(boot->machine->host.ctx, CVM_WAIT_PAGES, gpa);
	}
	if (gpa == SLOT_FREED)
		return boot_fail(boot, CVM_EINVAL, "the workload frees a block twice");
	gpa &= -UINT64_C(4096);
	bad = spoiled(boot_va(boot, gpa), UINT64_C(1) << op->order, op->id);
	__atomic_fetch_add(&boot->report.corrupted, bad, __ATOMIC_RELAXED);
	__atomic_store_n(&workload->slot[op->id], SLOT_FREED, __ATOMIC_RELEASE);
	error = cvm_cache_free(&vcpu->cache, gpa, op->order);
	return error ? boot_fail(boot, error, "the workload frees pages") : 0;
}

static void replay(struct boot *boot, unsigned vcpu, void *arg)
{
	const struct trace *trace = boot->config->workload;
	struct workload *workload = arg;
	struct vcpu *self = &workload->kernel->vcpus[vcpu];
	struct trace_cursor cursor;
	struct trace_op op;

	trace_start_merged(trace, &cursor, vcpu, boot->machine->vcpus);
	while (trace_next(&cursor, &op) && op.sequence < trace->shell_ops) {
		int error = op.kind == TRACE_ALLOC ? do_alloc(workload, &op, self)
						   : do_free(workload, &op, self);

		if (error || __atomic_load_n(&boot->failed, __ATOMIC_RELAXED))
			break;
	}
	/* The counters at the shell shall count the cache's pages as free. */
	cvm_cache_drain(&self->cache);
}

static void report_latency(struct kernel *kernel)
{
	struct boot_report *report = &kernel->boot->report;
	struct latency *all = &kernel->vcpus[0].latency;

	for (unsigned i = 1; i < kernel->boot->machine->vcpus; i++)
		latency_merge(all, &kernel->vcpus[i].latency);
	report->allocation_ns.p50 = latency_quantile(all, 5000);
	report->allocation_ns.p99 = latency_quantile(all, 9900);
	report->allocation_ns.p99_9 = latency_quantile(all, 9990);
	report->allocation_ns.p99_99 = latency_quantile(all, 9999);
	report->allocation_ns.max = all->max;
}

/* Check what the workload has at the shell. */
static void verify(const struct workload *workload, uint64_t ids)
{
	struct boot *boot = workload->kernel->boot;

	for (uint64_t id = 0; id < ids; id++) {
		uint64_t slot = workload->slot[id];

		if (slot && slot != SLOT_FREED)
			boot->report.corrupted += spoiled(boot_va(boot, slot & -UINT64_C(4096)),
							  UINT64_C(1) << (slot >> 1 & 31), id);
	}
}

int workload_run(struct kernel *kernel)
{
	struct workload workload = { .kernel = kernel };
	uint64_t ids = kernel->boot->config->workload->ids, gpa;
	unsigned order = 0;
	int error;

	while (order < CVM_MAX_ORDER && (UINT64_C(4096) << order) < ids * sizeof(*workload.slot))
		order++;
	error = cvm_pages_alloc(&kernel->pages, order, &gpa);
	if (error)
		return boot_fail(kernel->boot, error, "the workload starts");
	workload.slot = boot_va(kernel->boot, gpa);
	if (!kernel->boot->config->hot_add_at) {
		error = hotadd_run(kernel);
		if (error)
			return error;
	}
	for (uint64_t i = 0; i < ids; i++)
		workload.slot[i] = 0;
	smp_on_all(kernel->boot, replay, &workload);
	report_latency(kernel);
	if (kernel->boot->config->verify && !kernel->boot->failed)
		verify(&workload, ids);
	return kernel->boot->failed ? kernel->boot->report.error : 0;
}
