/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/x86/walk.h"

#include "qemu/guest/guest.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/memory/ram.h"

#define CR0_PG	 (UINT64_C(1) << 31)
#define CR4_PAE	 (UINT64_C(1) << 5)
#define CR4_LA57 (UINT64_C(1) << 12)

enum { ENTRY_PRESENT = 1 << 0, ENTRY_LARGE = 1 << 7 };
#define ENTRY_ADDRESS UINT64_C(0x000ffffffffff000)

/* Levels of tables with 512 entries each; with PAE alone the top level has 4. */
static unsigned levels(unsigned vcpu)
{
	uint64_t cr4 = qemu_cr(vcpu, 4);

	if (qemu_is_long_mode(vcpu))
		return cr4 & CR4_LA57 ? 5 : 4;
	return cr4 & CR4_PAE ? 3 : 0;
}

static bool is_large(uint64_t entry, unsigned level)
{
	return level == 0 || (entry & ENTRY_LARGE && level <= 2);
}

bool x86_walk(unsigned vcpu, uint64_t address, struct x86_mapping *out)
{
	uint64_t view = guest.private_base | guest.shared_base, entry = qemu_cr(vcpu, 3);
	unsigned level = levels(vcpu), shift;

	if (!(qemu_cr(vcpu, 0) & CR0_PG)) {
		*out = (struct x86_mapping){ address, 4096, true };
		return true;
	}
	if (!level)
		return false;
	do {
		uint64_t table = entry & ENTRY_ADDRESS & ~view;

		shift = 12 + 9 * --level;
		if (!memory_read_private(table + (address >> shift & 511) * 8, &entry,
					 sizeof(entry)) ||
		    !(entry & ENTRY_PRESENT))
			return false;
	} while (!is_large(entry, level));
	out->size = UINT64_C(1) << shift;
	out->gpa = (entry & ENTRY_ADDRESS & ~view & -out->size) | (address & (out->size - 1));
	out->is_private = (entry & view) == guest.private_base;
	return true;
}
