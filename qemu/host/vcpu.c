/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/vcpu.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "qemu/host/exports.h"
#include "qemu/host/plugin_api.h"

struct qemu_layout qemu_layout;

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

void *qemu_env(unsigned vcpu)
{
	return (uint8_t *)qemu_cpu(vcpu) + qemu_layout.env;
}

uint64_t *qemu_gpr(unsigned vcpu)
{
	return (uint64_t *)((uint8_t *)qemu_cpu(vcpu) + qemu_layout.gpr);
}

void qemu_sync(unsigned vcpu, uintptr_t host_pc)
{
	q.restore_state(qemu_cpu(vcpu), host_pc);
}

uint64_t qemu_rip(unsigned vcpu)
{
	return qemu_gpr(vcpu)[qemu_layout.pc];
}

/* QEMU keeps what it computes late in the few words after the instruction pointer. */
#define SYNC_WORDS 6

uint64_t qemu_rip_at(unsigned vcpu, uintptr_t host_pc)
{
	uint64_t *words = qemu_gpr(vcpu) + qemu_layout.pc, saved[SYNC_WORDS], rip;

	memcpy(saved, words, sizeof(saved));
	if (host_pc)
		qemu_sync(vcpu, host_pc);
	rip = *words;
	memcpy(words, saved, sizeof(saved));
	return rip;
}

void qemu_set_rip(unsigned vcpu, uint64_t rip)
{
	qemu_gpr(vcpu)[qemu_layout.pc] = rip;
}

void qemu_halt(unsigned vcpu)
{
	/* Where the registers are is not known before the probe. The instruction is repeated until
	 * QEMU's main thread stops the vCPU. */
	if (!qemu_layout.env)
		qemu_restart(vcpu, 0);
	q.halt(qemu_env(vcpu));
	abort();
}

void qemu_jump(uint64_t rip)
{
	qemu_plugin_set_pc(rip);
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

	for (size_t i = 0; i < qemu_layout.env / sizeof(*words) && !offset; i++)
		if (words[i] && q.unwind(words, words[i], data) && is_on_stack(words[i]))
			offset = i;
	return offset && words[offset] && is_on_stack(words[offset]) ? words[offset] : 0;
}
