/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/internals.h"
#include "qemu/internals_cpu.h"
#include "qemu/snp/snp.h"

/*
 * Device memory: a vCPU's access is a nested page fault that the hypervisor cannot emulate, since
 * it cannot read the instruction, and so becomes a #VC (AMD APM volume 2, 15.35.5). The guest's
 * handler asks the host by NAE events 0x80000001 and 0x80000002.
 */
#define EXIT_NPF 0x400

/* A fetch, and what cannot be traced to an instruction, is QEMU's. */
static void raise(void)
{
	unsigned vcpu = qemu_trap_vcpu();
	uintptr_t host_pc = qemu_trap_host_pc(vcpu);

	if (!host_pc)
		return;
	qemu_sync(vcpu, host_pc);
	snp_raise_vc(vcpu, SNP_VC_MMIO, EXIT_NPF);
}

static uint64_t trap_read(void *opaque, uint64_t gpa, unsigned size)
{
	uint64_t value = 0;

	raise();
	qemu_read(gpa, &value, size);
	return value;
}

static void trap_write(void *opaque, uint64_t gpa, uint64_t value, unsigned size)
{
	raise();
	qemu_write(gpa, &value, size);
}

/* The holes between RAM, the firmware's ROM, and the C-bit; below 1 MiB QEMU has RAM, ROM and
 * devices in small pieces, and nothing is trapped. */
void snp_trap_mmio(void)
{
	static const struct qemu_trap_ops ops = { .read = trap_read, .write = trap_write };
	struct qemu_traps *traps =
		qemu_traps_create(false, guest.shared_base, guest.private_base, &ops, NULL);
	uint64_t start = 0, rom = qemu_rom_start();
	size_t count = 0;

	qemu_lock();
	qemu_traps_begin();
	for (size_t i = 0; i <= guest.ram_count; i++) {
		uint64_t end = i < guest.ram_count ? guest.ram[i].start : guest.private_base;

		if (start < rom && end >= GUEST_FIRMWARE_END) {
			qemu_trap_set(traps, count++, start, rom);
			start = GUEST_FIRMWARE_END;
		}
		if (start < end)
			qemu_trap_set(traps, count++, start, end);
		if (i < guest.ram_count)
			start = guest.ram[i].end;
	}
	qemu_traps_commit();
	qemu_unlock();
}
