/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "emu/machine.h"
#include "qemu/guest/guest.h"
#include "qemu/host/devices.h"
#include "qemu/host/x86/machine.h"
#include "qemu/snp/exits.h"
#include "qemu/snp/snp.h"

/* SW_EXITINFO1 of IOIO, AMD APM volume 2, 15.10.2: direction in bit 0, string in 2, size in 6:4,
 * port in 31:16. SW_EXITINFO2 is the number of repetitions of a string. */
enum { IOIO_IN = 1 << 0, IOIO_STRING = 1 << 2 };

static enum emu_ghcb_result string_io(struct emu_ghcb_event *event, uint16_t port, unsigned size)
{
	uint64_t count = event->info2;
	uint32_t value = 0;

	if (count > event->size / size)
		return EMU_GHCB_INVALID;
	for (uint64_t i = 0; i < count; i++) {
		uint8_t *place = &event->buffer[i * size];

		if (event->info1 & IOIO_IN) {
			value = qemu_port_in(port, size);
			memcpy(place, &value, size);
		} else {
			memcpy(&value, place, size);
			qemu_port_out(port, size, value);
		}
	}
	event->info2 = 0;
	return EMU_GHCB_DONE;
}

enum emu_ghcb_result snp_exit_ioio(unsigned vcpu, struct emu_ghcb_event *event)
{
	uint16_t port = (uint16_t)(event->info1 >> 16);
	unsigned size = event->info1 >> 4 & 7;

	if (size != 1 && size != 2 && size != 4)
		return EMU_GHCB_INVALID;
	if (event->info1 & IOIO_STRING)
		return string_io(event, port, size);
	if (event->info1 & IOIO_IN)
		event->rax = qemu_port_in(port, size);
	else
		qemu_port_out(port, size, (uint32_t)event->rax);
	event->info2 = 0;
	return EMU_GHCB_DONE;
}

/* VGA memory is a window to a device within RAM. */
static bool is_device(uint64_t gpa)
{
	return !emu_machine_is_ram(emu_snp_machine(snp.emu), gpa) ||
	       (gpa >= 0xa0000 && gpa < 0xc0000);
}

/* SW_EXITINFO1: the address, SW_EXITINFO2: the number of bytes. */
static bool is_valid_mmio(const struct emu_ghcb_event *event)
{
	uint64_t size = event->info2;

	return (size == 1 || size == 2 || size == 4 || size == 8) && size <= event->size &&
	       event->info1 < guest.private_base && is_device(event->info1);
}

enum emu_ghcb_result snp_exit_mmio_read(unsigned vcpu, struct emu_ghcb_event *event)
{
	if (!is_valid_mmio(event))
		return EMU_GHCB_INVALID;
	qemu_read(event->info1, event->buffer, event->info2);
	event->info2 = 0;
	return EMU_GHCB_DONE;
}

enum emu_ghcb_result snp_exit_mmio_write(unsigned vcpu, struct emu_ghcb_event *event)
{
	if (!is_valid_mmio(event))
		return EMU_GHCB_INVALID;
	if (!snp_apic_write(vcpu, event->info1, event->buffer, event->info2))
		qemu_write(event->info1, event->buffer, event->info2);
	event->info2 = 0;
	return EMU_GHCB_DONE;
}
