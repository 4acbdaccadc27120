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

#define SECTOR	  512
#define MAX_SETUP (256 * SECTOR) /* the most that the header can say */
#define FOUR_GIB  (UINT64_C(1) << 32)

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

/* Where the kernel's two parts are. */
struct source {
	uint16_t setup, kernel; /* keys */
	uint32_t setup_bytes, offset, bytes;
};

/* QEMU writes into the setup part of an ordinary guest, which an emulated one is for it; what is
 * hashed is the file, which later versions have as well. */
static bool find_file(struct source *source)
{
	uint32_t bytes = bare_fw_cfg_find("etc/boot/kernel", &source->setup);
	uint8_t head[SECTOR];

	if (bytes <= SECTOR)
		return false;
	shim_check(bare_fw_cfg_read(source->setup, head, sizeof(head)), "the kernel");
	source->kernel = source->setup;
	source->setup_bytes = (uint32_t)linux_image_setup_bytes(head);
	if (source->setup_bytes >= bytes)
		shim_refuse("the kernel", "it is cut off");
	source->offset = source->setup_bytes;
	source->bytes = bytes - source->setup_bytes;
	return true;
}

static void find_kernel(struct source *source)
{
	if (shim_hashes_there() && find_file(source))
		return;
	*source = (struct source){
		.setup = KEY_SETUP_DATA,
		.kernel = KEY_KERNEL_DATA,
		.setup_bytes = shim_read_size(KEY_SETUP_SIZE, MAX_SETUP, "the kernel"),
		.bytes = shim_read_size(KEY_KERNEL_SIZE, INT32_MAX, "the kernel"),
	};
}

static void read_setup(struct shim_kernel *kernel, const struct source *source)
{
	uint32_t bytes = source->setup_bytes;
	uint8_t *setup;
	const char *wrong;

	if (!bytes)
		shim_refuse("the kernel", "the host gives none (QEMU: -kernel)");
	setup = shim_allocate(bytes, CVM_MEM_RAM);
	shim_check(bare_fw_cfg_read(source->setup, setup, bytes), "the kernel");
	shim_measure(SHIM_KERNEL, "kernel setup", setup, bytes);
	if (bytes >= PVH_HEADER && pvh_image_is(setup))
		shim_refuse("the kernel", "QEMU gives no ELF to firmware by -kernel, but by "
					  "-fw_cfg name=" SHIM_PVH_KERNEL ",file=FILE");
	wrong = linux_image_read(&kernel->image, setup, bytes);
	if (wrong)
		shim_refuse("the kernel", wrong);
	kernel->setup = setup;
}

static void check_kernel(const struct shim_kernel *kernel, const struct source *source)
{
	struct sha256 sha;

	if (!shim_hashes_there())
		return;
	sha256_start(&sha);
	sha256_add(&sha, kernel->setup, source->setup_bytes);
	sha256_add(&sha, (const void *)kernel->load, kernel->bytes);
	shim_check_hash(HASHES_KERNEL, &sha, "the kernel");
}

static void read_kernel(struct shim_kernel *kernel, const struct source *source)
{
	const struct linux_image *image = &kernel->image;
	uint64_t room = image->init_size;

	kernel->bytes = source->bytes;
	if (kernel->bytes < 0x300)
		shim_refuse("the kernel", "it is cut off");
	if (room < kernel->bytes)
		room = kernel->bytes;
	kernel->load = shim_find_room(image->preferred, FOUR_GIB, room, image->alignment);
	if (!kernel->load || (kernel->load != image->preferred && !image->relocatable))
		shim_refuse("the kernel", "there is no memory for it where it can be");
	shim_accept(kernel->load, kernel->load + ((room + 4095) & -UINT64_C(4096)));
	shim_check(bare_fw_cfg_read_at(source->kernel, source->offset, (void *)kernel->load,
				       kernel->bytes),
		   "the kernel");
	shim_measure(SHIM_KERNEL, "kernel", (const void *)kernel->load, kernel->bytes);
	check_kernel(kernel, source);
}

void shim_linux_load(struct shim_kernel *kernel)
{
	const struct shim_file cmdline = { KEY_CMDLINE_DATA,
					   shim_read_size(KEY_CMDLINE_SIZE, SHIM_MAX_CMDLINE,
							  "the command line") };
	const struct shim_file initrd = {
		KEY_INITRD_DATA, shim_read_size(KEY_INITRD_SIZE, INT32_MAX, "the initrd")
	};
	struct source source;

	find_kernel(&source);
	read_setup(kernel, &source);
	shim_read_cmdline(kernel, &cmdline, kernel->image.cmdline_max);
	read_kernel(kernel, &source);
	shim_read_initrd(kernel, &initrd, kernel->load + kernel->image.init_size,
			 (uint64_t)kernel->image.initrd_max + 1);
}

bool shim_linux_accepts(const struct shim_kernel *kernel)
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
