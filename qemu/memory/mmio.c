/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/memory/mmio.h"

#include "qemu/guest/guest.h"
#include "qemu/host/devices.h"
#include "qemu/host/memory_map.h"
#include "qemu/host/vcpu.h"
#include "qemu/host/x86/machine.h"
#include "qemu/memory/ram.h"

static void (*raise_exception)(const struct platform_access *access);

/* Left to QEMU: a debugger, which has no vCPU, a fetch, and what belongs to no instruction. */
static void raise(uint64_t gpa, bool write)
{
	struct platform_access access = { .gpa = gpa, .shared = true, .write = write };

	if (!qemu_is_vcpu())
		return;
	access.vcpu = qemu_this_vcpu();
	access.host_pc = qemu_trap_host_pc(access.vcpu);
	if (!access.host_pc)
		return;
	qemu_sync(access.vcpu, access.host_pc);
	raise_exception(&access);
}

static bool trap_read(void *opaque, uint64_t gpa, uint64_t *value, unsigned size)
{
	raise(gpa, false);
	qemu_read(gpa, value, size);
	return true;
}

static bool trap_write(void *opaque, uint64_t gpa, uint64_t value, unsigned size)
{
	raise(gpa, true);
	qemu_write(gpa, &value, size);
	return true;
}

/* Traps the holes between RAM or where it may be plugged in, the firmware's ROM, and the bit that
 * selects the view. Below 1 MiB, QEMU has RAM, ROM and devices in small pieces, and nothing is
 * trapped. */
void memory_trap_mmio(void (*function)(const struct platform_access *access))
{
	static const struct qemu_trap_ops ops = { .read = trap_read, .write = trap_write };
	uint64_t start = 0, rom = qemu_rom_start(), limit = guest.private_base | guest.shared_base;
	struct qemu_traps *traps = qemu_traps_create(false, guest.shared_base, limit, &ops, NULL);
	struct emu_ram ram[GUEST_MAX_RAM + 1];
	size_t count = 0, ranges = guest_ram_ranges(ram);

	raise_exception = function;
	qemu_lock();
	qemu_traps_begin();
	for (size_t i = 0; i <= ranges; i++) {
		uint64_t end = i < ranges ? ram[i].start : limit;

		if (start < rom && end >= MEMORY_FIRMWARE_END) {
			qemu_trap_set(traps, count++, start, rom);
			start = MEMORY_FIRMWARE_END;
		}
		if (start < end)
			qemu_trap_set(traps, count++, start, end);
		if (i < ranges)
			start = ram[i].end;
	}
	qemu_traps_commit();
	qemu_unlock();
}
