/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_CCA_LAUNCH_IMAGES_H
#define CVMEM_QEMU_CCA_LAUNCH_IMAGES_H

#include <stddef.h>
#include <stdint.h>

#include "emu/machine.h"

/* What the loader has put into RAM: its first code, the kernel, the device tree and the initial
 * file system; or, of a program that is no Linux, one range from its first byte to its last. Whole
 * pages, in ascending order, without overlaps. */
#define CCA_MAX_IMAGES 4
struct cca_images {
	struct emu_ram range[CCA_MAX_IMAGES];
	size_t count;
	struct emu_ram kernel; /* start == end: it is no Linux */
	uint64_t device_tree;  /* 0: none */
	size_t device_tree_bytes;
};

/* pc: the first instruction. The functions of qemu/host/memory_map.h read RAM. */
void cca_images_find(uint64_t pc, const struct emu_ram *ram, struct cca_images *images);

/* In RAM: the device tree names the conduit that a Realm has for PSCI. False: out of memory. */
bool cca_images_use_smc(const struct cca_images *images);

#endif
