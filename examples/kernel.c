/* SPDX-License-Identifier: MIT */
#include "kernel.h"

/*
 * How a kernel uses the library, on one CPU and without a C library: it finds its platform, takes
 * over what the loader left, and has pages, memory for devices, and a handler of faults.
 * More CPUs need a GHCB and a struct cvm_fault_cpu each, a struct cvm_host with at least irq_save
 * and irq_restore, and may have a struct cvm_cache each.
 */

#define RANGES	    128
#define TABLE_BYTES (64u << 10) /* for 1 TiB, if the loader leaves no table */

static struct cvm_platform *platform;
static struct cvm_tdx tdx;
static struct cvm_snp snp;
static struct cvm_snp_ghcb ghcb;
static struct cvm_range ranges[RANGES];
static struct cvm_map map;
static uint64_t table_storage[TABLE_BYTES / 8];
static struct cvm_acceptor acceptor;
static struct cvm_span reserved[RANGES];
static struct cvm_early early;
static struct cvm_pages pages;
static struct cvm_shared shared[RANGES];
static struct cvm_share share;
static struct cvm_fault_cpu fault_cpu;
static struct cvm_span declared[4];
static struct cvm_fault fault;

/* Until the GHCB is registered the MSR protocol is used. */
static const struct cvm_snp_ghcb *ghcb_get(void *ctx, struct cvm_snp_ghcb_state *state)
{
	(void)ctx;
	(void)state;
	return ghcb.va ? &ghcb : NULL;
}

static void ghcb_put(void *ctx, const struct cvm_snp_ghcb *unused, struct cvm_snp_ghcb_state *state)
{
	(void)ctx;
	(void)state;
	(void)unused;
}

/* CPUID 0x8000001f EBX[5:0] */
static unsigned find_c_bit(const struct kmem_boot *boot)
{
	struct cvm_cpuid sev = { 0x8000001f, 0, 0, 0 };

	if (boot->cpuid)
		boot->cpuid(0x8000001f, 0, &sev);
	else
		__asm__ volatile("cpuid"
				 : "+a"(sev.eax), "=b"(sev.ebx), "+c"(sev.ecx), "=d"(sev.edx));
	return sev.ebx & 63;
}

static int start_snp(const struct kmem_boot *boot)
{
	const struct cvm_snp_config config = {
		.direct_map = boot->direct_map,
		.c_bit = find_c_bit(boot),
		.cpuid = boot->cpuid,
		.ghcb_get = ghcb_get,
		.ghcb_put = ghcb_put,
		.vmgexit = boot->vmgexit,
	};
	uint64_t done;
	int error = cvm_snp_init(&snp, &config);

	if (!error)
		error = platform->set_shared(platform, boot->ghcb, boot->ghcb + 4096, &done);
	if (!error)
		error = cvm_snp_register_ghcb(&snp, boot->ghcb);
	if (error)
		return error;
	ghcb.gpa = boot->ghcb;
	ghcb.va = (void *)(boot->shared_map + boot->ghcb);
	return 0;
}

/* snippet: accept */
static int start_platform(const struct kmem_boot *boot)
{
	switch (cvm_platform_detect(boot->cpuid)) {
	case CVM_PLATFORM_TDX:
		platform = &tdx.platform;
		return cvm_tdx_init(&tdx);
	case CVM_PLATFORM_SNP:
		platform = &snp.platform;
		return start_snp(boot);
	default:
		return CVM_ENODEV;
	}
}

/* The table is EFI's, after cvm_table_check(), or the kernel's, by cvm_table_build(). The claims
 * follow by cvm_acceptor_set_claims(), once there is memory for them. */
static int start_acceptor(struct cvm_table *table)
{
	const struct cvm_acceptor_config config = {
		.table = table,
		.platform = platform,
		.guard = true,
	};

	return cvm_acceptor_init(&acceptor, &config);
}

/* Any CPU, before the first access to memory that no allocator has. */
int kmem_accept(uint64_t start, uint64_t end)
{
	return cvm_accept(&acceptor, start, end, CVM_CAUSE_RESERVED);
}
/* end of snippet */

/* For parts of ranges that the table does not cover. Without an acceptor, terminating the guest
 * after an attack is the caller's duty. */
static int accept_now(void *ctx, uint64_t start, uint64_t end)
{
	struct cvm_accept_result result = { 0 };
	int error = platform->accept(platform, start, end, &result);

	(void)ctx;
	if (error == CVM_EALREADY)
		platform->terminate(platform, CVM_TERMINATE_ALREADY_ACCEPTED, result.where);
	return error;
}

/* NULL: all memory is accepted. */
static int find_table(const struct kmem_boot *boot, struct cvm_table **table)
{
	struct cvm_table_plan plan;
	int error;

	*table = boot->table;
	if (boot->table)
		return cvm_table_check(boot->table, boot->table_bytes, &map);
	error = cvm_table_plan(&map, CVM_UNIT_DEFAULT, &plan);
	if (error || !plan.bytes)
		return error;
	*table = (struct cvm_table *)table_storage;
	error = cvm_table_init(*table, sizeof(table_storage), &plan);
	return error ? error : cvm_table_build(*table, &map, accept_now, NULL);
}

static int early_alloc(const struct kmem_boot *boot, size_t bytes, void **va)
{
	const struct cvm_early_request request = {
		.size = bytes,
		.align = 64,
		.flags = CVM_EARLY_PREFER_ACCEPTED,
	};
	uint64_t gpa;
	int error = cvm_early_alloc(&early, &request, &gpa);

	if (!error)
		*va = (void *)(boot->direct_map + gpa);
	return error;
}

/* The claims are the first that it hands out, from memory that is accepted already. */
static int start_early(const struct kmem_boot *boot, const struct cvm_table *table)
{
	void *claims;
	int error;

	cvm_early_init(&early, &map, &acceptor, reserved, RANGES);
	error = cvm_early_reserve(&early, boot->image, boot->image_end);
	if (!error && ghcb.va)
		error = cvm_early_reserve(&early, ghcb.gpa, ghcb.gpa + 4096);
	if (error || !table)
		return error;
	error = early_alloc(boot, cvm_claims_bytes(table), &claims);
	if (!error)
		cvm_acceptor_set_claims(&acceptor, (struct cvm_claim *)claims);
	return error;
}

static int start_pages(const struct kmem_boot *boot)
{
	struct cvm_pages_config config = {
		.acceptor = &acceptor,
		.direct_map = boot->direct_map,
		.seed_bytes = CVM_PAGES_SEED,
	};
	uint64_t start = 0, end = 0;
	int error;

	while (cvm_early_next_free(&early, &start, &end))
		start = config.end = end;
	if (!cvm_pages_index_bytes(0, config.end))
		return CVM_ERANGE;
	error = early_alloc(boot, cvm_pages_index_bytes(0, config.end), &config.index);
	if (!error)
		error = early_alloc(boot, config.seed_bytes, &config.seed);
	if (!error)
		error = cvm_pages_init(&pages, &config);
	for (start = 0; !error && cvm_early_next_free(&early, &start, &end); start = end)
		error = cvm_pages_add(&pages, start, end);
	return error;
}

static int start_share(void)
{
	const struct cvm_share_config config = {
		.acceptor = &acceptor,
		.storage = shared,
		.capacity = RANGES,
	};
	int error = cvm_share_init(&share, &config);

	if (!error && ghcb.va)
		error = cvm_share_register(&share, ghcb.gpa, ghcb.gpa + 4096);
	return error;
}

/* What the handler itself needs must never fault. */
static int start_faults(const struct kmem_boot *boot)
{
	const struct cvm_fault_config config = {
		.acceptor = &acceptor,
		.map = &map,
		.share = &share,
		.cpu = &fault_cpu,
		.cpus = 1,
		.declared = declared,
		.max_declared = sizeof(declared) / sizeof(declared[0]),
	};
	int error = cvm_fault_init(&fault, &config);

	if (!error)
		error = cvm_fault_declare(&fault, boot->image, boot->image_end);
	return error ? error : cvm_fault_start(&fault);
}

int kmem_start(const struct kmem_boot *boot)
{
	struct cvm_table *table;
	int error;

	cvm_map_init(&map, ranges, RANGES);
	error = cvm_map_read_e820(&map, boot->e820, boot->e820_bytes, 8);
	if (!error)
		error = start_platform(boot);
	/* What lies at or above the shared bit or C-bit is left out: a kernel warns of it. */
	if (!error && platform->gpa_end)
		cvm_map_limit(&map, platform->gpa_end);
	if (!error)
		error = find_table(boot, &table);
	if (!error)
		error = start_acceptor(table);
	if (!error)
		error = start_early(boot, table);
	if (!error)
		error = start_pages(boot);
	if (!error)
		error = start_share();
	return error || !table ? error : start_faults(boot);
}

int kmem_alloc(unsigned order, uint64_t *gpa)
{
	return cvm_pages_alloc(&pages, order, gpa);
}

int kmem_free(uint64_t gpa, unsigned order)
{
	return cvm_pages_free(&pages, gpa, order);
}

int kmem_dma_alloc(unsigned order, uint64_t *gpa)
{
	int error = cvm_pages_alloc(&pages, order, gpa);

	if (error)
		return error;
	/* A kernel whose page tables have one view at a time changes them here. */
	error = cvm_set_shared(&share, *gpa, *gpa + (UINT64_C(4096) << order), NULL);
	/* Fails, and the block is lost, if the host does not let all of it be private again. */
	if (error)
		cvm_pages_free(&pages, *gpa, order);
	return error;
}

int kmem_dma_free(uint64_t gpa, unsigned order)
{
	int error = cvm_set_private(&share, gpa, gpa + (UINT64_C(4096) << order), NULL);

	return error ? error : cvm_pages_free(&pages, gpa, order);
}

int kmem_fault(uint64_t gpa)
{
	return cvm_fault_handle(&fault, 0, gpa, 0);
}
