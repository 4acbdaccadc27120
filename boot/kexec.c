/* SPDX-License-Identifier: MIT */
#include <cvmem/handover.h>

#include "boot/spoiled.h"
#include "boot/stages.h"

/*
 * The next kernel: its image is written into memory that is accepted for it, it is given the table
 * in place and an E820 table of this moment, and takes everything else over as free memory. The
 * other vCPUs wait meanwhile, or leave this program where it jumps to another one.
 * docs/handover.md has the order of the steps.
 */

#define SECTION (UINT64_C(2) << 20)

/* Behind the image; the next kernel's, until it has read the table. */
struct tail {
	uint8_t e820[BOOT_MAX_RANGES * CVM_E820_ENTRY];
	struct cvm_range ranges[BOOT_MAX_RANGES];
};

/* Unaccepted memory, so that accepting is part of it; else any that this kernel can allocate. */
static int find_place(struct kernel *kernel, uint64_t bytes, uint64_t *gpa)
{
	const struct cvm_table *table = kernel->acceptor.config.table;
	uint64_t start = 0, end = CVM_PHYS_END;
	unsigned order = 0;

	while (table && cvm_table_next(table, &start, &end, false)) {
		*gpa = (start + SECTION - 1) & -SECTION;
		if (*gpa < end && end - *gpa >= bytes)
			return 0;
		start = end;
		end = CVM_PHYS_END;
	}
	while (UINT64_C(4096) << order < bytes)
		order++;
	return cvm_pages_alloc(&kernel->pages, order, gpa);
}

static void write_image(const struct boot *boot, const struct handoff *next)
{
	uint64_t *word = boot_va(boot, next->kernel);

	for (uint64_t i = 0; i < next->kernel_bytes / 8; i++)
		word[i] = next->kernel ^ i;
}

/* What this kernel was loaded as, behind its variables. */
static uint64_t spoiled_pages(const struct boot *boot, const struct handoff *next)
{
	const uint64_t *word = boot_va(boot, next->kernel);
	struct spoiled spoiled = { 0 };

	for (uint64_t i = sizeof(struct kernel) / 8; i < next->kernel_bytes / 8; i++)
		if (word[i] != (next->kernel ^ i))
			spoiled_word(&spoiled, next->kernel + 8 * i);
	return spoiled.pages;
}

static int describe(struct kernel *kernel, struct cvm_handover *handover, struct handoff *next)
{
	struct tail *tail = boot_va(kernel->boot, next->e820);
	struct cvm_map map;
	size_t needed = 0;
	int error;

	cvm_map_init(&map, tail->ranges, BOOT_MAX_RANGES);
	error = cvm_handover_map(handover, &map);
	if (!error)
		error = cvm_map_write_e820(&map, tail->e820, sizeof(tail->e820), 1, &needed);
	next->e820_bytes = needed;
	return error;
}

static int hand_over(struct kernel *kernel, struct handoff *next)
{
	struct cvm_handover handover = {
		.acceptor = &kernel->acceptor,
		.share = &kernel->share,
		.map = &kernel->map,
		.flags = CVM_HANDOVER_WAIT,
	};
	const struct boot_machine *machine = kernel->boot->machine;
	struct cvm_span segment;
	int error;

	next->image_bytes = machine->image ? machine->image->bytes : 0;
	error = find_place(kernel, next->image_bytes + next->kernel_bytes + sizeof(struct tail),
			   &next->image);
	if (error)
		return error;
	next->kernel = next->image + next->image_bytes;
	next->e820 = (next->kernel + next->kernel_bytes + 4095) & ~4095ull;
	segment.start = next->image;
	segment.end = (next->e820 + sizeof(struct tail) + 4095) & ~4095ull;
	error = cvm_handover_segments(&handover, &segment, 1, NULL);
	if (error)
		return error;
	write_image(kernel->boot, next);
	if (machine->image) {
		machine->image->load(machine->ctx, next->image);
		smp_finish(kernel->boot);
	}
	kernel->boot->report.kexec_bytes += segment.end - segment.start;
	error = cvm_handover_freeze(&handover);
	return error ? error : describe(kernel, &handover, next);
}

int kexec_run(struct kernel *kernel, struct handoff *handoff)
{
	struct boot *boot = kernel->boot;
	const struct boot_image *image = boot->machine->image;
	struct handoff next = *handoff;
	int error;

	on_fault_finish(kernel);
	next.initrd = next.initrd_bytes = 0;
	error = hand_over(kernel, &next);
	if (error)
		return boot_fail(boot, error, "the kernel hands over to the next one");
	boot->report.corrupted += spoiled_pages(boot, &next);
	boot->report.allocations = 0;
	boot->report.kexecs++;
	if (image) {
		const struct boot_start start = {
			.handoff = next,
			.report = boot->report,
			.power_on = boot->power_on,
		};

		image->jump(boot->machine->ctx, next.image, &start);
	}
	*handoff = next;
	return 0;
}
