/* SPDX-License-Identifier: MIT */
#include "boot/stages.h"

/*
 * Firmware: knows the machine's memory, accepts only what it needs, and reports the rest to the
 * loader as unaccepted (EFI memory type 15, UEFI 2.11 section 7.2.3).
 */

#define SECTION	 (UINT64_C(2) << 20)
#define CHUNK	 (UINT64_C(32) << 20)
#define FOUR_GIB (UINT64_C(4) << 30)
#define PAGE	 UINT64_C(4096)

struct accept_job {
	uint64_t next, end;
	int error;
};

/* On every vCPU, as TDVF's mailbox command 3 does: a chunk at a time. */
static void accept_chunks(struct boot *boot, unsigned vcpu, void *arg)
{
	struct accept_job *job = arg;

	for (;;) {
		uint64_t start = __atomic_fetch_add(&job->next, CHUNK, __ATOMIC_RELAXED);
		uint64_t end = start + CHUNK < job->end ? start + CHUNK : job->end;
		int error;

		if (start >= job->end)
			return;
		error = boot_accept(boot, start, end, CVM_CAUSE_FIRMWARE);
		if (error)
			__atomic_store_n(&job->error, error, __ATOMIC_RELAXED);
	}
}

static int accept(struct firmware *firmware, uint64_t start, uint64_t end)
{
	/* Chunks start where 2 MiB pages do. */
	struct accept_job job = { .next = start, .end = end };
	uint64_t head = (start + SECTION - 1) & ~(SECTION - 1);

	if (start < head && head < end) {
		job.end = head;
		accept_chunks(firmware->boot, 0, &job);
		job.next = head;
		job.end = end;
	}
	smp_on_all(firmware->boot, accept_chunks, &job);
	if (job.error)
		return boot_fail(firmware->boot, job.error, "firmware accepts its memory");
	firmware->map_key++;
	if (cvm_map_set(&firmware->map, start, end, CVM_MEM_RAM))
		return boot_fail(firmware->boot, CVM_ENOSPC, "firmware's memory map is full");
	return 0;
}

/* The lowest unaccepted bytes below limit, up to a budget. */
static int accept_share(struct firmware *firmware, uint64_t limit, uint64_t budget)
{
	while (budget) {
		const struct cvm_range *range = firmware->map.range;
		const struct cvm_range *last = range + firmware->map.count;
		uint64_t start, end;
		int error;

		while (range < last && range->type != CVM_MEM_UNACCEPTED)
			range++;
		if (range == last || range->start >= limit)
			return 0;
		start = range->start;
		end = range->end < limit ? range->end : limit;
		if (end - start > budget) {
			uint64_t stop = (start + budget + SECTION - 1) & ~(SECTION - 1);

			end = stop < end ? stop : end;
		}
		error = accept(firmware, start, end);
		if (error)
			return error;
		budget -= end - start < budget ? end - start : budget;
	}
	return 0;
}

/* Firmware's heap: the largest accepted range outside its launch memory. */
static void find_heap(struct firmware *firmware)
{
	uint64_t launch_end = firmware->boot->machine->launch + BOOT_LAUNCH_BYTES;

	for (size_t i = 0; i < firmware->map.count; i++) {
		uint64_t start = firmware->map.range[i].start, end = firmware->map.range[i].end;

		if (firmware->map.range[i].type != CVM_MEM_RAM)
			continue;
		if (start < launch_end && end > launch_end)
			start = launch_end;
		if (end - start > firmware->heap_end - firmware->heap) {
			firmware->heap = start;
			firmware->heap_end = end;
		}
	}
}

int firmware_start(struct boot *boot, struct firmware **out)
{
	const struct boot_config *config = boot->config;
	struct firmware *firmware = boot_va(boot, boot->machine->launch);
	uint64_t limit = UINT64_MAX, budget = config->firmware_accepts;
	int error;

	firmware->boot = boot;
	firmware->heap = firmware->heap_end = firmware->map_key = 0;
	firmware->os_accepts = firmware->exited = false;
	cvm_map_init(&firmware->map, firmware->ranges, BOOT_MAX_RANGES);
	for (size_t i = 0; i < config->map->count; i++) {
		const struct cvm_range *range = &config->map->range[i];
		enum cvm_mem_type type = range->type == CVM_MEM_RAM && !config->firmware_has_run
						 ? CVM_MEM_UNACCEPTED
						 : range->type;

		if (cvm_map_add(&firmware->map, range->start, range->end - range->start, type,
				range->attr))
			return boot_fail(boot, CVM_ENOSPC, "firmware's memory map is full");
	}
	/* Memory beyond cannot be used: it is not reported. */
	boot_limit_map(boot, &firmware->map);
	if (cvm_map_set(&firmware->map, boot->machine->launch,
			boot->machine->launch + BOOT_LAUNCH_BYTES, CVM_MEM_RAM))
		return boot_fail(boot, CVM_ENOSPC, "firmware's memory map is full");

	/* For an OS that does not say that it accepts, all is accepted at ExitBootServices. */
	if (budget == BOOT_FIRMWARE_BELOW_4G || budget == BOOT_FIRMWARE_ALL) {
		limit = FOUR_GIB;
		budget = UINT64_MAX;
	}
	error = config->firmware_has_run ? 0 : accept_share(firmware, limit, budget);
	if (error)
		return error;
	find_heap(firmware);
	*out = firmware;
	return 0;
}

uint64_t firmware_alloc(struct firmware *firmware, uint64_t bytes)
{
	bytes = (bytes + PAGE - 1) & ~(PAGE - 1);
	if (firmware->heap_end - firmware->heap < bytes)
		return 0;
	firmware->heap_end -= bytes;
	return firmware->heap_end;
}

int firmware_get_map(struct firmware *firmware, void *buffer, size_t *bytes, uint64_t *key)
{
	*key = firmware->map_key;
	return cvm_map_write_efi(&firmware->map, buffer, *bytes, FIRMWARE_DESC_BYTES, bytes);
}

void firmware_allow_unaccepted(struct firmware *firmware)
{
	firmware->os_accepts = true;
}

int firmware_exit(struct firmware *firmware, uint64_t key)
{
	/* As OVMF does for SNP guests: before the loader may leave, what the OS cannot accept is
	 * accepted. In a TD OVMF has no protocol by which the OS could say so, and never accepts
	 * memory above 4 GiB for it; this firmware does so on both platforms. */
	if (!firmware->os_accepts) {
		int error = accept_share(firmware, UINT64_MAX, UINT64_MAX);

		if (error)
			return error;
	}
	if (key != firmware->map_key)
		return CVM_EINVAL;
	firmware->exited = true;
	return 0;
}
