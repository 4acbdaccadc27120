/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/memory/backend.h"

#include <string.h>

#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"
#include "qemu/host/memory_map.h"
#include "qemu/memory/forgotten.h"
#include "qemu/memory/ram.h"
#include "qemu/memory/memory_trace.h"
#include "qemu/memory/view.h"

/* Private and shared memory are the same RAM of QEMU. A page is cleared when it leaves either view.
 * So whatever a view can access was zero when it became accessible, and no content passes from one
 * view to the other. */
static void map_private(void *ctx, uint64_t gpa, uint64_t size, bool zero)
{
	static uint64_t accepts;

	if (guest.options.forget_accept && __atomic_load_n(&guest.running, __ATOMIC_ACQUIRE) &&
	    __atomic_add_fetch(&accepts, 1, __ATOMIC_RELAXED) == guest.options.forget_accept) {
		memory_forget(gpa, size);
		return;
	}
	if (guest.options.forget_accept)
		memory_forget_no_more(gpa, size);
	memory_view_unblock(&memory_private, gpa, size);
	memory_trace(MEMORY_EVENT_ACCEPT, gpa, size);
}

static void unmap_private(void *ctx, uint64_t gpa, uint64_t size)
{
	if (guest.options.forget_accept)
		memory_forget_no_more(gpa, size);
	memory_view_block(&memory_private, gpa, size);
	qemu_ram_zero(gpa, size);
}

static void map_shared(void *ctx, uint64_t gpa, uint64_t size)
{
	memory_view_unblock(guest_is_separate() ? &memory_shared : &memory_private, gpa, size);
	memory_view_unblock(&memory_devices, gpa, size);
	memory_trace(MEMORY_EVENT_SHARE, gpa, size);
}

static void unmap_shared(void *ctx, uint64_t gpa, uint64_t size)
{
	memory_view_block(guest_is_separate() ? &memory_shared : &memory_private, gpa, size);
	memory_view_block(&memory_devices, gpa, size);
	qemu_ram_zero(gpa, size);
	memory_trace(MEMORY_EVENT_UNSHARE, gpa, size);
}

static bool is_shared(uint64_t gpa, size_t size)
{
	for (uint64_t page = gpa & -4096; page < gpa + size; page += 4096)
		if (!platform->is_shared(page))
			return false;
	return true;
}

static bool read_shared(void *ctx, uint64_t gpa, void *buffer, size_t size)
{
	return is_shared(gpa, size) && qemu_ram_read(gpa, buffer, size);
}

static bool write_shared(void *ctx, uint64_t gpa, const void *buffer, size_t size)
{
	return is_shared(gpa, size) && qemu_ram_write(gpa, buffer, size);
}

static void read_private(void *ctx, uint64_t gpa, void *buffer, size_t size)
{
	memory_read_private(gpa, buffer, size);
}

static void write_private(void *ctx, uint64_t gpa, const void *buffer, size_t size)
{
	qemu_ram_write(gpa, buffer, size);
}

const struct emu_backend memory_backend = {
	.map_private = map_private,
	.unmap_private = unmap_private,
	.map_shared = map_shared,
	.unmap_shared = unmap_shared,
	.read_shared = read_shared,
	.write_shared = write_shared,
	.read_private = read_private,
	.write_private = write_private,
};
