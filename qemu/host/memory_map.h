/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_HOST_MEMORY_MAP_H
#define CVMEM_QEMU_HOST_MEMORY_MAP_H

#include "emu/machine.h"

/* Where DIMMs and memory devices are plugged in, now or later: -m ...,maxmem=. False: nowhere. */
bool qemu_plug_window(struct emu_ram *window);
/* Makes RAM accessible by the functions below, in the given ranges, and whatever is in the window,
 * if there is one. NULL, or what is wrong. */
const char *qemu_ram_open(const struct emu_ram *ram, size_t count, const struct emu_ram *window);
/* From now on the functions are called for RAM in the window: at once for what is there, and when
 * some is plugged or unplugged, with the lock of QEMU's devices held. NULL, or what is wrong. */
struct qemu_plug_ops {
	void (*plugged)(uint64_t start, uint64_t end);
	void (*unplugged)(uint64_t start, uint64_t end);
};
const char *qemu_ram_watch(const struct qemu_plug_ops *ops);

/* RAM by guest-physical address, trapped or not. False: part of it is not RAM. */
bool qemu_ram_read(uint64_t gpa, void *buffer, size_t size);
bool qemu_ram_write(uint64_t gpa, const void *buffer, size_t size);
void qemu_ram_zero(uint64_t gpa, uint64_t size);

/*
 * The vCPUs' view of memory: what devices see, with RAM on top of it below the shared bit and again
 * above it (shared_bit 0: only once), and I/O regions on top of both that trap accesses.
 */
const char *qemu_view_create(unsigned vcpus, uint64_t shared_bit);

/* Afterwards: covers what is at gpa in the vCPUs' view with RAM, of whole pages. The memory is
 * QEMU's from now on. */
void qemu_view_add_ram(uint64_t gpa, uint64_t size, void *memory);

/* The handlers of a trap run under the lock of QEMU's devices. False: the access is answered with
 * an error, which is an external abort on an Arm processor, and nothing on an x86 one. */
struct qemu_trap_ops {
	bool (*read)(void *opaque, uint64_t gpa, uint64_t *value, unsigned size);
	bool (*write)(void *opaque, uint64_t gpa, uint64_t value, unsigned size);
};

/* A set of trapped intervals of the vCPUs' view, or of the devices' view; base is added to every
 * address. */
struct qemu_traps;
struct qemu_traps *qemu_traps_create(bool of_devices, uint64_t base, uint64_t end,
				     const struct qemu_trap_ops *ops, void *opaque);
/* Intervals change between begin and commit; truncate disables those with an index at or above
 * count. The lock of QEMU's devices must be held. */
#define QEMU_MAX_TRAPS 1500
void qemu_traps_begin(void);
void qemu_trap_set(struct qemu_traps *traps, size_t index, uint64_t start, uint64_t end);
void qemu_traps_truncate(struct qemu_traps *traps, size_t count);
void qemu_traps_commit(void);

#endif
