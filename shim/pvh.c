/* SPDX-License-Identifier: MIT */
#include "shim/shim.h"

/*
 * A kernel that starts by the PVH boot ABI: Xen, docs/misc/pvh.pandoc and
 * public/arch-x86/hvm/start_info.h. QEMU loads an ELF file that -kernel names into guest memory
 * itself, which is not the memory that a confidential guest sees, and gives firmware its first
 * 8 KiB alone. So kernel, initrd and command line are files of fw_cfg.
 */
#define PVH_INITRD  "opt/org.cvmem/initrd"
#define PVH_CMDLINE "opt/org.cvmem/cmdline"

#define PAGE	 UINT64_C(4096)
#define FOUR_GIB (UINT64_C(1) << 32)

#define START_MAGIC 0x336ec578

struct start_info {
	uint32_t magic, version, flags, modules;
	uint64_t module_list, cmdline, rsdp, map;
	uint32_t map_entries, reserved;
};

struct module {
	uint64_t address, bytes, cmdline, reserved;
};

/* The type is that of E820. */
struct map_entry {
	uint64_t address, bytes;
	uint32_t type, reserved;
};

#define MAX_ENTRIES	128
#define TYPE_UNACCEPTED 8 /* AddressRangeUnaccepted, which the format itself does not have */

static bool find(const char *name, struct shim_file *file)
{
	file->bytes = bare_fw_cfg_find(name, &file->key);
	return file->bytes;
}

bool shim_pvh_find(struct shim_file *file)
{
	return find(SHIM_PVH_KERNEL, file);
}

static uint64_t start_of(const struct pvh_segment *segment)
{
	return segment->address & -PAGE;
}

static uint64_t end_of(const struct pvh_segment *segment)
{
	return (segment->address + segment->memory_bytes + PAGE - 1) & -PAGE;
}

/* Before any of them is accepted: segments may share a page. */
static void check_room(const struct pvh_image *image)
{
	for (unsigned i = 0; i < image->count; i++)
		if (!shim_is_free(start_of(&image->segment[i]), end_of(&image->segment[i])))
			shim_refuse("the kernel", "there is no memory for it where it must be");
}

/* An SNP guest's memory holds anything when it is accepted. */
static void load_segments(const struct pvh_image *image, const uint8_t *file)
{
	for (unsigned i = 0; i < image->count; i++) {
		const struct pvh_segment *segment = &image->segment[i];

		shim_accept(start_of(segment), end_of(segment));
	}
	for (unsigned i = 0; i < image->count; i++) {
		const struct pvh_segment *segment = &image->segment[i];
		uint8_t *to = (uint8_t *)segment->address;

		__builtin_memcpy(to, file + segment->offset, segment->file_bytes);
		__builtin_memset(to + segment->file_bytes, 0,
				 segment->memory_bytes - segment->file_bytes);
	}
}

/* All of the file is read once, measured, and looked at then: a host that is asked twice may give
 * other bytes. The highest place is the least likely one to be the kernel's own. */
static void read_kernel(struct shim_kernel *kernel, const struct shim_file *file)
{
	uint64_t bytes = (file->bytes + PAGE - 1) & -PAGE;
	uint64_t start = shim_find_high_room(FOUR_GIB, bytes);
	const uint8_t *data = (const uint8_t *)start;
	const char *wrong;

	if (!start)
		shim_refuse("the kernel", "there is no memory for its file");
	shim_accept(start, start + bytes);
	shim_check(bare_fw_cfg_read(file->key, (void *)start, file->bytes), "the kernel");
	shim_measure(SHIM_KERNEL, "kernel", data, file->bytes);
	shim_check_hash_of(HASHES_KERNEL, data, file->bytes, "the kernel");
	wrong = pvh_image_read(&kernel->pvh, data, file->bytes);
	if (wrong)
		shim_refuse("the kernel", wrong);
	check_room(&kernel->pvh);
	load_segments(&kernel->pvh, data);
}

void shim_pvh_load(struct shim_kernel *kernel, const struct shim_file *file)
{
	struct shim_file cmdline = { 0 }, initrd = { 0 };

	if (find(PVH_CMDLINE, &cmdline) && cmdline.bytes > SHIM_MAX_CMDLINE)
		shim_refuse("the command line", "the host has more than can be");
	shim_read_cmdline(kernel, &cmdline, SHIM_MAX_CMDLINE);
	read_kernel(kernel, file);
	find(PVH_INITRD, &initrd);
	shim_read_initrd(kernel, &initrd, SHIM_POOL_END, FOUR_GIB);
}

static uint32_t put_map(struct map_entry *to)
{
	static uint8_t table[MAX_ENTRIES * CVM_E820_ENTRY];
	uint32_t entries;
	size_t needed;

	shim_check(cvm_map_write_e820(&shim_map, table, sizeof(table), TYPE_UNACCEPTED, &needed),
		   "the memory map for the kernel");
	entries = (uint32_t)(needed / CVM_E820_ENTRY);
	for (uint32_t i = 0; i < entries; i++)
		__builtin_memcpy(&to[i], table + i * CVM_E820_ENTRY, CVM_E820_ENTRY);
	return entries;
}

uint64_t shim_pvh_start_info(const struct shim_kernel *kernel, uint64_t rsdp)
{
	struct start_info *info = shim_allocate(2 * PAGE, CVM_MEM_RAM);
	struct module *module = (struct module *)(info + 1);
	struct map_entry *map = (struct map_entry *)(module + 1);

	_Static_assert(sizeof(*info) + sizeof(*module) + MAX_ENTRIES * sizeof(*map) <= 2 * PAGE,
		       "");
	info->magic = START_MAGIC;
	info->version = 1;
	info->cmdline = (uintptr_t)kernel->cmdline;
	info->rsdp = rsdp;
	if (kernel->initrd_bytes) {
		module->address = kernel->initrd;
		module->bytes = kernel->initrd_bytes;
		info->modules = 1;
		info->module_list = (uintptr_t)module;
	}
	info->map = (uintptr_t)map;
	info->map_entries = put_map(map);
	return (uintptr_t)info;
}
