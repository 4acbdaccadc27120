/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_MEMORY_BACKEND_H
#define CVMEM_QEMU_MEMORY_BACKEND_H

#include "emu/backend.h"

/* What the emulator does to guest memory. */
extern const struct emu_backend memory_backend;

#endif
