/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_HOST_X86_MACHINE_H
#define CVMEM_QEMU_HOST_X86_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/machine.h"

/* What a PC has, and its processor. */
void qemu_cpuid(unsigned vcpu, uint32_t leaf, uint32_t subleaf, uint32_t out[4]);
uint32_t qemu_port_in(uint16_t port, unsigned size);
void qemu_port_out(uint16_t port, unsigned size, uint32_t value);
/* All vCPUs except the current one start at vector * 4096 in real mode. */
void qemu_send_sipi(uint8_t vector);
/* RAM as QEMU's own E820 map lists it. Returns the number of ranges, at most max. */
size_t qemu_ram(struct emu_ram *ram, size_t max);
/* The start of the ROM that ends at 4 GiB. */
uint64_t qemu_rom_start(void);
/* Whether a second flash device, for the firmware's variables, ends where that ROM starts. */
bool qemu_has_flash_below_rom(void);

#endif
