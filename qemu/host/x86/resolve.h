/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_HOST_X86_RESOLVE_H
#define CVMEM_QEMU_HOST_X86_RESOLVE_H

/* As qemu_resolve(), for the functions that only qemu-system-x86_64 has. */
const char *qemu_x86_resolve(void);

#endif
