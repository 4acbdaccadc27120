/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_HOST_DEVICES_H
#define CVMEM_QEMU_HOST_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What QEMU's machine does for a guest. */
/* Guest-physical addresses as devices see them. */
bool qemu_read(uint64_t gpa, void *buffer, size_t size);
bool qemu_write(uint64_t gpa, const void *buffer, size_t size);
void qemu_shutdown(int status);
/* From now on QEMU refuses migration and snapshots, with the reason. False: it was started such
 * that it must be able to. */
bool qemu_block_migration(const char *reason);

/* The lock of QEMU's devices. */
void qemu_lock(void);
void qemu_unlock(void);
/* Releases the lock if this thread holds it. */
void qemu_release_lock(void);

#endif
