/* SPDX-License-Identifier: MIT */
#include "boot/stages.h"

/*
 * Memory that the kernel gives back to the host while the workload runs, and takes again: one range
 * that is removed, as a DIMM is, and whole units in a balloon.
 */

static uint64_t unit_size(const struct kernel *kernel)
{
	return kernel->acceptor.config.table->unit_size;
}

/* The units that allocator and table both have. */
static void bounds(const struct kernel *kernel, uint64_t *low, uint64_t *high)
{
	const struct cvm_pages_config *pages = &kernel->pages.config;
	const struct cvm_table *table = kernel->acceptor.config.table;
	uint64_t unit = unit_size(kernel), end = cvm_table_end(table);

	*low = pages->start > table->phys_base ? pages->start : table->phys_base;
	*low = (*low + unit - 1) & -unit;
	*high = (pages->end < end ? pages->end : end) & -unit;
}

/* Takes the highest range of `bytes` that is free out of the allocator. */
static int isolate(struct kernel *kernel, uint64_t bytes, uint64_t *start)
{
	const struct boot_machine *machine = kernel->boot->machine;
	struct cvm_page_in_use in_use;
	uint64_t low, high;
	int error;

	bounds(kernel, &low, &high);
	while (low < high && high - low >= bytes) {
		*start = high - bytes;
		error = cvm_pages_remove(&kernel->pages, *start, high, &in_use);
		if (error != CVM_EBUSY)
			return error;
		if (in_use.reason == CVM_IN_USE_POPULATING)
			machine->host.relax(machine->host.ctx, CVM_WAIT_PAGES, in_use.where);
		else
			high = in_use.where & -unit_size(kernel);
	}
	return CVM_ENOMEM;
}

static int remove_range(struct kernel *kernel)
{
	struct boot_report *report = &kernel->boot->report;
	uint64_t bytes = kernel->boot->config->remove.bytes, start;
	int error = isolate(kernel, bytes, &start);

	if (!error)
		error = cvm_memory_release(&kernel->share, start, start + bytes, NULL);
	if (error)
		return boot_fail(kernel->boot, error, "the kernel removes memory");
	kernel->removed = start;
	__atomic_store_n(&report->removed, bytes, __ATOMIC_RELEASE);
	return 0;
}

static int add_again(struct kernel *kernel)
{
	uint64_t start = kernel->removed, end = start + kernel->boot->config->remove.bytes;
	int error = cvm_memory_add(&kernel->share, start, end, NULL);

	if (!error)
		error = cvm_pages_add(&kernel->pages, start, end);
	if (error)
		return boot_fail(kernel->boot, error, "the kernel adds removed memory again");
	kernel->boot->report.added_again = end - start;
	return 0;
}

static int inflate(struct kernel *kernel)
{
	uint64_t done;
	int error =
		cvm_balloon_inflate(&kernel->balloon, kernel->boot->config->balloon.bytes, &done);

	if (error)
		return boot_fail(kernel->boot, error, "the balloon gives memory to the host");
	__atomic_store_n(&kernel->boot->report.balloon_given, done, __ATOMIC_RELEASE);
	return 0;
}

static int deflate(struct kernel *kernel)
{
	uint64_t done;
	int error =
		cvm_balloon_deflate(&kernel->balloon, kernel->boot->config->balloon.bytes, &done);

	kernel->boot->report.balloon_taken = done;
	return error ? boot_fail(kernel->boot, error, "the balloon takes memory again") : 0;
}

/* The other vCPU that gives it: false if it fails. */
static bool wait_until_given(struct kernel *kernel, const uint64_t *given)
{
	const struct boot_machine *machine = kernel->boot->machine;

	while (!__atomic_load_n(given, __ATOMIC_ACQUIRE)) {
		if (__atomic_load_n(&kernel->boot->failed, __ATOMIC_RELAXED))
			return false;
		machine->host.relax(machine->host.ctx, CVM_WAIT_PAGES, 0);
	}
	return true;
}

/* One of both, if it is due. */
static int give_and_take(struct kernel *kernel, const struct boot_giveback *what, uint64_t count,
			 const uint64_t *given, int (*give)(struct kernel *kernel),
			 int (*take)(struct kernel *kernel))
{
	int error;

	if (!what->bytes)
		return 0;
	if (count == what->from)
		return give(kernel);
	if (!what->to || count != what->to)
		return 0;
	error = wait_until_given(kernel, given) ? take(kernel) : kernel->boot->report.error;
	if (!error && kernel->boot->reserve)
		acceptor_ring(kernel->boot);
	return error;
}

int giveback_run(struct kernel *kernel, uint64_t count)
{
	const struct boot_config *config = kernel->boot->config;
	struct boot_report *report = &kernel->boot->report;
	int error = give_and_take(kernel, &config->remove, count, &report->removed, remove_range,
				  add_again);

	return error ? error
		     : give_and_take(kernel, &config->balloon, count, &report->balloon_given,
				     inflate, deflate);
}

bool giveback_is_configured(const struct boot *boot)
{
	return boot->config->remove.bytes || boot->config->balloon.bytes;
}

uint64_t giveback_units(const struct kernel *kernel)
{
	return giveback_is_configured(kernel->boot)
		       ? kernel->boot->config->balloon.bytes / unit_size(kernel)
		       : 0;
}

int giveback_start(struct kernel *kernel)
{
	const struct cvm_balloon_config config = {
		.pages = &kernel->pages,
		.share = &kernel->share,
		.storage = kernel->balloon_units,
		.capacity = giveback_units(kernel),
	};

	return config.capacity ? cvm_balloon_init(&kernel->balloon, &config) : 0;
}
