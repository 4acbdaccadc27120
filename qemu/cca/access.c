/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/cca/cca.h"
#include "qemu/guest/stop.h"
#include "qemu/host/devices.h"
#include "qemu/host/memory_map.h"
#include "qemu/host/vcpu.h"
#include "qemu/memory/forgotten.h"
#include "qemu/memory/violation.h"

bool cca_allows(const struct platform_access *access)
{
	uint64_t ipa = access->gpa | (access->shared ? cca.shared_bit : 0);
	struct emu_stop why;

	if (memory_is_forgotten(access->gpa))
		return false;
	switch (emu_cca_abort(cca.emu, access->vcpu, ipa, access->fetch)) {
	case EMU_CCA_AGAIN:
	case EMU_CCA_DEVICE:
		return true;
	case EMU_CCA_STOP:
		/* A violation that is told of already has stopped the machine. */
		if (guest_is_stopped())
			guest_block_vcpu(access->vcpu, access->host_pc);
		if (access->host_pc)
			qemu_sync(access->vcpu, access->host_pc);
		emu_stop_get(emu_cca_machine(cca.emu), &why);
		guest_stop_as(access->vcpu, &why);
	default:
		return false;
	}
}

static bool trap_read(void *opaque, uint64_t ipa, uint64_t *value, unsigned size)
{
	if (qemu_is_vcpu() && !memory_violation(MEMORY_VCPU_PRIVATE, ipa, false))
		return false;
	qemu_read(ipa, value, size);
	return true;
}

static bool trap_write(void *opaque, uint64_t ipa, uint64_t value, unsigned size)
{
	if (qemu_is_vcpu() && !memory_violation(MEMORY_VCPU_PRIVATE, ipa, true))
		return false;
	qemu_write(ipa, &value, size);
	return true;
}

void cca_trap_devices(void)
{
	static const struct qemu_trap_ops ops = { .read = trap_read, .write = trap_write };
	struct qemu_traps *traps = qemu_traps_create(false, 0, cca.shared_bit, &ops, NULL);
	uint64_t start = 0;
	size_t count = 0;

	qemu_lock();
	qemu_traps_begin();
	for (size_t i = 0; i <= guest.ram_count; i++) {
		uint64_t end = i < guest.ram_count ? guest.ram[i].start : cca.shared_bit;

		if (start < end)
			qemu_trap_set(traps, count++, start, end);
		if (i < guest.ram_count)
			start = guest.ram[i].end;
	}
	qemu_traps_commit();
	qemu_unlock();
}
