/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/guest.h"

#include <string.h>

struct guest guest;

size_t guest_ram_ranges(struct emu_ram ranges[GUEST_MAX_RAM + 1])
{
	size_t count = guest.ram_count;

	memcpy(ranges, guest.ram, count * sizeof(*ranges));
	if (guest.window.start < guest.window.end)
		ranges[count++] = guest.window;
	return count;
}

uint64_t guest_sum(const uint64_t *first, size_t stride)
{
	const char *at = (const char *)first;
	uint64_t sum = 0;

	for (unsigned i = 0; i < guest.vcpus; i++)
		sum += *(const uint64_t *)(at + i * stride);
	return sum;
}
