/* SPDX-License-Identifier: MIT */
#include "shim/shim.h"

/* QEMU's docs/specs/fw_cfg.rst and include/standard-headers/linux/qemu_fw_cfg.h. The setup part is
 * the file's real-mode part; the rest of the file is the kernel. */
enum {
	KEY_KERNEL_SIZE = 0x08,
	KEY_INITRD_SIZE = 0x0b,
	KEY_KERNEL_DATA = 0x11,
	KEY_INITRD_DATA = 0x12,
	KEY_CMDLINE_SIZE = 0x14,
	KEY_CMDLINE_DATA = 0x15,
	KEY_SETUP_SIZE = 0x17,
	KEY_SETUP_DATA = 0x18,
};

/* 0x1ff sectors of 512 bytes are more than the header can say. */
#define MAX_SETUP   0x10000
#define MAX_CMDLINE 0x10000
#define FOUR_GIB    (UINT64_C(1) << 32)
#define UNIT	    (UINT64_C(2) << 20)

/* struct boot_params of Linux, Documentation/arch/x86/zero-page.rst. */
enum {
	PARAMS_RSDP = 0x070,
	PARAMS_CC_BLOB = 0x13c,
	PARAMS_EFI = 0x1c0,
	PARAMS_E820_ENTRIES = 0x1e8,
	PARAMS_LOADER_TYPE = 0x210,
	PARAMS_LOADFLAGS = 0x211,
	PARAMS_CODE32 = 0x214,
	PARAMS_INITRD = 0x218,
	PARAMS_INITRD_BYTES = 0x21c,
	PARAMS_CMDLINE = 0x228,
	PARAMS_E820 = 0x2d0,
};

#define E820_ENTRIES   128
#define E820_RAM       1
#define LOADER_UNKNOWN 0xff
#define LOADED_HIGH    1
#define CAN_USE_HEAP   0x80
#define QUIET	       0x20

static uint32_t read_size(uint16_t key, uint32_t max, const char *what)
{
	uint32_t bytes;

	shim_check(bare_fw_cfg_read(key, &bytes, sizeof(bytes)), what);
	if (bytes > max)
		shim_refuse(what, "the host has more than can be");
	return bytes;
}

static void read_setup(struct shim_kernel *kernel)
{
	uint32_t bytes = read_size(KEY_SETUP_SIZE, MAX_SETUP, "the kernel");
	uint8_t *setup;
	const char *wrong;

	if (!bytes)
		shim_refuse("the kernel", "the host gives none (QEMU: -kernel)");
	setup = shim_allocate(bytes, CVM_MEM_RAM);
	shim_check(bare_fw_cfg_read(KEY_SETUP_DATA, setup, bytes), "the kernel");
	wrong = linux_image_read(&kernel->image, setup, bytes);
	if (wrong)
		shim_refuse("the kernel", wrong);
	kernel->setup = setup;
}

static void read_kernel(struct shim_kernel *kernel)
{
	const struct linux_image *image = &kernel->image;
	uint64_t room = image->init_size;

	kernel->bytes = read_size(KEY_KERNEL_SIZE, INT32_MAX, "the kernel");
	if (kernel->bytes < 0x300)
		shim_refuse("the kernel", "it is cut off");
	if (room < kernel->bytes)
		room = kernel->bytes;
	kernel->load = shim_find_room(image->preferred, FOUR_GIB, room, image->alignment);
	if (!kernel->load || (kernel->load != image->preferred && !image->relocatable))
		shim_refuse("the kernel", "there is no memory for it where it can be");
	shim_accept(kernel->load, kernel->load + ((room + 4095) & -UINT64_C(4096)));
	shim_check(bare_fw_cfg_read(KEY_KERNEL_DATA, (void *)kernel->load, kernel->bytes),
		   "the kernel");
}

static void read_initrd(struct shim_kernel *kernel)
{
	uint64_t end = (uint64_t)kernel->image.initrd_max + 1;

	kernel->initrd_bytes = read_size(KEY_INITRD_SIZE, INT32_MAX, "the initrd");
	if (!kernel->initrd_bytes)
		return;
	kernel->initrd = shim_find_room(kernel->load + kernel->image.init_size, end,
					kernel->initrd_bytes, UNIT);
	if (!kernel->initrd)
		shim_refuse("the initrd", "there is no memory for it where the kernel wants it");
	shim_accept(kernel->initrd,
		    kernel->initrd + ((kernel->initrd_bytes + UINT64_C(4095)) & -UINT64_C(4096)));
	shim_check(bare_fw_cfg_read(KEY_INITRD_DATA, (void *)kernel->initrd, kernel->initrd_bytes),
		   "the initrd");
}

/* With its zero, as QEMU counts it. */
static void read_cmdline(struct shim_kernel *kernel)
{
	uint32_t bytes = read_size(KEY_CMDLINE_SIZE, MAX_CMDLINE, "the command line");

	kernel->cmdline = shim_allocate(bytes + 1, CVM_MEM_RAM);
	shim_check(bare_fw_cfg_read(KEY_CMDLINE_DATA, kernel->cmdline, bytes), "the command line");
	kernel->cmdline_bytes = 0;
	while (kernel->cmdline[kernel->cmdline_bytes])
		kernel->cmdline_bytes++;
	if (kernel->cmdline_bytes > kernel->image.cmdline_max)
		shim_refuse("the command line", "it is longer than the kernel takes");
}

void shim_kernel_load(struct shim_kernel *kernel)
{
	read_setup(kernel);
	read_cmdline(kernel);
	read_kernel(kernel);
	read_initrd(kernel);
}

bool shim_kernel_accepts(const struct shim_kernel *kernel)
{
	return linux_image_accepts((const uint8_t *)kernel->load, kernel->bytes);
}

static void put32(uint8_t *to, uint64_t value)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

/* struct efi_info: the signature of a 64-bit loader, and where the tables and the map are. */
static void put_efi(uint8_t *to, uint64_t system_table, uint64_t map, uint32_t map_bytes)
{
	put32(to, 0x34364c45); /* "EL64" */
	put32(to + 4, system_table);
	put32(to + 8, CVM_EFI_DESC);
	put32(to + 12, 1);
	put32(to + 16, map);
	put32(to + 20, map_bytes);
	put32(to + 24, system_table >> 32);
	put32(to + 28, map >> 32);
}

uint64_t shim_boot_params(const struct shim_kernel *kernel, uint64_t rsdp, uint64_t system_table,
			  uint64_t efi_map, uint32_t efi_map_bytes, uint64_t cc_blob)
{
	uint8_t *params = shim_allocate(4096, CVM_MEM_RAM);
	size_t needed;

	for (unsigned i = LINUX_HEADER; i < kernel->image.header_end; i++)
		params[i] = kernel->setup[i];
	put32(params + PARAMS_RSDP, rsdp);
	put32(params + PARAMS_RSDP + 4, rsdp >> 32);
	put32(params + PARAMS_CC_BLOB, cc_blob);
	put_efi(params + PARAMS_EFI, system_table, efi_map, efi_map_bytes);
	params[PARAMS_LOADER_TYPE] = LOADER_UNKNOWN;
	params[PARAMS_LOADFLAGS] =
		(uint8_t)((params[PARAMS_LOADFLAGS] | LOADED_HIGH) & ~(CAN_USE_HEAP | QUIET));
	put32(params + PARAMS_CODE32, kernel->load);
	put32(params + PARAMS_INITRD, kernel->initrd);
	put32(params + PARAMS_INITRD_BYTES, kernel->initrd_bytes);
	put32(params + PARAMS_CMDLINE, (uintptr_t)kernel->cmdline);
	shim_check(cvm_map_write_e820(&shim_map, params + PARAMS_E820,
				      E820_ENTRIES * CVM_E820_ENTRY, E820_RAM, &needed),
		   "the memory map for Linux");
	params[PARAMS_E820_ENTRIES] = (uint8_t)(needed / CVM_E820_ENTRY);
	return (uintptr_t)params;
}
