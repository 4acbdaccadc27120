/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_HOST_INTERNALS_H
#define CVMEM_QEMU_HOST_INTERNALS_H

#include <stddef.h>

#include "emu/engine.h"

/*
 * All that the plugin needs of QEMU beyond the plugin API: functions that QEMU exports to
 * its own modules, and some places in its records. The names are looked up and the places
 * found by what is in them (two by code that names them) when the plugin is loaded; a QEMU in
 * which that fails is refused.
 */

/* NULL: every name is there; else the first that is not. */
const char *qemu_resolve(void);
/* In the first instruction of a vCPU; its general registers are overwritten. NULL, or what
 * is not as expected. */
const char *qemu_probe(unsigned vcpu);

/*
 * The vCPU's state. gpr: its general registers in encoding order, current in a callback that
 * may read registers and once qemu_sync() is done.
 */
uint64_t *qemu_gpr(unsigned vcpu);
/* Lazily kept flags and the instruction pointer become what they are at host_pc, the
 * address in translated code that called the callback. */
void qemu_sync(unsigned vcpu, uintptr_t host_pc);
uint64_t qemu_rip(unsigned vcpu);
/* What qemu_rip() would be behind qemu_sync(); nothing changes. */
uint64_t qemu_rip_at(unsigned vcpu, uintptr_t host_pc);
void qemu_set_rip(unsigned vcpu, uint64_t rip);
uint64_t qemu_rflags(unsigned vcpu);

/* These leave the callback and do not come back. */
__attribute__((noreturn)) void qemu_halt(unsigned vcpu);
__attribute__((noreturn)) void qemu_raise(unsigned vcpu, int vector, uintptr_t host_pc);
__attribute__((noreturn)) void qemu_raise_code(unsigned vcpu, int vector, int code,
					       uintptr_t host_pc);
__attribute__((noreturn)) void qemu_restart(unsigned vcpu, uintptr_t host_pc);

/* What the host does for a guest. */
void qemu_cpuid(unsigned vcpu, uint32_t leaf, uint32_t subleaf, uint32_t out[4]);
uint64_t qemu_rdmsr(unsigned vcpu, uint32_t msr);
void qemu_wrmsr(unsigned vcpu, uint32_t msr, uint64_t value);
uint32_t qemu_port_in(uint16_t port, unsigned size);
void qemu_port_out(uint16_t port, unsigned size, uint32_t value);
/* Guest-physical addresses as devices see them. */
bool qemu_read(uint64_t gpa, void *buffer, size_t size);
bool qemu_write(uint64_t gpa, const void *buffer, size_t size);
/* The same of RAM alone, whatever is trapped. */
bool qemu_ram_read(uint64_t gpa, void *buffer, size_t size);
bool qemu_ram_write(uint64_t gpa, const void *buffer, size_t size);
void qemu_ram_zero(uint64_t gpa, uint64_t size);
/* All vCPUs but the current one start at vector * 4096 in real mode. */
void qemu_send_sipi(uint8_t vector);
void qemu_shutdown(int status);

/* RAM as QEMU's own E820 map has it; the number of ranges, at most max. */
size_t qemu_ram(struct emu_ram *ram, size_t max);
/* Where the ROM begins that ends at 4 GiB. */
uint64_t qemu_rom_start(void);
/* From now on RAM can be reached in the given ranges, each of which is one piece of it. NULL,
 * or what is wrong. */
const char *qemu_ram_open(const struct emu_ram *ram, size_t count);

/*
 * The vCPUs' view of memory. It is made of what devices see, with RAM below the shared bit
 * and again above it (0: not) laid over that, and I/O regions over all that catch accesses.
 */
struct qemu_trap_ops {
	uint64_t (*read)(void *opaque, uint64_t gpa, unsigned size);
	void (*write)(void *opaque, uint64_t gpa, uint64_t value, unsigned size);
};

const char *qemu_view_create(unsigned vcpus, uint64_t shared_bit);
/* A set of trapped intervals of the vCPUs' view, or of the devices'; base is added to every
 * address. */
struct qemu_traps;
struct qemu_traps *qemu_traps_create(bool of_devices, uint64_t base, uint64_t end,
				     const struct qemu_trap_ops *ops, void *opaque);
/* Change the intervals between begin and commit; those with an index at or above count are
 * off. The lock of QEMU's devices must be held, as it is in a trap's functions. */
#define QEMU_MAX_TRAPS 1500
void qemu_traps_begin(void);
void qemu_trap_set(struct qemu_traps *traps, size_t index, uint64_t start, uint64_t end);
void qemu_traps_truncate(struct qemu_traps *traps, size_t count);
void qemu_traps_commit(void);
void qemu_lock(void);
void qemu_unlock(void);
/* Give the lock back if this thread has it. */
void qemu_release_lock(void);

/* In a trap of the vCPUs' view: the vCPU that accesses; and where the translated code did: 0
 * for an instruction fetch, or when it cannot be known. */
unsigned qemu_trap_vcpu(void);
uintptr_t qemu_trap_host_pc(unsigned vcpu);

#endif
