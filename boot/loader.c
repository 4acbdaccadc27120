/* SPDX-License-Identifier: MIT */
#include "boot/stages.h"

/*
 * The loader: takes firmware's map, tells firmware that the OS accepts memory itself (unless it
 * stands for a loader that does not), builds the table, and places kernel and initrd.
 */

#define KERNEL_ALIGN (UINT64_C(2) << 20)
#define KERNEL_MIN   (UINT64_C(16) << 20) /* as Linux's default load address */

struct loader {
	struct firmware *firmware;
	struct boot *boot;
	struct cvm_map map;
	struct cvm_range ranges[BOOT_MAX_RANGES];
	struct cvm_acceptor acceptor;
	struct cvm_early early;
	struct cvm_span reserved[64];
	struct cvm_table *table;
	uint64_t table_gpa;
	size_t table_bytes;
	struct cvm_claim *claims;
	uint8_t efi_map[BOOT_MAX_RANGES * FIRMWARE_DESC_BYTES];
};

static int read_map(struct loader *loader, uint64_t *key)
{
	size_t bytes = sizeof(loader->efi_map);
	int error = firmware_get_map(loader->firmware, loader->efi_map, &bytes, key);

	if (error)
		return error;
	cvm_map_init(&loader->map, loader->ranges, BOOT_MAX_RANGES);
	return cvm_map_read_efi(&loader->map, loader->efi_map, bytes, FIRMWARE_DESC_BYTES);
}

/* Room for the table and its claims, while firmware still hands out memory. */
static int alloc_table(struct loader *loader)
{
	struct cvm_table_plan plan;
	uint64_t claims;
	int error = cvm_table_plan(&loader->map, loader->boot->config->unit_size, &plan);

	if (error || !plan.bytes)
		return error;
	loader->table_bytes = plan.bytes;
	loader->table_gpa = firmware_alloc(loader->firmware, plan.bytes);
	if (!loader->table_gpa)
		return CVM_ENOMEM;
	loader->table = boot_va(loader->boot, loader->table_gpa);
	error = cvm_table_init(loader->table, plan.bytes, &plan);
	if (error)
		return error;
	claims = firmware_alloc(loader->firmware, cvm_claims_bytes(loader->table));
	if (!claims)
		return CVM_ENOMEM;
	loader->claims = boot_va(loader->boot, claims);
	return 0;
}

/* A loader that does not negotiate fails once: firmware has accepted all and changed the map. */
static int exit_boot_services(struct loader *loader)
{
	uint64_t key;
	int error = CVM_EINVAL;

	for (int attempt = 0; attempt < 2 && error == CVM_EINVAL; attempt++) {
		error = read_map(loader, &key);
		if (error)
			return error;
		error = firmware_exit(loader->firmware, key);
	}
	return error;
}

static int accept_edge(void *ctx, uint64_t start, uint64_t end)
{
	struct loader *loader = ctx;
	int error = boot_accept(loader->boot, start, end, CVM_CAUSE_UNALIGNED);

	if (!error)
		loader->boot->report.edge_bytes += end - start;
	return error;
}

/* Take memory for a file and write it, as reading it from a disk would. */
static int load(struct loader *loader, uint64_t bytes, uint64_t *gpa)
{
	uint64_t *word;
	int error;

	if (!bytes)
		return 0;
	error = cvm_early_alloc(&loader->early,
				&(struct cvm_early_request){ .size = bytes,
							     .align = KERNEL_ALIGN,
							     .min = KERNEL_MIN,
							     .flags = CVM_EARLY_PREFER_ACCEPTED },
				gpa);
	if (error)
		return error;
	word = boot_va(loader->boot, *gpa);
	for (uint64_t i = 0; i < bytes / 8; i++)
		word[i] = i;
	return 0;
}

static int place_images(struct loader *loader, struct handoff *handoff)
{
	const struct trace *workload = loader->boot->config->workload;
	const struct cvm_acceptor_config config = {
		.table = loader->table,
		.claims = loader->claims,
		.platform = loader->boot->machine->platform,
		.guard = true,
		.host = &loader->boot->machine->host,
		.events = loader->boot->machine->events,
	};
	const struct firmware *firmware = loader->firmware;
	uint64_t launch = loader->boot->machine->launch;
	int error = cvm_acceptor_init(&loader->acceptor, &config);

	if (error)
		return error;
	cvm_early_init(&loader->early, &loader->map, &loader->acceptor, loader->reserved,
		       sizeof(loader->reserved) / sizeof(loader->reserved[0]));
	/* Firmware's state and all that it has handed out, the loader itself included. */
	cvm_early_reserve(&loader->early, launch, launch + BOOT_LAUNCH_BYTES);
	cvm_early_reserve(&loader->early, firmware->heap_end,
			  cvm_map_find(&loader->map, firmware->heap_end)->end);
	handoff->kernel_bytes = workload->kernel_bytes > sizeof(struct kernel)
					? workload->kernel_bytes
					: sizeof(struct kernel);
	handoff->initrd_bytes = workload->initrd_bytes;
	error = load(loader, handoff->kernel_bytes, &handoff->kernel);
	return error ? error : load(loader, handoff->initrd_bytes, &handoff->initrd);
}

/* The final map as E820. Unaccepted memory is RAM in it: the table says which is unaccepted. */
static int write_handoff(struct loader *loader, struct handoff *handoff)
{
	uint64_t bytes = BOOT_MAX_RANGES * CVM_E820_ENTRY;
	size_t needed;
	int error;

	error = cvm_early_alloc(&loader->early,
				&(struct cvm_early_request){ .size = bytes,
							     .align = 4096,
							     .flags = CVM_EARLY_PREFER_ACCEPTED },
				&handoff->e820);
	if (error)
		return error;
	if (loader->table) {
		uint64_t end = loader->table_gpa + loader->table_bytes;

		error = cvm_map_set(&loader->map, loader->table_gpa, (end + 4095) & ~4095ull,
				    CVM_MEM_ACPI);
		if (error)
			return error;
	}
	error = cvm_map_write_e820(&loader->map, boot_va(loader->boot, handoff->e820), bytes, 1,
				   &needed);
	handoff->e820_bytes = needed;
	handoff->table = loader->table_gpa;
	handoff->table_bytes = loader->table_bytes;
	return error;
}

int loader_run(struct firmware *firmware, struct handoff *handoff)
{
	struct boot *boot = firmware->boot;
	uint64_t gpa = firmware_alloc(firmware, sizeof(struct loader)), key;
	struct loader *loader = boot_va(boot, gpa);
	int error;

	if (!gpa)
		return boot_fail(boot, CVM_ENOMEM, "firmware loads the loader");
	loader->firmware = firmware;
	loader->boot = boot;
	loader->table = NULL;
	loader->claims = NULL;
	loader->table_gpa = loader->table_bytes = 0;

	error = read_map(loader, &key);
	if (error)
		return boot_fail(boot, error, "the loader reads firmware's map");
	if (boot->config->firmware_accepts != BOOT_FIRMWARE_ALL)
		firmware_allow_unaccepted(firmware);
	error = alloc_table(loader);
	if (error)
		return boot_fail(boot, error, "the loader makes room for the unaccepted table");
	error = exit_boot_services(loader);
	if (error)
		return boot_fail(boot, error, "the loader leaves boot services");
	if (loader->table) {
		error = cvm_table_build(loader->table, &loader->map, accept_edge, loader);
		if (error)
			return boot_fail(boot, error, "the loader builds the unaccepted table");
	}
	boot->report.table_bytes = loader->table_bytes;
	error = place_images(loader, handoff);
	if (error)
		return boot_fail(boot, error, "the loader places kernel and initrd");
	error = write_handoff(loader, handoff);
	if (error)
		return boot_fail(boot, error, "the loader writes the E820 table");
	return 0;
}
