/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/internals.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "qemu/registers.h"

/* MemoryRegionSection, with room for what comes behind. */
struct section {
	unsigned __int128 size;
	void *mr, *view;
	uint64_t offset, gpa;
	uint8_t more[64];
};

/* QEMU's own declarations, as far as they are needed; cpu, env, as and mr are opaque. */
static struct {
	void *(*get_cpu)(int index);
	bool (*restore_state)(void *cpu, uintptr_t host_pc);
	bool (*unwind)(void *cpu, uintptr_t host_pc, uint64_t *data);
	void (*loop_exit_restore)(void *cpu, uintptr_t host_pc);
	void (*raise)(void *env, int vector, uintptr_t host_pc);
	void (*raise_code)(void *env, int vector, int code, uintptr_t host_pc);
	int (*gdb_write)(void *cpu, uint8_t *value, int number);
	void (*halt)(void *env);
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
	void (*shutdown)(int cause, int status);
	void *(*cpu_space)(void *cpu, int index);
	void *(*system_memory)(void);
	struct section (*find)(void *mr, uint64_t gpa, uint64_t size);
	void (*mr_init)(void *mr, void *owner, const char *name, uint64_t size);
	void (*mr_init_io)(void *mr, void *owner, const void *ops, void *opaque, const char *name,
			   uint64_t size);
	void (*mr_init_alias)(void *mr, void *owner, const char *name, void *original,
			      uint64_t offset, uint64_t size);
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
} q;

static const struct {
	void *place;
	const char *name;
} symbols[] = {
	{ &q.get_cpu, "qemu_get_cpu" },
	{ &q.restore_state, "cpu_restore_state" },
	{ &q.unwind, "cpu_unwind_state_data" },
	{ &q.loop_exit_restore, "cpu_loop_exit_restore" },
	{ &q.raise, "raise_exception_ra" },
	{ &q.raise_code, "raise_exception_err_ra" },
	{ &q.gdb_write, "x86_cpu_gdb_write_register" },
	{ &q.halt, "helper_hlt" },
	{ &q.cpuid, "cpu_x86_cpuid" },
	{ &q.rdmsr, "helper_rdmsr" },
	{ &q.wrmsr, "helper_wrmsr" },
	{ &q.inb, "cpu_inb" },
	{ &q.inw, "cpu_inw" },
	{ &q.inl, "cpu_inl" },
	{ &q.outb, "cpu_outb" },
	{ &q.outw, "cpu_outw" },
	{ &q.outl, "cpu_outl" },
	{ &q.device_space, "address_space_memory" },
	{ &q.access, "address_space_rw" },
	{ &q.set, "address_space_set" },
	{ &q.space_init, "address_space_init" },
	{ &q.e820, "e820_get_table" },
	{ &q.shutdown, "qemu_system_shutdown_request_with_code" },
	{ &q.cpu_space, "cpu_get_address_space" },
	{ &q.system_memory, "get_system_memory" },
	{ &q.find, "memory_region_find" },
	{ &q.mr_init, "memory_region_init" },
	{ &q.mr_init_io, "memory_region_init_io" },
	{ &q.mr_init_alias, "memory_region_init_alias" },
	{ &q.mr_add, "memory_region_add_subregion_overlap" },
	{ &q.mr_enable, "memory_region_set_enabled" },
	{ &q.mr_set_size, "memory_region_set_size" },
	{ &q.mr_set_address, "memory_region_set_address" },
	{ &q.mr_set_offset, "memory_region_set_alias_offset" },
	{ &q.begin, "memory_region_transaction_begin" },
	{ &q.commit, "memory_region_transaction_commit" },
	{ &q.lock, "bql_lock_impl" },
	{ &q.unlock, "bql_unlock" },
	{ &q.locked, "bql_locked" },
};

/* MEMTXATTRS_UNSPECIFIED. */
#define ATTRIBUTES (UINT64_C(1) << 32)

/* SHUTDOWN_CAUSE_GUEST_PANIC would make QEMU wait for a management tool: the cause is
 * SHUTDOWN_CAUSE_HOST_ERROR. */
#define CAUSE_HOST_ERROR 1

const char *qemu_resolve(void)
{
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *address = dlsym(RTLD_DEFAULT, symbols[i].name);

		if (!address)
			return symbols[i].name;
		memcpy(symbols[i].place, &address, sizeof(address));
	}
	return NULL;
}

/* struct CPUArchState lies behind CPUState in one object. */
#define SEARCH_BYTES 0x8000
#define MAX_REGS     64

static size_t env_offset;		 /* of CPUArchState; 0: not known yet */
static unsigned rip_index, rflags_index; /* in words behind it */

#define RIP_GDB_NUMBER EMU_GPRS

/* Outside 64-bit mode QEMU's debugger interface writes 32 bits of eight registers. */
#define PROBE_REGS 8

static uint64_t pattern(unsigned i)
{
	return 0x5ad1ca11 + i * 0x10203;
}

static bool has_patterns(const uint64_t *words)
{
	for (unsigned i = 0; i < PROBE_REGS; i++)
		if (words[i] != pattern(i))
			return false;
	return true;
}

/* The general registers are the first thing in CPUArchState, then come more of them in
 * some versions, RIP and RFLAGS. */
static bool find_rip(uint8_t *cpu)
{
	uint64_t value = pattern(99), *words = (uint64_t *)(cpu + env_offset);

	q.gdb_write(cpu, (uint8_t *)&value, RIP_GDB_NUMBER);
	for (rip_index = EMU_GPRS; rip_index < MAX_REGS; rip_index++)
		if (words[rip_index] == value)
			break;
	rflags_index = rip_index + 1;
	/* Bit 1 of RFLAGS is always set. */
	return rip_index < MAX_REGS && (words[rflags_index] & 0xffff) == 2;
}

const char *qemu_probe(unsigned vcpu)
{
	uint8_t *cpu = q.get_cpu((int)vcpu);

	for (unsigned i = 0; i < PROBE_REGS; i++)
		guest_register_write(i, pattern(i));
	guest_register_write(GUEST_REG_EFLAGS, 2);
	if (env_offset)
		return has_patterns((uint64_t *)(cpu + env_offset)) ? NULL
								    : "the register file moves";
	for (size_t offset = 16; offset < SEARCH_BYTES; offset += 16) {
		if (!has_patterns((uint64_t *)(cpu + offset)))
			continue;
		env_offset = offset;
		return find_rip(cpu) ? NULL : "the instruction pointer is not where it should be";
	}
	return "the register file cannot be found";
}

static void *env(unsigned vcpu)
{
	return (uint8_t *)q.get_cpu((int)vcpu) + env_offset;
}

uint64_t *qemu_gpr(unsigned vcpu)
{
	return env(vcpu);
}

void qemu_sync(unsigned vcpu, uintptr_t host_pc)
{
	q.restore_state(q.get_cpu((int)vcpu), host_pc);
}

uint64_t qemu_rip(unsigned vcpu)
{
	return ((uint64_t *)env(vcpu))[rip_index];
}

void qemu_set_rip(unsigned vcpu, uint64_t rip)
{
	((uint64_t *)env(vcpu))[rip_index] = rip;
}

uint64_t qemu_rflags(unsigned vcpu)
{
	return ((uint64_t *)env(vcpu))[rflags_index];
}

void qemu_halt(unsigned vcpu)
{
	q.halt(env(vcpu));
	abort();
}

void qemu_raise(unsigned vcpu, int vector, uintptr_t host_pc)
{
	q.raise(env(vcpu), vector, host_pc);
	abort();
}

void qemu_raise_code(unsigned vcpu, int vector, int code, uintptr_t host_pc)
{
	q.raise_code(env(vcpu), vector, code, host_pc);
	abort();
}

void qemu_restart(unsigned vcpu, uintptr_t host_pc)
{
	q.loop_exit_restore(q.get_cpu((int)vcpu), host_pc);
	abort();
}

void qemu_cpuid(unsigned vcpu, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
	q.cpuid(env(vcpu), leaf, subleaf, &out[0], &out[1], &out[2], &out[3]);
}

/* QEMU's functions for the two instructions take their operands from the registers. */
uint64_t qemu_rdmsr(unsigned vcpu, uint32_t msr)
{
	uint64_t *gpr = env(vcpu), saved[EMU_GPRS], value;

	memcpy(saved, gpr, sizeof(saved));
	gpr[EMU_RCX] = msr;
	q.rdmsr(gpr);
	value = (uint32_t)gpr[EMU_RAX] | gpr[EMU_RDX] << 32;
	memcpy(gpr, saved, sizeof(saved));
	return value;
}

void qemu_wrmsr(unsigned vcpu, uint32_t msr, uint64_t value)
{
	uint64_t *gpr = env(vcpu), saved[EMU_GPRS];

	memcpy(saved, gpr, sizeof(saved));
	gpr[EMU_RCX] = msr;
	gpr[EMU_RAX] = (uint32_t)value;
	gpr[EMU_RDX] = value >> 32;
	q.wrmsr(gpr);
	memcpy(gpr, saved, sizeof(saved));
}

uint32_t qemu_port_in(uint16_t port, unsigned size)
{
	return size == 1 ? q.inb(port) : size == 2 ? q.inw(port) : q.inl(port);
}

void qemu_port_out(uint16_t port, unsigned size, uint32_t value)
{
	if (size == 1)
		q.outb(port, (uint8_t)value);
	else if (size == 2)
		q.outw(port, (uint16_t)value);
	else
		q.outl(port, value);
}

bool qemu_read(uint64_t gpa, void *buffer, size_t size)
{
	return q.access(q.device_space, gpa, ATTRIBUTES, buffer, size, false) == 0;
}

bool qemu_write(uint64_t gpa, const void *buffer, size_t size)
{
	return q.access(q.device_space, gpa, ATTRIBUTES, (void *)(uintptr_t)buffer, size, true) ==
	       0;
}

void qemu_send_sipi(uint8_t vector)
{
	/* Interrupt command register: all but self, level asserted, start-up. */
	uint32_t command = 0x000c4600 | vector;

	qemu_write(0xfee00300, &command, sizeof(command));
}

void qemu_shutdown(int status)
{
	q.shutdown(CAUSE_HOST_ERROR, status);
}

size_t qemu_ram(struct emu_ram *ram, size_t max)
{
	struct __attribute__((packed)) {
		uint64_t start, size;
		uint32_t type;
	} const *table;
	int entries = q.e820(&table);
	size_t count = 0;

	for (int i = 0; i < entries && count < max; i++) {
		if (table[i].type != 1)
			continue;
		ram[count].start = table[i].start;
		ram[count++].end = table[i].start + table[i].size;
	}
	return count;
}

/* Larger than MemoryRegion of any version. */
#define REGION_BYTES 4096

struct region_ops {
	uint64_t (*read)(void *opaque, uint64_t address, unsigned size);
	void (*write)(void *opaque, uint64_t address, uint64_t value, unsigned size);
	void *with_attributes[2];
	int endian;
	struct {
		unsigned min, max;
		bool unaligned;
		void *accepts;
	} valid;
	struct {
		unsigned min, max;
		bool unaligned;
	} impl;
};

struct qemu_traps {
	struct region_ops ops;
	void *all; /* one I/O region; the traps are windows to it */
	void *root;
	uint64_t base;
	void *window[QEMU_MAX_TRAPS];
	struct emu_ram range[QEMU_MAX_TRAPS]; /* start == end: off */
};

static void *view_root, *ram_root, *ram_space;

/* Priorities in the vCPUs' view; device regions in the system's memory have 0 and 1. */
enum { ABOVE_NOTHING, ABOVE_SYSTEM, ABOVE_RAM };

static void *new_region(void)
{
	void *region = calloc(1, REGION_BYTES);

	if (!region)
		abort();
	return region;
}

static void add_alias(void *container, const char *name, uint64_t base, void *original,
		      uint64_t offset, uint64_t size, int priority)
{
	void *alias = new_region();

	q.mr_init_alias(alias, NULL, name, original, offset, size);
	q.mr_add(container, base, alias, priority);
}

const char *qemu_ram_open(const struct emu_ram *ram, size_t count)
{
	ram_root = new_region();
	ram_space = new_region();
	q.mr_init(ram_root, NULL, "cvmem-ram", UINT64_MAX);
	qemu_lock();
	q.begin();
	for (size_t i = 0; i < count; i++) {
		uint64_t size = ram[i].end - ram[i].start;
		struct section found = q.find(q.system_memory(), ram[i].start, size);

		if (!found.mr || found.size != size || found.gpa != ram[i].start) {
			q.commit();
			qemu_unlock();
			return "RAM is not in one piece: start QEMU with -machine q35,smm=off";
		}
		add_alias(ram_root, "cvmem-ram", ram[i].start, found.mr, found.offset, size, 0);
	}
	q.space_init(ram_space, ram_root, "cvmem-ram");
	q.commit();
	qemu_unlock();
	return NULL;
}

bool qemu_ram_read(uint64_t gpa, void *buffer, size_t size)
{
	return q.access(ram_space, gpa, ATTRIBUTES, buffer, size, false) == 0;
}

bool qemu_ram_write(uint64_t gpa, const void *buffer, size_t size)
{
	return q.access(ram_space, gpa, ATTRIBUTES, (void *)(uintptr_t)buffer, size, true) == 0;
}

void qemu_ram_zero(uint64_t gpa, uint64_t size)
{
	q.set(ram_space, gpa, 0, size, ATTRIBUTES);
}

/* The vCPU's address space begins at another region from now on. */
static bool set_root(void *space)
{
	void **words = space;

	for (unsigned i = 0; i < 16; i++) {
		if (words[i] != q.system_memory())
			continue;
		words[i] = view_root;
		return true;
	}
	return false;
}

static void add_view(uint64_t base, uint64_t size)
{
	add_alias(view_root, "cvmem-system", base, q.system_memory(), 0, size, ABOVE_NOTHING);
	add_alias(view_root, "cvmem-ram", base, ram_root, 0, size, ABOVE_SYSTEM);
}

const char *qemu_view_create(unsigned vcpus, uint64_t shared_bit)
{
	const char *error = NULL;

	view_root = new_region();
	q.mr_init(view_root, NULL, "cvmem-view", UINT64_MAX);
	qemu_lock();
	q.begin();
	for (unsigned i = 0; i < vcpus && !error; i++)
		if (!set_root(q.cpu_space(q.get_cpu((int)i), 0)))
			error = "a vCPU's memory is not the system's";
	add_view(0, shared_bit ? shared_bit : UINT64_C(1) << 52);
	if (shared_bit)
		add_view(shared_bit, shared_bit);
	q.commit();
	qemu_unlock();
	return error;
}

struct qemu_traps *qemu_traps_create(bool of_devices, uint64_t base, uint64_t end,
				     const struct qemu_trap_ops *ops, void *opaque)
{
	struct qemu_traps *traps = calloc(1, sizeof(*traps));

	if (!traps)
		abort();
	traps->root = of_devices ? q.system_memory() : view_root;
	traps->base = base;
	traps->ops.read = ops->read;
	traps->ops.write = ops->write;
	traps->ops.endian = 0;
	traps->ops.valid.min = traps->ops.impl.min = 1;
	traps->ops.valid.max = traps->ops.impl.max = 8;
	traps->ops.valid.unaligned = traps->ops.impl.unaligned = true;
	traps->all = new_region();
	q.mr_init_io(traps->all, NULL, &traps->ops, opaque, "cvmem-trap", end);
	return traps;
}

void qemu_traps_begin(void)
{
	q.begin();
}

void qemu_trap_set(struct qemu_traps *traps, size_t index, uint64_t start, uint64_t end)
{
	struct emu_ram *range = &traps->range[index];
	void *window = traps->window[index];

	if (range->start == start && range->end == end)
		return;
	if (!window) {
		window = traps->window[index] = new_region();
		q.mr_init_alias(window, NULL, "cvmem-trapped", traps->all, start, end - start);
		q.mr_add(traps->root, traps->base + start, window, ABOVE_RAM);
	} else {
		q.mr_set_size(window, end - start);
		q.mr_set_offset(window, start);
		q.mr_set_address(window, traps->base + start);
		if (range->start == range->end)
			q.mr_enable(window, true);
	}
	range->start = start;
	range->end = end;
}

void qemu_traps_truncate(struct qemu_traps *traps, size_t count)
{
	for (size_t i = count; i < QEMU_MAX_TRAPS && traps->window[i]; i++) {
		if (traps->range[i].start == traps->range[i].end)
			continue;
		q.mr_enable(traps->window[i], false);
		traps->range[i].start = traps->range[i].end = 0;
	}
}

void qemu_traps_commit(void)
{
	q.commit();
}

void qemu_lock(void)
{
	q.lock(__FILE__, __LINE__);
}

void qemu_unlock(void)
{
	q.unlock();
}

void qemu_release_lock(void)
{
	if (q.locked())
		q.unlock();
}

unsigned qemu_trap_vcpu(void)
{
	/* A variable of the thread: it has to be looked up in each. */
	static _Thread_local void **current;

	if (!current)
		current = dlsym(RTLD_DEFAULT, "current_cpu");
	for (int i = 0; current && q.get_cpu(i); i++)
		if (q.get_cpu(i) == *current)
			return (unsigned)i;
	abort();
}

/* Whether a function between here and translated code has this return address. */
static bool is_on_stack(uintptr_t address)
{
	uintptr_t *stack = __builtin_frame_address(0);

	for (unsigned i = 0; i < 512; i++)
		if (stack[i] == address)
			return true;
	return false;
}

/*
 * CPUState.mem_io_pc, which QEMU sets before it calls a device for a load or store: a word of
 * CPUState that is an address in translated code, and also the return address of this very
 * call. For a fetch it is 0, and for a page walk it is left from an earlier call.
 */
uintptr_t qemu_trap_host_pc(unsigned vcpu)
{
	static size_t offset;
	uintptr_t *words = q.get_cpu((int)vcpu);
	uint64_t data[8];

	for (size_t i = 0; i < env_offset / sizeof(*words) && !offset; i++)
		if (words[i] && q.unwind(words, words[i], data) && is_on_stack(words[i]))
			offset = i;
	return offset && words[offset] && is_on_stack(words[offset]) ? words[offset] : 0;
}
