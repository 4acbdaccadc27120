/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/memory/ram.h"

#include <stdlib.h>
#include <string.h>

#include "qemu/guest/guest.h"
#include "qemu/host/devices.h"
#include "qemu/host/memory_map.h"

static bool is_ram(uint64_t gpa)
{
	struct emu_ram ram[GUEST_MAX_RAM + 1];
	size_t count = guest_ram_ranges(ram);

	for (size_t i = 0; i < count; i++)
		if (gpa >= ram[i].start && gpa < ram[i].end)
			return true;
	return false;
}

#define MAX_VOLUMES 8

/* Those that are RAM. */
static struct {
	uint64_t gpa, size;
	uint8_t *memory;
} volumes[MAX_VOLUMES];
static size_t volume_count;

const char *memory_firmware_to_ram(uint64_t gpa, uint64_t size)
{
	uint8_t *memory;

	if (volume_count == MAX_VOLUMES)
		return "the firmware has too many volumes";
	memory = aligned_alloc(4096, size);
	if (!memory)
		return "out of memory";
	if (!qemu_read(gpa, memory, size)) {
		free(memory);
		return "a volume of the firmware is not memory";
	}
	volumes[volume_count].gpa = gpa;
	volumes[volume_count].size = size;
	volumes[volume_count++].memory = memory;
	qemu_view_add_ram(guest.private_base + gpa, size, memory);
	return NULL;
}

/* The firmware's volumes are private memory as well, but not part of QEMU's RAM. */
bool memory_read_private(uint64_t gpa, void *buffer, size_t size)
{
	for (size_t i = 0; i < volume_count; i++) {
		uint64_t offset = gpa - volumes[i].gpa;

		if (offset >= volumes[i].size || size > volumes[i].size - offset)
			continue;
		memcpy(buffer, volumes[i].memory + offset, size);
		return true;
	}
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
