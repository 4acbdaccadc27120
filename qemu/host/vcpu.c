/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/vcpu.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "qemu/host/exports.h"
#include "qemu/host/plugin_api.h"
#include "qemu/host/x86/registers.h"

/* struct CPUArchState follows CPUState in the same object. */
#define SEARCH_BYTES 0x8000
#define MAX_REGS     64

static size_t env_offset;		 /* of CPUArchState; 0: not known yet */
static unsigned rip_index, rflags_index; /* in words behind it */

#define RIP_GDB_NUMBER EMU_GPRS

/* Outside 64-bit mode QEMU's debugger interface writes 32 bits of eight registers only. */
#define PROBE_REGS 8

/* QEMU's own look-up walks a list. vCPUs are neither added nor removed. */
#define MAX_CPUS 64

void *qemu_cpu(unsigned vcpu)
{
	static void *cpus[MAX_CPUS];
	void *cpu = __atomic_load_n(&cpus[vcpu], __ATOMIC_RELAXED);

	if (!cpu) {
		cpu = q.get_cpu((int)vcpu);
		__atomic_store_n(&cpus[vcpu], cpu, __ATOMIC_RELAXED);
	}
	return cpu;
}

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

/* CPUArchState begins with the general registers; RIP and RFLAGS follow, in some versions after
 * more registers. */
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
	uint8_t *cpu = qemu_cpu(vcpu);

	for (unsigned i = 0; i < PROBE_REGS; i++)
		qemu_register_write(i, pattern(i));
	qemu_register_write(QEMU_REG_EFLAGS, 2);
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
	return (uint8_t *)qemu_cpu(vcpu) + env_offset;
}

uint64_t *qemu_gpr(unsigned vcpu)
{
	return qemu_env(vcpu);
}

void qemu_sync(unsigned vcpu, uintptr_t host_pc)
{
	q.restore_state(qemu_cpu(vcpu), host_pc);
}

uint64_t qemu_rip(unsigned vcpu)
{
	return ((uint64_t *)qemu_env(vcpu))[rip_index];
}

/* QEMU keeps the lazily computed flags in the few words after RIP and RFLAGS. */
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

void qemu_jump(uint64_t rip)
{
	qemu_plugin_set_pc(rip);
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
	q.loop_exit_restore(qemu_cpu(vcpu), host_pc);
	abort();
}

/* NULL: this is no vCPU's thread. */
static void *current_cpu(void)
{
	/* Thread-local in QEMU as well, so each thread looks it up. */
	static _Thread_local void **current;

	if (!current)
		current = dlsym(RTLD_DEFAULT, "current_cpu");
	return current ? *current : NULL;
}

bool qemu_is_vcpu(void)
{
	return current_cpu();
}

unsigned qemu_this_vcpu(void)
{
	static _Thread_local const void *found;
	static _Thread_local unsigned vcpu;
	const void *current = current_cpu();

	if (!current)
		abort();
	if (current == found)
		return vcpu;
	for (vcpu = 0; q.get_cpu((int)vcpu) != current; vcpu++)
		if (!q.get_cpu((int)vcpu))
			abort();
	found = current;
	return vcpu;
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

/* CPUState.mem_io_pc, which QEMU sets before it calls a device for a load or store. It is found as
 * the word of CPUState that is an address in translated code and also the return address of the
 * current call. It is 0 for a fetch, and stale in a page walk. */
uintptr_t qemu_trap_host_pc(unsigned vcpu)
{
	static size_t offset;
	uintptr_t *words = qemu_cpu(vcpu);
	uint64_t data[8];

	for (size_t i = 0; i < env_offset / sizeof(*words) && !offset; i++)
		if (words[i] && q.unwind(words, words[i], data) && is_on_stack(words[i]))
			offset = i;
	return offset && words[offset] && is_on_stack(words[offset]) ? words[offset] : 0;
}
