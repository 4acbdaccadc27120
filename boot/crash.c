/* SPDX-License-Identifier: MIT */
#include <cvmem/handover.h>

#include "boot/stages.h"

/*
 * A crash kernel: it runs in memory that was set aside, and so accepted, when the first kernel
 * started. It is given what the elfcorehdr and firmware's tables would tell: the map, the table and
 * the list of shared memory of the kernel that died, which it only reads. Every page that may be
 * read is read; to touch one that may not would end the machine.
 */

#define PAGE UINT64_C(4096)

/* All that it has. */
struct crash {
	struct cvm_map map;
	struct cvm_range ranges[BOOT_MAX_RANGES];
	const struct cvm_table *table;
	size_t table_bytes;
	const struct cvm_shared *shared;
	uint64_t max_shared;
	uint64_t seen; /* what was read, so that reading has an effect */
};

int crash_prepare(struct kernel *kernel, const struct handoff *handoff)
{
	const struct cvm_early_request request = { .size = sizeof(struct crash),
						   .align = PAGE,
						   .flags = CVM_EARLY_PREFER_ACCEPTED };
	struct crash *crash;
	uint64_t gpa;
	int error;

	kernel->crash = NULL;
	if (!kernel->boot->config->crash)
		return 0;
	error = cvm_early_alloc(&kernel->early, &request, &gpa);
	if (error)
		return error;
	crash = kernel->crash = boot_va(kernel->boot, gpa);
	cvm_map_init(&crash->map, crash->ranges, BOOT_MAX_RANGES);
	for (size_t i = 0; !error && i < kernel->map.count; i++) {
		const struct cvm_range *range = &kernel->map.range[i];

		error = cvm_map_add(&crash->map, range->start, range->end - range->start,
				    range->type, range->attr);
	}
	crash->table = kernel->acceptor.config.table;
	crash->table_bytes = handoff->table_bytes;
	crash->shared = kernel->shared;
	crash->max_shared = kernel->max_shared;
	crash->seen = 0;
	return error;
}

/* What the host has is no memory of the kernel that died, in either view. */
static bool is_released(const struct crash *crash, uint64_t gpa)
{
	for (uint64_t i = 0; i < crash->max_shared; i++) {
		const struct cvm_shared *range = &crash->shared[i];

		if (gpa >= range->start && gpa < range->end)
			return range->state == CVM_RELEASED || range->state == CVM_WITHDRAWN;
	}
	return false;
}

static void look_at(struct boot *boot, struct crash *crash, uint64_t gpa)
{
	struct boot_crash_report *report = &boot->report.crash;

	if (!cvm_frame_readable(crash->table, crash->table_bytes, gpa)) {
		report->unaccepted += PAGE;
		return;
	}
	if (cvm_frame_shared(crash->shared, crash->max_shared, gpa)) {
		if (is_released(crash, gpa)) {
			report->released += PAGE;
			return;
		}
		report->shared += PAGE;
		crash->seen ^= *(volatile uint64_t *)(gpa + boot->machine->shared_map);
		return;
	}
	report->read += PAGE;
	crash->seen ^= *(volatile uint64_t *)boot_va(boot, gpa);
}

void crash_run(struct boot *boot, struct crash *crash)
{
	for (size_t i = 0; crash && i < crash->map.count; i++) {
		const struct cvm_range *range = &crash->map.range[i];

		for (uint64_t gpa = range->start; range->type == CVM_MEM_RAM && gpa < range->end;
		     gpa += PAGE)
			look_at(boot, crash, gpa);
	}
}
