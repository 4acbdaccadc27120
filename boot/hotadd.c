/* SPDX-License-Identifier: MIT */
#include "boot/stages.h"

/*
 * Memory that the host adds while the workload runs. Firmware has told where it may appear (ACPI
 * SRAT), so the table grows over it while one CPU runs, and nothing has to stop later.
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

/* Firmware has accepted all: an empty table, for what comes. */
static int make_table(struct kernel *kernel)
{
	const struct cvm_span *hot = &kernel->boot->machine->hot;
	struct cvm_acceptor_config config = kernel->acceptor.config;
	struct cvm_range range = { hot->start, hot->end, 0, CVM_MEM_UNACCEPTED };
	const struct cvm_map map = { .range = &range, .count = 1 };
	struct cvm_table_plan plan;
	void *table, *claims;
	int error = cvm_table_plan(&map, kernel->boot->config->unit_size, &plan);

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

int hotadd_prepare(struct kernel *kernel)
{
	const struct cvm_share_config share = {
		.acceptor = &kernel->acceptor,
		.storage = kernel->shared,
		.capacity = BOOT_SHARED_RANGES,
	};
	int error = 0;

	if (has_hot(kernel))
		error = kernel->acceptor.config.table ? grow_table(kernel) : make_table(kernel);
	return error ? error : cvm_share_init(&kernel->share, &share);
}

int hotadd_run(struct kernel *kernel)
{
	const struct cvm_span *hot = &kernel->boot->machine->hot;
	int error;

	if (!has_hot(kernel))
		return 0;
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
