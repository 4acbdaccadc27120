/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_HOST_EXPORTS_H
#define CVMEM_QEMU_HOST_EXPORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Private to qemu/host: what qemu_resolve() has found. */

/* MemoryRegionSection, with room for the fields that follow. */
struct section {
	unsigned __int128 size;
	void *mr, *view;
	uint64_t offset, gpa;
	uint8_t more[64];
};

/* Declarations of QEMU's functions, as far as they are needed; cpu, env, as and mr are opaque. */
struct qemu_symbols {
	void *(*get_cpu)(int index);
	bool (*restore_state)(void *cpu, uintptr_t host_pc);
	bool (*unwind)(void *cpu, uintptr_t host_pc, uint64_t *data);
	void (*loop_exit_restore)(void *cpu, uintptr_t host_pc);
	void (*raise)(void *env, int vector, uintptr_t host_pc);
	void (*raise_arm)(void *env, uint32_t kind, uint64_t syndrome, uint32_t level);
	void (*raise_code)(void *env, int vector, int code, uintptr_t host_pc);
	int (*gdb_write)(void *cpu, uint8_t *value, int number);
	void (*halt)(void *env); /* does not return */
	void (*check_io)(void *env, uint32_t port, uint32_t size);
	void (*cpuid)(void *env, uint32_t leaf, uint32_t subleaf, uint32_t *a, uint32_t *b,
		      uint32_t *c, uint32_t *d);
	void (*rdmsr)(void *env);
	void (*wrmsr)(void *env);
	uint8_t (*inb)(uint32_t port);
	uint16_t (*inw)(uint32_t port);
	uint32_t (*inl)(uint32_t port);
	void (*outb)(uint32_t port, uint8_t value);
	void (*outw)(uint32_t port, uint16_t value);
	void (*outl)(uint32_t port, uint32_t value);
	void *device_space;
	uint32_t (*access)(void *as, uint64_t gpa, uint64_t attributes, void *buffer, uint64_t size,
			   bool write);
	uint32_t (*set)(void *as, uint64_t gpa, uint8_t byte, uint64_t size, uint64_t attributes);
	void (*space_init)(void *as, void *root, const char *name);
	int (*e820)(void *table);
	int (*block_migration)(void **reason, void **error);
	void (*set_error)(void **error, const char *file, int line, const char *function,
			  const char *format, ...);
	void (*shutdown)(int cause, int status);
	void *(*cpu_space)(void *cpu, int index);
	void *(*system_memory)(void);
	struct section (*find)(void *mr, uint64_t gpa, uint64_t size);
	void (*mr_init)(void *mr, void *owner, const char *name, uint64_t size);
	void (*mr_init_io)(void *mr, void *owner, const void *ops, void *opaque, const char *name,
			   uint64_t size);
	void (*mr_init_alias)(void *mr, void *owner, const char *name, void *original,
			      uint64_t offset, uint64_t size);
	void (*mr_init_ram_ptr)(void *mr, void *owner, const char *name, uint64_t size, void *data);
	void (*mr_add)(void *mr, uint64_t offset, void *child, int priority);
	void (*mr_enable)(void *mr, bool enabled);
	void (*mr_set_size)(void *mr, uint64_t size);
	void (*mr_set_address)(void *mr, uint64_t address);
	void (*mr_set_offset)(void *mr, uint64_t offset);
	void (*begin)(void);
	void (*commit)(void);
	void (*lock)(const char *file, int line);
	void (*unlock)(void);
	bool (*locked)(void);
	void (*loop_exit)(void *cpu);
	void (*cpu_interrupt)(void *cpu); /* x86_cpu_do_interrupt: only its code is read */
	void (*interrupt)(void *cpu, int vector, int is_int, int code, uint64_t next, int is_hw);
	void (*load_eflags)(void *env, int flags, int mask);
	void (*load_efer)(void *env, uint64_t value);
	void (*update_cr0)(void *env, uint32_t value);
	void (*update_cr3)(void *env, uint64_t value);
	void (*update_cr4)(void *env, uint32_t value);
	void (*update_dr7)(void *env, uint32_t value);
	void (*update_hflags)(void *env);
	void (*set_dr)(void *env, int which, uint64_t value);
	void (*xsetbv)(void *env, uint32_t which, uint64_t value);
	void (*fldcw)(void *env, uint32_t value);
	void (*ldmxcsr)(void *env, uint32_t value);
	void *(*resolve_path)(const char *path, bool *ambiguous);
	uint64_t (*property)(void *object, const char *name, void *error);
	void (*listen)(void *listener, void *as);
	void (*reset_interrupt)(void *cpu, int mask);
	void (*kick)(void *cpu);
	void *(*main_context)(void);
	void (*schedule)(void *context, void (*call)(void *data), void *data, const char *name);
	void (*run_on)(void *cpu, void (*call)(void *cpu, uint64_t data), uint64_t data);
	void (*init_cpu)(void *cpu);
	void (*tb_start)(void *cpu,
			 const void *db); /* plugin_gen_tb_start: only its code is read */
	void (*func_start)(void *context);
	void (*translate_code)(void *cpu, void *tb, int *count, uint64_t address, void *code);
	void *tcg_ops;
	void (*sipi)(void *cpu);
};

extern struct qemu_symbols q;

/* Names to look up, and where each address goes. NULL: done; else the first that QEMU does not
 * export. */
struct qemu_symbol {
	void *place;
	const char *name;
};
const char *qemu_resolve_all(const struct qemu_symbol *symbols, size_t count);

/* Where a vCPU's registers are: CPUArchState and its general registers, in bytes behind CPUState,
 * and the instruction pointer, in words behind the general registers. The processor's probe fills
 * it; env 0: not known yet. */
struct qemu_layout {
	size_t env, gpr, pc;
};
extern struct qemu_layout qemu_layout;

/* Adds [offset, offset + size) of a region to a container, at base. With QEMU's lock. */
void qemu_add_alias(void *container, const char *name, uint64_t base, void *original,
		    uint64_t offset, uint64_t size, int priority);

/* MEMTXATTRS_UNSPECIFIED. */
#define ATTRIBUTES (UINT64_C(1) << 32)

/* The vCPU's CPUState, and its CPUArchState. */
void *qemu_cpu(unsigned vcpu);
void *qemu_env(unsigned vcpu);

#endif
