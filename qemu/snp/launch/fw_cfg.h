/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_LAUNCH_FW_CFG_H
#define CVMEM_QEMU_SNP_LAUNCH_FW_CFG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* QEMU's device for firmware data, read by DMA like the firmware does (QEMU,
 * docs/specs/fw_cfg.rst). The firmware boots only what it gets from this device. */

/* Items with fixed numbers. Sizes are 32 bits, little-endian. */
enum fw_cfg_item {
	FW_CFG_KERNEL_SIZE = 0x08,
	FW_CFG_INITRD_SIZE = 0x0b,
	FW_CFG_KERNEL_DATA = 0x11,
	FW_CFG_INITRD_DATA = 0x12,
	FW_CFG_CMDLINE_SIZE = 0x14,
	FW_CFG_CMDLINE_DATA = 0x15,
	FW_CFG_SETUP_SIZE = 0x17,
	FW_CFG_SETUP_DATA = 0x18,
	FW_CFG_FILE_DIR = 0x19,
};

struct fw_cfg {
	void (*out32)(void *ctx, uint16_t port, uint32_t value);
	/* RAM as devices see it. False: there is no RAM. */
	bool (*read)(void *ctx, uint64_t gpa, void *buffer, size_t size);
	bool (*write)(void *ctx, uint64_t gpa, const void *buffer, size_t size);
	void *ctx;
	/* Unused RAM, whose content is lost. At least 4096 bytes. */
	uint64_t scratch;
	size_t scratch_size;
};

/* Passes the first `size` bytes of an item to `use`, in pieces of any size. use returns false to
 * stop early. Returns false if the device, RAM or use fails. */
bool fw_cfg_each(const struct fw_cfg *fw_cfg, uint16_t item, uint64_t size,
		 bool (*use)(void *ctx, const void *data, size_t size), void *ctx);

/* The first `size` bytes of an item. */
bool fw_cfg_read(const struct fw_cfg *fw_cfg, uint16_t item, void *buffer, size_t size);

/* The item and size of a file, by its name. *size is 0 if there is none of that name. */
bool fw_cfg_find(const struct fw_cfg *fw_cfg, const char *name, uint16_t *item, uint32_t *size);

#endif
