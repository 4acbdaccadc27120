/* SPDX-License-Identifier: MIT */
#include "guest/load.h"

/* relocations.py: which words of the image are addresses in it. */
struct relocations {
	uint32_t image_bytes, count, offset[];
};

/* Private memory of an SNP guest has any content until it is written to. */
void guest_load(const void *rom, uint64_t gpa)
{
	const struct relocations *relocations =
		(const void *)((const uint8_t *)rom + (GUEST_RELOCATIONS - GUEST_ROM));
	const uint64_t *from = rom;
	volatile uint64_t *to = (volatile uint64_t *)(uintptr_t)gpa;
	uint64_t words = (relocations->image_bytes + 7) / 8, i;

	for (i = 0; i < words; i++)
		to[i] = from[i];
	for (; i < GUEST_IMAGE_BYTES / 8; i++)
		to[i] = 0;
	for (i = 0; i < relocations->count; i++) {
		uint8_t *address = (uint8_t *)(uintptr_t)(gpa + relocations->offset[i]);
		uint64_t value;

		__builtin_memcpy(&value, address, sizeof(value));
		value += gpa - BARE_IMAGE;
		__builtin_memcpy(address, &value, sizeof(value));
	}
}
