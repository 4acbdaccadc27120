/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_MEMORY_MMIO_H
#define CVMEM_QEMU_MEMORY_MMIO_H

#include "qemu/guest/platform.h"

/* From now on every load and store of a vCPU to device memory through the shared view calls the
 * function instead, after qemu_sync(); it raises an exception and does not return. To be called
 * after memory_views_install(). */
void memory_trap_mmio(void (*raise)(const struct platform_access *access));

#endif
