/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/arm/image.h"

#include <string.h>

/* Offsets in an image's header. */
enum { IMAGE_SIZE = 16, IMAGE_MAGIC = 56 };

bool arm_stub_read(const uint8_t code[ARM_STUB_BYTES], uint64_t *device_tree, uint64_t *entry)
{
	static const uint32_t stub[] = {
		0x580000c0, /* ldr x0, device_tree */
		0xaa1f03e1, /* mov x1, xzr */
		0xaa1f03e2, /* mov x2, xzr */
		0xaa1f03e3, /* mov x3, xzr */
		0x58000084, /* ldr x4, entry */
		0xd61f0080, /* br x4 */
	};

	if (memcmp(code, stub, sizeof(stub)))
		return false;
	memcpy(device_tree, code + sizeof(stub), sizeof(*device_tree));
	memcpy(entry, code + sizeof(stub) + sizeof(*device_tree), sizeof(*entry));
	return true;
}

uint64_t arm_image_bytes(const uint8_t header[ARM_IMAGE_HEADER])
{
	uint64_t size;

	if (memcmp(header + IMAGE_MAGIC, "ARM\x64", 4))
		return 0;
	memcpy(&size, header + IMAGE_SIZE, sizeof(size));
	return size;
}

bool arm_is_smc(uint32_t instruction)
{
	return (instruction & 0xffe0001f) == 0xd4000003;
}

bool arm_is_hvc(uint32_t instruction)
{
	return (instruction & 0xffe0001f) == 0xd4000002;
}
