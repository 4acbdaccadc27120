/* SPDX-License-Identifier: MIT */
#include <cvmem/handover.h>

#include "boot/stages.h"

/*
 * The kernel: checks what it was handed, makes its acceptor and allocators, and under
 * the eager policy accepts everything before anything runs. Under the background policy it
 * gives idle vCPUs a reserve to keep.
 */

#define CHUNK	    (UINT64_C(32) << 20)
#define EARLY_BLOCK (UINT64_C(64) << 10)

static int read_handoff(struct kernel *kernel, const struct handoff *handoff)
{
	struct boot *boot = kernel->boot;
	int error;

	cvm_map_init(&kernel->map, kernel->ranges, BOOT_MAX_RANGES);
	error = cvm_map_read_e820(&kernel->map, boot_va(boot, handoff->e820), handoff->e820_bytes,
				  8);
	if (error)
		return error;
	/* Firmware has left out what cannot be addressed: more of it is not firmware's. */
	error = boot_limit_map(boot, &kernel->map);
	if (error)
		return error;
	return 0;
}

/* The table, which the loader or a kernel has left in place. */
static int start_acceptor(struct kernel *kernel, const struct handoff *handoff)
{
	const struct boot_machine *machine = kernel->boot->machine;
	const struct cvm_acceptor_config config = {
		.table = handoff->table ? boot_va(kernel->boot, handoff->table) : NULL,
		.platform = machine->platform,
		.guard = true,
		.host = &machine->host,
		.events = machine->events,
	};

	return cvm_handover_import(&kernel->acceptor, &config, handoff->table, handoff->table_bytes,
				   &kernel->map);
}

static int early_alloc(struct kernel *kernel, uint64_t bytes, uint64_t align, void **va)
{
	uint64_t gpa;
	int error = cvm_early_alloc(
		&kernel->early,
		&(struct cvm_early_request){
			.size = bytes, .align = align, .flags = CVM_EARLY_PREFER_ACCEPTED },
		&gpa);

	if (!error)
		*va = boot_va(kernel->boot, gpa);
	return error;
}

/* What a kernel takes before it has pages: page tables, per-CPU areas, hash tables. */
static int take_early(struct kernel *kernel)
{
	uint64_t left = kernel->boot->config->workload->early_bytes;

	while (left) {
		uint64_t bytes = left < EARLY_BLOCK ? left : EARLY_BLOCK;
		uint64_t *word;
		int error = early_alloc(kernel, bytes, 4096, (void **)&word);

		if (error)
			return error;
		for (uint64_t i = 0; i < bytes / 8; i++)
			word[i] = 0;
		left -= bytes;
	}
	return 0;
}

static int start_early(struct kernel *kernel, const struct handoff *handoff)
{
	struct cvm_claim *claims;
	int error;

	cvm_early_init(&kernel->early, &kernel->map, &kernel->acceptor, kernel->reserved,
		       BOOT_MAX_RANGES);
	error = cvm_early_reserve(&kernel->early, handoff->kernel,
				  handoff->kernel + handoff->kernel_bytes);
	if (!error && handoff->image_bytes)
		error = cvm_early_reserve(&kernel->early, handoff->image,
					  handoff->image + handoff->image_bytes);
	if (!error && handoff->initrd_bytes)
		error = cvm_early_reserve(&kernel->early, handoff->initrd,
					  handoff->initrd + handoff->initrd_bytes);
	if (error || !kernel->acceptor.config.table)
		return error;
	error = early_alloc(kernel, cvm_claims_bytes(kernel->acceptor.config.table), 64,
			    (void **)&claims);
	if (!error)
		cvm_acceptor_set_claims(&kernel->acceptor, claims);
	return error;
}

static void accept_chunks(struct boot *boot, unsigned vcpu, void *arg)
{
	struct kernel *kernel = arg;
	uint64_t end = cvm_table_end(kernel->acceptor.config.table);

	for (;;) {
		uint64_t start = __atomic_fetch_add(&kernel->next_chunk, CHUNK, __ATOMIC_RELAXED);
		uint64_t stop = start + CHUNK < end ? start + CHUNK : end;
		int error;

		if (start >= end)
			return;
		error = cvm_accept(&kernel->acceptor, start, stop, CVM_CAUSE_EAGER);
		if (error)
			boot_fail(boot, error, "the kernel accepts all memory");
	}
}

static int start_pages(struct kernel *kernel)
{
	const struct boot_machine *machine = kernel->boot->machine;
	struct cvm_pages_config config = {
		.acceptor = on_fault_acceptor(kernel),
		.direct_map = machine->direct_map,
		.seed_bytes = CVM_PAGES_SEED,
	};
	uint64_t start = 0, end, top = 0;
	int error;

	while (cvm_early_next_free(&kernel->early, &start, &end))
		start = top = end;
	top = machine->hot.end > top ? machine->hot.end : top;
	config.end = top;
	if (!cvm_pages_index_bytes(0, top))
		return CVM_ERANGE;
	error = early_alloc(kernel, cvm_pages_index_bytes(0, top), 64, &config.index);
	if (!error)
		error = early_alloc(kernel, config.seed_bytes, 64, &config.seed);
	if (!error)
		error = cvm_pages_init(&kernel->pages, &config);
	for (start = 0; !error && cvm_early_next_free(&kernel->early, &start, &end); start = end)
		error = cvm_pages_add(&kernel->pages, start, end);
	return error;
}

static int start_vcpus(struct kernel *kernel)
{
	unsigned vcpus = kernel->boot->machine->vcpus;
	int error =
		early_alloc(kernel, vcpus * sizeof(*kernel->vcpus), 64, (void **)&kernel->vcpus);

	for (unsigned i = 0; !error && i < vcpus; i++) {
		cvm_cache_init(&kernel->vcpus[i].cache, &kernel->pages);
		latency_clear(&kernel->vcpus[i].latency);
	}
	return error;
}

int kernel_start(struct boot *boot, const struct handoff *handoff, struct kernel **out)
{
	struct kernel *kernel = boot_va(boot, handoff->kernel);
	const struct cvm_table *table;
	int error;

	kernel->boot = boot;
	error = read_handoff(kernel, handoff);
	if (!error)
		error = start_acceptor(kernel, handoff);
	if (error)
		return boot_fail(boot, error, "the kernel checks what the loader hands over");
	table = kernel->acceptor.config.table;
	error = start_early(kernel, handoff);
	if (error)
		return boot_fail(boot, error, "the kernel starts its boot allocator");
	if (boot->config->policy == BOOT_EAGER && table) {
		kernel->next_chunk = table->phys_base;
		smp_on_all(boot, accept_chunks, kernel);
		if (boot->failed)
			return boot->report.error;
	}
	error = hotadd_prepare(kernel);
	if (error)
		return boot_fail(boot, error, "the kernel makes room for hot memory");
	error = take_early(kernel);
	if (!error)
		error = crash_prepare(kernel, handoff);
	if (error)
		return boot_fail(boot, error, "the kernel allocates before it has pages");
	error = on_fault_start(kernel, handoff);
	if (error)
		return boot_fail(boot, error, "the kernel prepares for faults");
	error = start_vcpus(kernel);
	if (!error)
		error = start_pages(kernel);
	if (error)
		return boot_fail(boot, error, "the kernel starts its page allocator");
	/* The initrd is unpacked by the workload, which has the pages for it. */
	if (handoff->initrd_bytes) {
		error = cvm_pages_add(&kernel->pages, handoff->initrd,
				      (handoff->initrd + handoff->initrd_bytes) & ~4095ull);
		if (error)
			return boot_fail(boot, error, "the kernel frees the initrd");
	}
	error = giveback_start(kernel);
	if (error)
		return boot_fail(boot, error, "the kernel makes its balloon");
	if (boot->config->policy == BOOT_BACKGROUND) {
		error = acceptor_start(kernel);
		if (error)
			return boot_fail(boot, error, "the kernel starts its background acceptor");
	}
	*out = kernel;
	return 0;
}
