/* SPDX-License-Identifier: MIT */
#include <cvmem/handover.h>

#include "boot/stages.h"

/*
 * A crash kernel: it runs in memory that was set aside, and so accepted, when the kernel that dies
 * started; its program is there too, where the machine has one. It is given what the elfcorehdr and
 * firmware's tables would tell: the map, the table and the list of shared memory of the kernel that
 * died, which it only reads. Every page that may be read is read; to touch one that may not would
 * end the machine.
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
	uint64_t seen;	/* what was read, so that reading has an effect */
	uint64_t image; /* its program, if the machine has one */
};

int crash_prepare(struct kernel *kernel, const struct handoff *handoff)
{
	const struct boot_machine *machine = kernel->boot->machine;
	uint64_t image_bytes = machine->image ? machine->image->bytes : 0;
	const struct cvm_early_request request = { .size = image_bytes + sizeof(struct crash),
						   .align = image_bytes
								    ? cvm_level_bytes(CVM_LEVEL_2M)
								    : PAGE,
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
	if (machine->image)
		machine->image->load(machine->ctx, gpa);
	crash = kernel->crash = boot_va(kernel->boot, gpa + image_bytes);
	crash->image = gpa;
	cvm_map_init(&crash->map, crash->ranges, BOOT_MAX_RANGES);
	for (size_t i = 0; !error && i < kernel->map.count; i++) {
		const struct cvm_range *range = &kernel->map.range[i];

		error = cvm_map_add(&crash->map, range->start, range->end - range->start,
				    range->type, range->attr);
	}
	/* Its own memory is no part of what it looks at. */
	if (!error)
		error = cvm_map_set(&crash->map, gpa, (gpa + request.size + PAGE - 1) & -PAGE,
				    CVM_MEM_RESERVED);
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

void crash_look(struct boot *boot, uint64_t gpa)
{
	struct crash *crash = boot_va(boot, gpa);

	for (size_t i = 0; i < crash->map.count; i++) {
		const struct cvm_range *range = &crash->map.range[i];

		for (uint64_t at = range->start; range->type == CVM_MEM_RAM && at < range->end;
		     at += PAGE)
			look_at(boot, crash, at);
	}
}

int crash_run(struct kernel *kernel)
{
	struct boot *boot = kernel->boot;
	const struct boot_image *image = boot->machine->image;
	struct boot_start start = { .report = boot->report, .power_on = boot->power_on };

	if (!kernel->crash)
		return 0;
	start.crash = (uintptr_t)kernel->crash - boot->machine->direct_map;
	if (!image) {
		crash_look(boot, start.crash);
		return 0;
	}
	acceptor_stop(boot);
	smp_finish(boot);
	image->jump(boot->machine->ctx, kernel->crash->image, &start);
	return 0;
}
