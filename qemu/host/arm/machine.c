/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/arm/machine.h"

#include <stdlib.h>

#include "qemu/host/devices.h"
#include "qemu/host/exports.h"
#include "qemu/host/memory_map.h"

/* hw/arm/virt.c: RAM is one range, below 256 GiB unless it is larger than that, and what follows it
 * in the map is aligned to such sizes. */
#define RAM_START UINT64_C(0x40000000)
#define RAM_MAX	  (UINT64_C(255) << 30)

/* RAM may consist of several regions of QEMU, one for each NUMA node. */
size_t qemu_arm_ram(struct emu_ram *ram, size_t max)
{
	uint64_t end = RAM_START;

	qemu_lock();
	for (;;) {
		struct section found = q.find(q.system_memory(), end, RAM_START + RAM_MAX - end);

		if (!found.mr || found.gpa != end)
			break;
		end += (uint64_t)found.size;
		if (end >= RAM_START + RAM_MAX)
			break;
	}
	qemu_unlock();
	if (end == RAM_START || !max)
		return 0;
	ram[0] = (struct emu_ram){ RAM_START, end };
	return 1;
}

/* The alias ends where it begins itself. */
void qemu_arm_alias_devices(uint64_t shared_bit)
{
	qemu_lock();
	qemu_add_alias(q.system_memory(), "cvmem-shared", shared_bit, q.system_memory(), 0,
		       shared_bit, 0);
	qemu_unlock();
}
