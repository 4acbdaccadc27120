/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_MEMORY_PLUG_H
#define CVMEM_QEMU_MEMORY_PLUG_H

/* RAM that is plugged into the guest's window gets page states, also later. To be called when the
 * emulator exists. NULL, or what is wrong. */
const char *memory_plug_watch(void);

#endif
