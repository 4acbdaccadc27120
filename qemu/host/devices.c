/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/devices.h"

#include <string.h>

#include "emu/gpr.h"
#include "qemu/host/exports.h"

/* With SHUTDOWN_CAUSE_GUEST_PANIC, QEMU would wait for a management tool. This is
 * SHUTDOWN_CAUSE_HOST_ERROR. */
#define CAUSE_HOST_ERROR 1

void qemu_cpuid(unsigned vcpu, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
	q.cpuid(qemu_env(vcpu), leaf, subleaf, &out[0], &out[1], &out[2], &out[3]);
}

/* QEMU's helpers for RDMSR and WRMSR take their operands from the registers. */
uint64_t qemu_rdmsr(unsigned vcpu, uint32_t msr)
{
	uint64_t *gpr = qemu_env(vcpu), saved[EMU_GPRS], value;

	memcpy(saved, gpr, sizeof(saved));
	gpr[EMU_RCX] = msr;
	q.rdmsr(gpr);
	value = (uint32_t)gpr[EMU_RAX] | gpr[EMU_RDX] << 32;
	memcpy(gpr, saved, sizeof(saved));
	return value;
}

void qemu_wrmsr(unsigned vcpu, uint32_t msr, uint64_t value)
{
	uint64_t *gpr = qemu_env(vcpu), saved[EMU_GPRS];

	memcpy(saved, gpr, sizeof(saved));
	gpr[EMU_RCX] = msr;
	gpr[EMU_RAX] = (uint32_t)value;
	gpr[EMU_RDX] = value >> 32;
	q.wrmsr(gpr);
	memcpy(gpr, saved, sizeof(saved));
}

uint32_t qemu_port_in(uint16_t port, unsigned size)
{
	return size == 1 ? q.inb(port) : size == 2 ? q.inw(port) : q.inl(port);
}

void qemu_port_out(uint16_t port, unsigned size, uint32_t value)
{
	if (size == 1)
		q.outb(port, (uint8_t)value);
	else if (size == 2)
		q.outw(port, (uint16_t)value);
	else
		q.outl(port, value);
}

bool qemu_read(uint64_t gpa, void *buffer, size_t size)
{
	return q.access(q.device_space, gpa, ATTRIBUTES, buffer, size, false) == 0;
}

bool qemu_write(uint64_t gpa, const void *buffer, size_t size)
{
	return q.access(q.device_space, gpa, ATTRIBUTES, (void *)(uintptr_t)buffer, size, true) ==
	       0;
}

void qemu_send_sipi(uint8_t vector)
{
	/* Interrupt command register: start-up, level asserted, to all but self. */
	uint32_t command = 0x000c4600 | vector;

	qemu_write(0xfee00300, &command, sizeof(command));
}

void qemu_shutdown(int status)
{
	q.shutdown(CAUSE_HOST_ERROR, status);
}

bool qemu_block_migration(const char *reason)
{
	/* QEMU keeps the pointer. */
	static void *blocker;
	void *error = NULL;

	q.set_error(&blocker, __FILE__, __LINE__, __func__, "%s", reason);
	return q.block_migration(&blocker, &error) == 0;
}

void qemu_lock(void)
{
	q.lock(__FILE__, __LINE__);
}

void qemu_unlock(void)
{
	q.unlock();
}

void qemu_release_lock(void)
{
	if (q.locked())
		q.unlock();
}
