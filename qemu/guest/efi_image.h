/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_GUEST_EFI_IMAGE_H
#define CVMEM_QEMU_GUEST_EFI_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether the code at this address belongs to an EFI application: a boot loader or a kernel's EFI
 * stub. Its image begins at the next lower page that holds a PE header, and the header's subsystem
 * tells. The firmware's drivers have other subsystems, and what runs before them has no PE header.
 * While firmware runs, linear addresses equal physical ones.
 */
bool guest_is_application(uint64_t rip);

/*
 * Whether the code at this address belongs to Linux's decompressor that a loader has started by the
 * boot protocol, without its PE header: it lies behind that image's first instructions.
 */
bool guest_is_decompressor(uint64_t rip);

/*
 * Whether the guest takes exceptions itself: by the interrupt table at this address, a page fault
 * goes to an EFI application, or to the upper half of the address space. Until boot services end,
 * the table and its handlers are the firmware's.
 */
bool guest_takes_exceptions(uint64_t idt_base);

#endif
