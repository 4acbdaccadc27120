/* SPDX-License-Identifier: MIT */
#include "boot/stages.h"

/*
 * Memory that the host adds while the workload runs. Firmware has told where it may appear (ACPI
 * SRAT), so the table grows over it while one CPU runs, and nothing has to stop later. Memory that
 * is given back needs a table as well, and room in the list of what is not private.
 */

static bool has_hot(const struct kernel *kernel)
{
	const struct cvm_span *hot = &kernel->boot->machine->hot;

	return hot->start < hot->end;
}

static int early_alloc(struct kernel *kernel, uint64_t bytes, void **va)
{
	const struct cvm_early_request request = { .size = bytes,
						   .align = 64,
						   .flags = CVM_EARLY_PREFER_ACCEPTED };
	uint64_t gpa;
	int error = cvm_early_alloc(&kernel->early, &request, &gpa);

	if (!error)
		*va = boot_va(kernel->boot, gpa);
	return error;
}

/* What the table has to cover, though all of it is accepted or absent. */
static void find_span(const struct kernel *kernel, struct cvm_range *span)
{
	const struct cvm_span *hot = &kernel->boot->machine->hot;

	span->start = has_hot(kernel) ? hot->start : 0;
	span->end = hot->end;
	span->attr = 0;
	span->type = CVM_MEM_UNACCEPTED;
	if (!giveback_is_configured(kernel->boot))
		return;
	span->start = 0;
	for (size_t i = 0; i < kernel->map.count; i++)
		if (kernel->map.range[i].type == CVM_MEM_RAM &&
		    kernel->map.range[i].end > span->end)
			span->end = kernel->map.range[i].end;
}

/* Firmware has accepted all: an empty table, for what comes. */
static int make_table(struct kernel *kernel)
{
	struct cvm_acceptor_config config = kernel->acceptor.config;
	struct cvm_range range;
	const struct cvm_map map = { .range = &range, .count = 1 };
	struct cvm_table_plan plan;
	void *table, *claims;
	int error;

	find_span(kernel, &range);
	error = cvm_table_plan(&map, kernel->boot->config->unit_size, &plan);
	if (!error)
		error = early_alloc(kernel, plan.bytes, &table);
	if (!error)
		error = cvm_table_init(table, plan.bytes, &plan);
	if (!error)
		error = early_alloc(kernel, cvm_claims_bytes(table), &claims);
	if (error)
		return error;
	config.table = table;
	config.claims = claims;
	config.host = &kernel->boot->machine->host;
	return cvm_acceptor_init(&kernel->acceptor, &config);
}

static int grow_table(struct kernel *kernel)
{
	struct cvm_table_plan plan;
	void *table, *claims;
	uint64_t end = kernel->boot->machine->hot.end;
	int error;

	/* The last byte of its bitmap may reach far. */
	if (end <= cvm_table_end(kernel->acceptor.config.table))
		return 0;
	error = cvm_table_plan_grown(kernel->acceptor.config.table, end, &plan);
	if (!error)
		error = early_alloc(kernel, plan.bytes, &table);
	if (!error)
		error = cvm_table_init(table, plan.bytes, &plan);
	if (!error)
		error = early_alloc(kernel, cvm_claims_bytes(table), &claims);
	return error ? error
		     : cvm_acceptor_grow(&kernel->acceptor, &plan, table, plan.bytes, claims);
}

/* A unit in the balloon may be a range of its own. */
static int make_list(struct kernel *kernel)
{
	uint64_t units = giveback_units(kernel);
	struct cvm_share_config share = { .acceptor = &kernel->acceptor };
	void *storage, *given;
	int error;

	kernel->shared = kernel->few_shared;
	kernel->max_shared = BOOT_SHARED_RANGES + units;
	if (units) {
		error = early_alloc(kernel, kernel->max_shared * sizeof(*kernel->shared), &storage);
		if (!error)
			error = early_alloc(kernel, units * sizeof(*kernel->balloon_units), &given);
		if (error)
			return error;
		kernel->shared = storage;
		kernel->balloon_units = given;
	}
	share.storage = kernel->shared;
	share.capacity = kernel->max_shared;
	return cvm_share_init(&kernel->share, &share);
}

int hotadd_prepare(struct kernel *kernel)
{
	int error = 0;

	if (!kernel->acceptor.config.table &&
	    (has_hot(kernel) || giveback_is_configured(kernel->boot)))
		error = make_table(kernel);
	else if (has_hot(kernel))
		error = grow_table(kernel);
	return error ? error : make_list(kernel);
}

int hotadd_run(struct kernel *kernel)
{
	const struct boot_machine *machine = kernel->boot->machine;
	const struct cvm_span *hot = &machine->hot;
	int error;

	if (!has_hot(kernel))
		return 0;
	error = machine->hot_added ? machine->hot_added(machine->ctx) : 0;
	if (!error)
		error = cvm_memory_add(&kernel->share, hot->start, hot->end, NULL);
	if (!error)
		error = cvm_pages_add(&kernel->pages, hot->start, hot->end);
	if (error)
		return boot_fail(kernel->boot, error, "the kernel adds hot memory");
	kernel->boot->report.hot_added = hot->end - hot->start;
	if (kernel->boot->reserve)
		acceptor_ring(kernel->boot);
	return 0;
}
