/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/memory/plug.h"

#include "emu/machine.h"
#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"
#include "qemu/guest/stop.h"
#include "qemu/host/memory_map.h"

/*
 * DIMMs and memory devices. A host adds their pages to the guest as it adds any other page that the
 * guest has not had at launch: free (TDX), unvalidated (SNP). All of the window is blocked from the
 * start, so nothing changes for the views of memory.
 */
static void plugged(uint64_t start, uint64_t end)
{
	if (!emu_machine_add_ram(platform->machine(), start, end)) {
		guest_stop(GUEST_EXIT_SETUP, "no page states for memory plugged at 0x%llx",
			   (unsigned long long)start);
		return;
	}
	__atomic_add_fetch(&guest.plugged, end - start, __ATOMIC_RELAXED);
}

/* The guest has given it back. Should it come again, it has to be accepted again. */
static void unplugged(uint64_t start, uint64_t end)
{
	if (emu_machine_remove_ram(platform->machine(), start, end))
		__atomic_sub_fetch(&guest.plugged, end - start, __ATOMIC_RELAXED);
}

const char *memory_plug_watch(void)
{
	static const struct qemu_plug_ops ops = { .plugged = plugged, .unplugged = unplugged };

	return qemu_ram_watch(&ops);
}
