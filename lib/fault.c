/* SPDX-License-Identifier: MIT */
#include <cvmem/fault.h>

#include "internal.h"
#include "map_internal.h"
#include "share_internal.h"

/* Acceptance on fault: preparation, service, acceptance ahead, and detection of attacks. */

#define NONE	   1 /* where no unit begins */
#define MAX_STREAK 63

int cvm_fault_init(struct cvm_fault *fault, const struct cvm_fault_config *config)
{
	if (!config->acceptor || !config->acceptor->config.table ||
	    !config->acceptor->config.claims || !config->cpu || !config->cpus ||
	    !config->declared || !config->max_declared)
		return CVM_EINVAL;
	cvm_clear(fault, sizeof(*fault));
	cvm_copy(&fault->config, config, sizeof(*config));
	for (unsigned i = 0; i < config->cpus; i++) {
		cvm_clear(&config->cpu[i], sizeof(config->cpu[i]));
		config->cpu[i].last_spurious_unit = config->cpu[i].next = NONE;
	}
	return 0;
}

int cvm_fault_declare(struct cvm_fault *fault, uint64_t start, uint64_t end)
{
	struct cvm_span *range = &fault->config.declared[fault->declared];

	if (start >= end || end > CVM_PHYS_END || fault->started)
		return CVM_EINVAL;
	if (fault->declared == fault->config.max_declared)
		return CVM_ENOSPC;
	range->start = start;
	range->end = end;
	fault->declared++;
	return 0;
}

int cvm_fault_start(struct cvm_fault *fault)
{
	struct cvm_acceptor *acceptor = fault->config.acceptor;

	if (!fault->declared)
		return CVM_EINVAL;
	for (size_t i = 0; i < fault->declared; i++) {
		const struct cvm_span *range = &fault->config.declared[i];
		int error;

		if (fault->config.map &&
		    !cvm_map_has_memory(fault->config.map, range->start, range->end))
			return CVM_EINVAL;
		if (fault->config.share &&
		    cvm_is_shared(fault->config.share, range->start, range->end))
			return CVM_EBUSY;
		error = cvm_accept(acceptor, range->start, range->end, CVM_CAUSE_RESERVED);
		if (error)
			return error;
		CVM_ASSERT(!cvm_is_unaccepted(acceptor, range->start, range->end));
	}
	__atomic_store_n(&fault->started, true, __ATOMIC_RELEASE);
	return 0;
}

void cvm_fault_stop(struct cvm_fault *fault)
{
	__atomic_store_n(&fault->started, false, __ATOMIC_RELEASE);
}

_Static_assert(sizeof(struct cvm_fault_stats) == 6 * sizeof(uint64_t),
	       "cvm_fault_get_stats() adds words");

void cvm_fault_get_stats(const struct cvm_fault *fault, struct cvm_fault_stats *out)
{
	cvm_clear(out, sizeof(*out));
	for (unsigned i = 0; i < fault->config.cpus; i++) {
		const uint64_t *from = (const uint64_t *)&fault->config.cpu[i].stats;
		uint64_t *to = (uint64_t *)out;

		for (size_t k = 0; k < sizeof(*out) / sizeof(*to); k++)
			to[k] += __atomic_load_n(&from[k], __ATOMIC_RELAXED);
	}
}

/* The RAM that holds gpa; false: none. */
static bool find_ram(const struct cvm_fault *fault, uint64_t gpa, uint64_t *end)
{
	const struct cvm_table *table = fault->config.acceptor->config.table;
	const struct cvm_range *range;

	if (!fault->config.map) {
		*end = cvm_table_end(table);
		return gpa >= table->phys_base && gpa < *end;
	}
	range = cvm_map_find(fault->config.map, gpa);
	if (!range || !cvm_range_is_memory(range))
		return false;
	*end = cvm_min(range->end, cvm_table_end(table));
	return true;
}

/* After the unit that ends at `start`: further unclaimed units. */
static void accept_ahead(struct cvm_fault *fault, struct cvm_fault_cpu *cpu, uint64_t start,
			 uint64_t end)
{
	struct cvm_acceptor *acceptor = fault->config.acceptor;
	uint64_t unit = acceptor->config.table->unit_size, at = start;

	if (cpu->next != start - unit)
		cpu->batch = 0;
	else
		cpu->batch = (uint32_t)cvm_min(cpu->batch ? 2 * (uint64_t)cpu->batch : 1,
					       fault->config.max_batch);
	for (uint32_t i = 0; i < cpu->batch && end - at >= unit && at < end; i++, at += unit) {
		if (!cvm_table_any(acceptor->config.table, at, at + unit))
			continue;
		/* Not to the unit's end: its guard is not needed yet. */
		if (!cvm_accept_nowait(acceptor, at, at + 1, CVM_CAUSE_FAULT))
			cpu->stats.ahead += unit;
	}
	cpu->next = at;
}

static int serve(struct cvm_fault *fault, struct cvm_fault_cpu *cpu, uint64_t gpa, uint64_t ram_end,
		 bool may_wait)
{
	struct cvm_acceptor *acceptor = fault->config.acceptor;
	const struct cvm_table *table = acceptor->config.table;
	uint64_t page = cvm_round_down(gpa, CVM_PAGE_SIZE);
	int error = (may_wait ? cvm_accept : cvm_accept_nowait)(
		acceptor, page, page + CVM_PAGE_SIZE, CVM_CAUSE_FAULT);

	/* It may have been the guard unit alone. */
	if (error && !cvm_table_any(table, page, page + CVM_PAGE_SIZE))
		error = 0;
	if (error) {
		cpu->stats.busy += error == CVM_EBUSY;
		return error;
	}
	cpu->stats.accepted++;
	cpu->last_spurious_unit = NONE;
	cpu->spurious_streak = 0;
	if (cpu->depth == 1)
		accept_ahead(fault, cpu, cvm_round_down(gpa, table->unit_size) + table->unit_size,
			     ram_end);
	return 0;
}

/* A fault on memory that is accepted: a race with another CPU, or an attack. */
static int classify(struct cvm_fault *fault, struct cvm_fault_cpu *cpu, uint64_t gpa)
{
	const struct cvm_fault_config *config = &fault->config;
	struct cvm_platform *platform = config->acceptor->config.platform;
	const struct cvm_host *host = &config->acceptor->host;
	uint64_t unit = cvm_round_down(gpa, config->acceptor->config.table->unit_size);
	uint64_t page = cvm_round_down(gpa, CVM_PAGE_SIZE);
	int shared = 0;

	if (config->share)
		shared = cvm_share_try_is_shared(config->share, page, page + CVM_PAGE_SIZE);
	if (shared == CVM_EBUSY) {
		cpu->stats.busy++;
		return CVM_EBUSY;
	}
	if (shared)
		return CVM_EINVAL;
	if (cpu->last_spurious_unit != unit && cpu->spurious_streak < MAX_STREAK) {
		cpu->last_spurious_unit = unit;
		cpu->spurious_streak++;
		cpu->stats.spurious++;
		return 0;
	}
	cpu->stats.attacks++;
	if (!host->on_attack ||
	    host->on_attack(host->ctx, CVM_ATTACK_PAGE_GONE, page, 0) != CVM_VERDICT_CONTINUE)
		platform->terminate(platform, CVM_TERMINATE_PAGE_GONE, page);
	return CVM_EALREADY;
}

int cvm_fault_handle(struct cvm_fault *fault, unsigned number, uint64_t gpa, unsigned flags)
{
	const struct cvm_table *table = fault->config.acceptor->config.table;
	struct cvm_fault_cpu *cpu;
	uint64_t ram_end;
	int error;

	if (!__atomic_load_n(&fault->started, __ATOMIC_ACQUIRE) || number >= fault->config.cpus)
		return CVM_EINVAL;
	cpu = &fault->config.cpu[number];
	cpu->stats.faults++;
	if (!find_ram(fault, gpa, &ram_end))
		return CVM_ERANGE;
	if (!cvm_table_any(table, gpa, gpa + 1))
		return classify(fault, cpu, gpa);

	/* The exceptions in between are this CPU's own: the compiler alone must keep the order. */
	cpu->depth++;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	error = serve(fault, cpu, gpa, ram_end, (flags & CVM_FAULT_MAY_WAIT) && cpu->depth == 1);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	cpu->depth--;
	return error;
}
