/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_MEMORY_RAM_H
#define CVMEM_QEMU_MEMORY_RAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Private memory by guest-physical address, without the bit that selects the view: RAM, trapped or
 * not, or the firmware. */
bool memory_read_private(uint64_t gpa, void *buffer, size_t size);

/* Copies a volume of the firmware, ROM or flash, to RAM that takes its place in the vCPUs' private
 * view. After memory_views_install(). NULL, or what is wrong. */
const char *memory_firmware_to_ram(uint64_t gpa, uint64_t size);

/* The end of the firmware image, whose last pages hold its metadata. A smaller firmware is padded
 * with zeros in front. False: there is none. */
#define MEMORY_FIRMWARE_END  (UINT64_C(1) << 32)
#define MEMORY_FIRMWARE_TAIL (1 << 20)
bool memory_read_firmware(uint8_t tail[MEMORY_FIRMWARE_TAIL]);

#endif
