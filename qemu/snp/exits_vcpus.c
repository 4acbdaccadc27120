/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/guest.h"
#include "qemu/memory/backend.h"
#include "qemu/snp/exits.h"
#include "qemu/snp/snp.h"

/* SW_EXITINFO1: 0 to store the address in SW_EXITINFO2, 1 to read it back. */
enum emu_ghcb_result snp_exit_ap_jump_table(unsigned vcpu, struct emu_ghcb_event *event)
{
	static uint64_t table;

	if (event->info1 > 1)
		return EMU_GHCB_INVALID;
	if (!event->info1)
		__atomic_store_n(&table, event->info2, __ATOMIC_RELEASE);
	event->info2 = event->info1 ? __atomic_load_n(&table, __ATOMIC_ACQUIRE) : 0;
	return EMU_GHCB_DONE;
}

/* SW_EXITINFO1: where to write the list, a count and as many APIC IDs, 32 bits each. RAX: the
 * number of pages that the guest provides, afterwards the number that the list takes. */
enum emu_ghcb_result snp_exit_apic_ids(unsigned vcpu, struct emu_ghcb_event *event)
{
	uint32_t list[1 + GUEST_MAX_VCPUS] = { guest.vcpus };
	uint64_t room = event->rax;

	event->rax = 1;
	event->info2 = 0;
	if (!room)
		return EMU_GHCB_DONE;
	for (unsigned i = 0; i < guest.vcpus; i++)
		list[1 + i] = snp_apic_id(i);
	if (event->info1 % 4096 ||
	    !memory_backend.write_shared(NULL, event->info1, list, sizeof(list)))
		return EMU_GHCB_INVALID;
	return EMU_GHCB_DONE;
}
