/* SPDX-License-Identifier: MIT */
#include "shim/shim.h"

#define UNIT (UINT64_C(2) << 20)

static struct hashes hashes;

uint32_t shim_read_size(uint16_t key, uint32_t max, const char *what)
{
	uint32_t bytes;

	shim_check(bare_fw_cfg_read(key, &bytes, sizeof(bytes)), what);
	if (bytes > max)
		shim_refuse(what, "the host has more than can be");
	return bytes;
}

/* TDX measures what is booted by other means. */
void shim_hashes_read(void)
{
	if (bare_platform.kind != CVM_PLATFORM_SNP)
		return;
	if (!hashes_read(&hashes, (const uint8_t *)SHIM_HASHES))
		shim_refuse("the page of hashes", "it is no table of all three");
}

bool shim_hashes_there(void)
{
	return hashes.there;
}

void shim_check_hash(enum hashes_item item, struct sha256 *sha, const char *what)
{
	if (!hashes_match(&hashes, item, sha))
		shim_refuse(what, "its hash is not the one that the launch has measured");
}

void shim_check_hash_of(enum hashes_item item, const void *data, uint32_t bytes, const char *what)
{
	struct sha256 sha;

	if (!hashes.there)
		return;
	sha256_start(&sha);
	sha256_add(&sha, data, bytes);
	shim_check_hash(item, &sha, what);
}

void shim_read_initrd(struct shim_kernel *kernel, const struct shim_file *file, uint64_t from,
		      uint64_t end)
{
	kernel->initrd_bytes = file->bytes;
	if (!file->bytes) {
		shim_measure(SHIM_BOOT, "initrd", NULL, 0);
		shim_check_hash_of(HASHES_INITRD, NULL, 0, "the initrd");
		return;
	}
	kernel->initrd = shim_find_room(from, end, file->bytes, UNIT);
	if (!kernel->initrd)
		shim_refuse("the initrd", "there is no memory for it where the kernel wants it");
	shim_accept(kernel->initrd,
		    kernel->initrd + ((file->bytes + UINT64_C(4095)) & -UINT64_C(4096)));
	shim_check(bare_fw_cfg_read(file->key, (void *)kernel->initrd, file->bytes), "the initrd");
	shim_measure(SHIM_BOOT, "initrd", (const void *)kernel->initrd, file->bytes);
	shim_check_hash_of(HASHES_INITRD, (const void *)kernel->initrd, file->bytes, "the initrd");
}

/* With its zero, as QEMU counts it; a file of fw_cfg may have none. */
void shim_read_cmdline(struct shim_kernel *kernel, const struct shim_file *file, uint32_t max)
{
	kernel->cmdline = shim_allocate(file->bytes + UINT64_C(1), CVM_MEM_RAM);
	if (file->bytes)
		shim_check(bare_fw_cfg_read(file->key, kernel->cmdline, file->bytes),
			   "the command line");
	shim_measure(SHIM_BOOT, "cmdline", kernel->cmdline, file->bytes);
	shim_check_hash_of(HASHES_CMDLINE, kernel->cmdline, file->bytes, "the command line");
	kernel->cmdline_bytes = 0;
	while (kernel->cmdline[kernel->cmdline_bytes])
		kernel->cmdline_bytes++;
	if (kernel->cmdline_bytes > max)
		shim_refuse("the command line", "it is longer than the kernel takes");
}
