/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/x86/machine.h"

#include "qemu/host/devices.h"
#include "qemu/host/exports.h"

void qemu_cpuid(unsigned vcpu, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
	q.cpuid(qemu_env(vcpu), leaf, subleaf, &out[0], &out[1], &out[2], &out[3]);
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

void qemu_send_sipi(uint8_t vector)
{
	/* Interrupt command register: start-up, level asserted, to all but self. */
	uint32_t command = 0x000c4600 | vector;

	qemu_write(0xfee00300, &command, sizeof(command));
}

size_t qemu_ram(struct emu_ram *ram, size_t max)
{
	struct __attribute__((packed)) {
		uint64_t start, size;
		uint32_t type;
	} const *table;
	int entries = q.e820(&table);
	size_t count = 0;

	for (int i = 0; i < entries && count < max; i++) {
		if (table[i].type != 1)
			continue;
		ram[count].start = table[i].start;
		ram[count++].end = table[i].start + table[i].size;
	}
	return count;
}

static struct section find(uint64_t gpa)
{
	struct section found;

	qemu_lock();
	found = q.find(q.system_memory(), gpa, 4096);
	qemu_unlock();
	return found;
}

uint64_t qemu_rom_start(void)
{
	const uint64_t last = (UINT64_C(1) << 32) - 4096;

	return last - find(last).offset;
}

bool qemu_has_flash_below_rom(void)
{
	return find(qemu_rom_start() - 4096).mr;
}
