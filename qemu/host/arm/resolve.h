/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_HOST_ARM_RESOLVE_H
#define CVMEM_QEMU_HOST_ARM_RESOLVE_H

/* As qemu_resolve(), for the functions that only qemu-system-aarch64 has. */
const char *qemu_arm_resolve(void);

#endif
