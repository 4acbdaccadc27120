/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_HOST_RESOLVE_H
#define CVMEM_QEMU_HOST_RESOLVE_H

/* Looks up the functions of QEMU that the plugin calls beyond the plugin API, except for those of
 * one processor. NULL: done; else the first name that QEMU does not export. */
const char *qemu_resolve(void);

#endif
