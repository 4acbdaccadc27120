/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/memory/ram.h"
#include "qemu/memory/view.h"
#include "qemu/snp/snp.h"

/* Accesses without the C-bit that are private nevertheless, which QEMU does not know:
 * instruction fetches, page walks, and all accesses while paging is off (AMD APM volume 2,
 * 15.34.4 to 15.34.6). */
#define CR0_PG	      (UINT64_C(1) << 31)
#define CR4_LA57      (UINT64_C(1) << 12)
#define ENTRY_PRESENT UINT64_C(1)
#define ENTRY_LARGE   (UINT64_C(1) << 7)
#define ENTRY_ADDRESS UINT64_C(0x000ffffffffff000)

/* Whether a page walk reaches the page through an entry, or CR3, without the C-bit. A table at
 * level 1 has no tables below it. */
static bool is_walked(uint64_t pointer, unsigned level, uint64_t page)
{
	uint64_t entries[512], table = pointer & ENTRY_ADDRESS & ~guest.private_base;

	if (table == page && !(pointer & guest.private_base))
		return true;
	if (level == 1 || !memory_read_private(table, entries, sizeof(entries)))
		return false;
	for (unsigned i = 0; i < 512; i++)
		if (entries[i] & ENTRY_PRESENT && !(entries[i] & ENTRY_LARGE) &&
		    is_walked(entries[i], level - 1, page))
			return true;
	return false;
}

static bool is_table(unsigned vcpu, uint64_t page)
{
	unsigned levels = qemu_cr(vcpu, 4) & CR4_LA57 ? 5 : 4;

	return qemu_is_long_mode(vcpu) && is_walked(qemu_cr(vcpu, 3), levels, page);
}

/* A page that is not validated becomes shared, as KVM's users do at such an access: firmware uses
 * its first GHCB in this way. At a validated page, any other access is the guest's fault. */
bool snp_allows(const struct platform_access *access)
{
	uint64_t page = access->gpa & -4096;
	bool paging = qemu_cr(access->vcpu, 0) & CR0_PG;

	if (!access->shared)
		return false;
	if (emu_machine_state(emu_snp_machine(snp.emu), page) != EMU_PAGE_MAPPED) {
		if (!paging || !emu_snp_share_unused(snp.emu, page))
			return false;
		__atomic_add_fetch(&snp.implicit, 1, __ATOMIC_RELAXED);
		return true;
	}
	if (access->fetch || !paging)
		return true;
	if (!is_table(access->vcpu, page))
		return false;
	/* Later walks will reach it as well. */
	memory_view_unblock(&memory_shared, page, 4096);
	return true;
}
