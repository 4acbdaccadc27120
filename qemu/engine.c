/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/internals.h"
#include "qemu/td.h"
#include "qemu/view.h"

/*
 * Private and shared memory are the same RAM of QEMU. A page is cleared when it leaves
 * either view, so that whatever a view can reach was zero when it became reachable, and
 * no content comes along from the other.
 */
static void map_private(void *ctx, uint64_t gpa, uint64_t size, bool zero)
{
	static uint64_t accepts;

	if (zero && td.options.forget_accept &&
	    __atomic_add_fetch(&accepts, 1, __ATOMIC_RELAXED) == td.options.forget_accept)
		return;
	td_view_unblock(&td_private, gpa, size);
}

static void unmap_private(void *ctx, uint64_t gpa, uint64_t size)
{
	td_view_block(&td_private, gpa, size);
	qemu_ram_zero(gpa, size);
}

static void map_shared(void *ctx, uint64_t gpa, uint64_t size)
{
	td_view_unblock(td.separate ? &td_shared : &td_private, gpa, size);
	td_view_unblock(&td_devices, gpa, size);
}

static void unmap_shared(void *ctx, uint64_t gpa, uint64_t size)
{
	td_view_block(td.separate ? &td_shared : &td_private, gpa, size);
	td_view_block(&td_devices, gpa, size);
	qemu_ram_zero(gpa, size);
}

static bool is_shared(uint64_t gpa, size_t size)
{
	for (uint64_t page = gpa & -4096; page < gpa + size; page += 4096)
		if (emu_tdx_state(td.emu, page) != EMU_SEPT_SHARED)
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

static bool is_ram(uint64_t gpa)
{
	for (size_t i = 0; i < td.ram_count; i++)
		if (gpa >= td.ram[i].start && gpa < td.ram[i].end)
			return true;
	return false;
}

/* The firmware's volumes are private memory, too, and no RAM of QEMU's. */
static void read_private(void *ctx, uint64_t gpa, void *buffer, size_t size)
{
	if (!is_ram(gpa))
		qemu_read(gpa, buffer, size);
	else
		qemu_ram_read(gpa, buffer, size);
}

static void write_private(void *ctx, uint64_t gpa, const void *buffer, size_t size)
{
	qemu_ram_write(gpa, buffer, size);
}

const struct emu_engine td_engine = {
	.map_private = map_private,
	.unmap_private = unmap_private,
	.map_shared = map_shared,
	.unmap_shared = unmap_shared,
	.read_shared = read_shared,
	.write_shared = write_shared,
	.read_private = read_private,
	.write_private = write_private,
};
