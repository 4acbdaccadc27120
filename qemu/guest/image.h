/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_GUEST_IMAGE_H
#define CVMEM_QEMU_GUEST_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether the code at this address is of an EFI application: a boot loader, a kernel's EFI stub.
 * What it is part of begins at the next page below that holds a PE header, whose subsystem says
 * so; the firmware's own drivers have others, and what runs before those has no PE header.
 * While firmware runs, linear addresses are physical ones.
 */
bool guest_is_application(uint64_t rip);

#endif
