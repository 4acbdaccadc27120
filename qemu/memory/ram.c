/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/memory/ram.h"

#include <string.h>

#include "qemu/guest/guest.h"
#include "qemu/host/devices.h"
#include "qemu/host/memory_map.h"

static bool is_ram(uint64_t gpa)
{
	for (size_t i = 0; i < guest.ram_count; i++)
		if (gpa >= guest.ram[i].start && gpa < guest.ram[i].end)
			return true;
	return false;
}

/* The firmware's volumes are private memory as well, but not part of QEMU's RAM. */
bool memory_read_private(uint64_t gpa, void *buffer, size_t size)
{
	return is_ram(gpa) ? qemu_ram_read(gpa, buffer, size) : qemu_read(gpa, buffer, size);
}

/* The granularity of the firmware's size in QEMU. */
#define FIRMWARE_UNIT (64 << 10)

bool memory_read_firmware(uint8_t tail[MEMORY_FIRMWARE_TAIL])
{
	size_t size = MEMORY_FIRMWARE_TAIL;

	/* A firmware may be smaller than that, with nothing below it. */
	while (size &&
	       !qemu_read(MEMORY_FIRMWARE_END - size, tail + MEMORY_FIRMWARE_TAIL - size, size))
		size -= FIRMWARE_UNIT;
	memset(tail, 0, MEMORY_FIRMWARE_TAIL - size);
	return size;
}
