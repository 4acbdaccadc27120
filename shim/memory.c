/* SPDX-License-Identifier: MIT */
#include "shim/shim.h"

#define PAGE	  UINT64_C(4096)
#define MIB	  (UINT64_C(1) << 20)
#define UNIT	  (2 * MIB)
#define MAX_RANGE 256
#define MAX_E820  128

/* EFI_MEMORY_WB */
#define WRITE_BACK 8

struct cvm_map shim_map;
static struct cvm_range ranges[MAX_RANGE];
static uint64_t accepted, pool = SHIM_POOL;

uint64_t shim_accepted_bytes(void)
{
	return accepted;
}

static void set(uint64_t start, uint64_t end, enum cvm_mem_type type)
{
	shim_check(cvm_map_set(&shim_map, start, end, type), "the memory map");
}

/* TDX: the VMM's list says what memory there is, and what of it was loaded before the launch. */
static void read_hob(void)
{
	shim_check(cvm_map_read_hob(&shim_map, (const void *)BARE_PLATFORM, BARE_PLATFORM_BYTES),
		   "the TD HOB list");
}

/* SNP: QEMU's table, whose RAM is not accepted, besides what the metadata asks for. */
static void read_e820(void)
{
	static uint8_t table[MAX_E820 * CVM_E820_ENTRY];
	uint16_t selector;
	uint32_t bytes = bare_fw_cfg_find("etc/e820", &selector);

	if (!bytes || bytes > sizeof(table) || bare_fw_cfg_read(selector, table, bytes))
		shim_refuse("etc/e820", "fw_cfg has none that fits");
	shim_check(cvm_map_read_e820(&shim_map, table, bytes, 0), "etc/e820");
	for (size_t i = 0; i < shim_map.count; i++)
		if (shim_map.range[i].type == CVM_MEM_RAM)
			shim_map.range[i].type = CVM_MEM_UNACCEPTED;
}

/* Under an SVSM: what belongs to it is no memory of the guest's, and Linux calls it through the
 * area that the firmware has used. */
static void reserve_svsm(const struct cvm_snp_svsm *svsm)
{
	if (!svsm->size)
		return;
	set(svsm->base, svsm->base + svsm->size, CVM_MEM_RESERVED);
	set(SHIM_CAA, SHIM_CAA + PAGE, CVM_MEM_RESERVED);
}

/* Launch memory is accepted, and all of it is the firmware's own until the OS runs. */
void shim_memory_read(void)
{
	bool snp = bare_platform.kind == CVM_PLATFORM_SNP;

	cvm_map_init(&shim_map, ranges, MAX_RANGE);
	if (snp)
		read_e820();
	else
		read_hob();
	shim_check(cvm_map_align(&shim_map, PAGE), "the memory map");
	if (bare_platform.platform->gpa_end &&
	    cvm_map_limit(&shim_map, bare_platform.platform->gpa_end))
		shim_refuse("the memory map", "it has RAM above the private addresses");
	for (size_t i = 0; i < shim_map.count; i++)
		shim_map.range[i].attr = WRITE_BACK;
	/* All up to the pool's end is below 4 GiB and must be there. */
	for (uint64_t gpa = BARE_IMAGE; gpa < SHIM_POOL_END;) {
		const struct cvm_range *range = cvm_map_find(&shim_map, gpa);

		if (!range || (range->type != CVM_MEM_RAM && range->type != CVM_MEM_UNACCEPTED))
			shim_refuse("the memory map", "the firmware's own memory is not in it");
		gpa = range->end;
	}
	/* What a PC has there is no RAM for an OS, but it looks for tables there: where a
	 * VMM says that it is memory, an access would end the guest. */
	shim_accept(0xa0000, 0x100000);
	shim_check(cvm_map_add(&shim_map, 0xa0000, 0x60000, CVM_MEM_RESERVED, 0), "the memory map");
	set(BARE_IMAGE, SHIM_POOL_END, CVM_MEM_UNACCEPTED);
	shim_accept(SHIM_POOL, SHIM_POOL_END);
	set(BARE_IMAGE, BARE_PLATFORM + BARE_PLATFORM_BYTES, CVM_MEM_RESERVED);
	/* Shared until the OS runs, and private and accepted again then: devices.c. */
	set(BARE_DMA, BARE_DMA + BARE_DMA_BYTES, CVM_MEM_RAM);
	if (snp) {
		set(BARE_GHCB, BARE_GHCB + PAGE, CVM_MEM_RAM);
		set(SHIM_HASHES, SHIM_CAA + PAGE, CVM_MEM_RAM);
		reserve_svsm(&bare_platform.svsm);
	} else {
		set((uintptr_t)mailbox, (uintptr_t)mailbox + PAGE, CVM_MEM_NVS);
	}
}

static void accept_range(uint64_t start, uint64_t end)
{
	struct cvm_accept_result result = { 0 };
	int error = bare_platform.platform->accept(bare_platform.platform, start, end, &result);

	accepted += result.done;
	if (!error)
		return;
	bare_put_hex("cvmem shim: not accepted", result.where);
	if (error == CVM_EALREADY)
		bare_platform.platform->terminate(bare_platform.platform,
						  CVM_TERMINATE_ALREADY_ACCEPTED, result.where);
	bare_put_hex("cvmem shim: status", result.status);
	shim_refuse("memory", cvm_strerror(error));
}

/* The first range of the type that ends after address. */
static const struct cvm_range *next_range(uint64_t address, enum cvm_mem_type type)
{
	for (size_t i = 0; i < shim_map.count; i++)
		if (shim_map.range[i].end > address && shim_map.range[i].type == type)
			return &shim_map.range[i];
	return NULL;
}

void shim_accept(uint64_t start, uint64_t end)
{
	const struct cvm_range *range;

	while (start < end && (range = next_range(start, CVM_MEM_UNACCEPTED))) {
		uint64_t from = range->start > start ? range->start : start;
		uint64_t to = range->end < end ? range->end : end;

		if (from >= to)
			return;
		accept_range(from, to);
		set(from, to, CVM_MEM_RAM);
		start = to;
	}
}

void shim_accept_more(uint64_t bytes)
{
	const struct cvm_range *range;

	while (bytes >= PAGE && (range = next_range(0, CVM_MEM_UNACCEPTED))) {
		uint64_t size = range->end - range->start;

		if (size > (bytes & -PAGE))
			size = bytes & -PAGE;
		bytes -= size;
		shim_accept(range->start, range->start + size);
	}
}

void *shim_allocate(uint64_t bytes, enum cvm_mem_type type)
{
	uint64_t start = pool, size = (bytes + PAGE - 1) & -PAGE;
	uint64_t *word = (uint64_t *)start;

	if (bytes > SHIM_POOL_END - pool || size > SHIM_POOL_END - pool)
		shim_refuse("the firmware's pool", "it is too small for the host's tables");
	pool += size;
	set(start, pool, type);
	for (uint64_t i = 0; i < size / 8; i++)
		word[i] = 0;
	return word;
}

uint64_t shim_find_room(uint64_t from, uint64_t end, uint64_t bytes, uint64_t align)
{
	uint64_t size = (bytes + PAGE - 1) & -PAGE;

	for (size_t i = 0; i < shim_map.count; i++) {
		const struct cvm_range *range = &shim_map.range[i];
		uint64_t start = range->start > from ? range->start : from;
		uint64_t limit = range->end < end ? range->end : end;

		if (range->type != CVM_MEM_UNACCEPTED || start >= limit)
			continue;
		start = (start + align - 1) & -align;
		if (start >= limit || size > limit - start)
			continue;
		return start;
	}
	return 0;
}

uint64_t shim_find_high_room(uint64_t end, uint64_t bytes)
{
	uint64_t found = 0;

	for (size_t i = 0; i < shim_map.count; i++) {
		const struct cvm_range *range = &shim_map.range[i];
		uint64_t limit = range->end < end ? range->end : end;

		if (range->type == CVM_MEM_UNACCEPTED && range->start < limit &&
		    bytes <= limit - range->start)
			found = limit - bytes;
	}
	return found;
}

bool shim_is_free(uint64_t start, uint64_t end)
{
	const struct cvm_range *range;

	while (start < end) {
		range = next_range(start, CVM_MEM_UNACCEPTED);
		if (!range || range->start > start)
			return false;
		start = range->end;
	}
	return true;
}

uint64_t shim_end_of_memory(void)
{
	uint64_t end = 0;

	for (size_t i = 0; i < shim_map.count; i++)
		if (shim_map.range[i].type == CVM_MEM_UNACCEPTED)
			end = shim_map.range[i].end;
	return end;
}
