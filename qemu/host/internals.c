/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/internals.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "qemu/host/internals_symbols.h"
#include "qemu/host/registers.h"

struct qemu_symbols q;

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
	{ &q.check_io, "helper_check_io" },
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
	{ &q.loop_exit, "cpu_loop_exit" },
	{ &q.interrupt, "do_interrupt_all" },
	{ &q.load_eflags, "cpu_load_eflags" },
	{ &q.load_efer, "cpu_load_efer" },
	{ &q.update_cr0, "cpu_x86_update_cr0" },
	{ &q.update_cr3, "cpu_x86_update_cr3" },
	{ &q.update_cr4, "cpu_x86_update_cr4" },
	{ &q.update_dr7, "cpu_x86_update_dr7" },
	{ &q.set_dr, "helper_set_dr" },
	{ &q.xsetbv, "helper_xsetbv" },
	{ &q.fldcw, "helper_fldcw" },
	{ &q.ldmxcsr, "helper_ldmxcsr" },
	{ &q.update_hflags, "x86_update_hflags" },
	{ &q.run_on, "async_run_on_cpu" },
	{ &q.init_cpu, "do_cpu_init" },
	{ &q.sipi, "do_cpu_sipi" },
};

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

void *qemu_env(unsigned vcpu)
{
	return (uint8_t *)q.get_cpu((int)vcpu) + env_offset;
}

uint64_t *qemu_gpr(unsigned vcpu)
{
	return qemu_env(vcpu);
}

void qemu_sync(unsigned vcpu, uintptr_t host_pc)
{
	q.restore_state(q.get_cpu((int)vcpu), host_pc);
}

uint64_t qemu_rip(unsigned vcpu)
{
	return ((uint64_t *)qemu_env(vcpu))[rip_index];
}

/* Flags are kept in the few words behind the instruction pointer and RFLAGS. */
#define SYNC_WORDS 6

uint64_t qemu_rip_at(unsigned vcpu, uintptr_t host_pc)
{
	uint64_t *words = (uint64_t *)qemu_env(vcpu) + rip_index, saved[SYNC_WORDS], rip;

	memcpy(saved, words, sizeof(saved));
	if (host_pc)
		qemu_sync(vcpu, host_pc);
	rip = *words;
	memcpy(words, saved, sizeof(saved));
	return rip;
}

void qemu_set_rip(unsigned vcpu, uint64_t rip)
{
	((uint64_t *)qemu_env(vcpu))[rip_index] = rip;
}

uint64_t qemu_rflags(unsigned vcpu)
{
	return ((uint64_t *)qemu_env(vcpu))[rflags_index];
}

void qemu_halt(unsigned vcpu)
{
	q.halt(qemu_env(vcpu));
	abort();
}

void qemu_raise(unsigned vcpu, int vector, uintptr_t host_pc)
{
	q.raise(qemu_env(vcpu), vector, host_pc);
	abort();
}

void qemu_raise_code(unsigned vcpu, int vector, int code, uintptr_t host_pc)
{
	q.raise_code(qemu_env(vcpu), vector, code, host_pc);
	abort();
}

void qemu_restart(unsigned vcpu, uintptr_t host_pc)
{
	q.loop_exit_restore(q.get_cpu((int)vcpu), host_pc);
	abort();
}

void qemu_cpuid(unsigned vcpu, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
	q.cpuid(qemu_env(vcpu), leaf, subleaf, &out[0], &out[1], &out[2], &out[3]);
}

/* QEMU's functions for the two instructions take their operands from the registers. */
uint64_t qemu_rdmsr(unsigned vcpu, uint32_t msr)
{
	uint64_t *gpr = qemu_env(vcpu), saved[EMU_GPRS], value;

	memcpy(saved, gpr, sizeof(saved));
	gpr[EMU_RCX] = msr;
	q.rdmsr(gpr);
	value = (uint32_t)gpr[EMU_RAX] | gpr[EMU_RDX] << 32;
	memcpy(gpr, saved, sizeof(saved));
	return value;
}

void qemu_wrmsr(unsigned vcpu, uint32_t msr, uint64_t value)
{
	uint64_t *gpr = qemu_env(vcpu), saved[EMU_GPRS];

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
