/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/image.h"

#include <string.h>

#include "qemu/host/memory_map.h"

/* Microsoft's PE format, "MS-DOS Stub", "Optional Header Windows-Specific Fields"; offsets behind
 * the signature. */
#define DOS_PE_OFFSET	    0x3c
#define PE_SIZE_OF_IMAGE    80
#define PE_SUBSYSTEM	    92
#define PE_BYTES	    96
#define SUBSYSTEM_EFI_APP   10
#define MAX_HEADER_DISTANCE 4096

/* No kernel's image is larger. */
#define MAX_IMAGE (UINT64_C(256) << 20)

static bool get32(uint64_t gpa, uint32_t *value)
{
	return qemu_ram_read(gpa, value, sizeof(*value));
}

/* A PE header at the address; its image's size and subsystem. */
static bool read_header(uint64_t gpa, uint32_t *size, uint16_t *subsystem)
{
	uint8_t header[PE_BYTES];
	uint32_t distance;
	char magic[2];

	if (!qemu_ram_read(gpa, magic, sizeof(magic)) || memcmp(magic, "MZ", 2) ||
	    !get32(gpa + DOS_PE_OFFSET, &distance) || distance > MAX_HEADER_DISTANCE ||
	    !qemu_ram_read(gpa + distance, header, sizeof(header)) || memcmp(header, "PE\0\0", 4))
		return false;
	memcpy(size, header + PE_SIZE_OF_IMAGE, sizeof(*size));
	memcpy(subsystem, header + PE_SUBSYSTEM, sizeof(*subsystem));
	return true;
}

bool guest_is_application(uint64_t rip)
{
	uint64_t page = rip & -UINT64_C(4096), lowest = rip > MAX_IMAGE ? rip - MAX_IMAGE : 0;
	uint16_t subsystem;
	uint32_t size;
	char byte;

	/* The firmware's volumes are no RAM of QEMU's. */
	for (; page > lowest && qemu_ram_read(page, &byte, 1); page -= 4096)
		if (read_header(page, &size, &subsystem) && rip - page < size)
			return subsystem == SUBSYSTEM_EFI_APP;
	return false;
}
