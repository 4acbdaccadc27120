/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/x86/vcpu.h"

#include <stdlib.h>

#include "emu/gpr.h"
#include "qemu/host/exports.h"
#include "qemu/host/vcpu.h"
#include "qemu/host/x86/registers.h"

/* struct CPUArchState follows CPUState in the same object. */
#define SEARCH_BYTES 0x8000
#define MAX_REGS     64

#define RIP_GDB_NUMBER EMU_GPRS

/* Outside 64-bit mode QEMU's debugger interface writes 32 bits of eight registers only. */
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

/* CPUArchState begins with the general registers; RIP and RFLAGS follow, in some versions after
 * more registers. */
static bool find_rip(uint8_t *cpu)
{
	uint64_t value = pattern(99), *words = (uint64_t *)(cpu + qemu_layout.gpr);
	size_t at = EMU_GPRS;

	q.gdb_write(cpu, (uint8_t *)&value, RIP_GDB_NUMBER);
	while (at < MAX_REGS && words[at] != value)
		at++;
	qemu_layout.pc = at;
	/* Bit 1 of RFLAGS is always set. */
	return at < MAX_REGS && (words[at + 1] & 0xffff) == 2;
}

const char *qemu_probe(unsigned vcpu)
{
	uint8_t *cpu = qemu_cpu(vcpu);

	for (unsigned i = 0; i < PROBE_REGS; i++)
		qemu_register_write(i, pattern(i));
	qemu_register_write(QEMU_REG_EFLAGS, 2);
	if (qemu_layout.env)
		return has_patterns((uint64_t *)(cpu + qemu_layout.gpr))
			       ? NULL
			       : "the register file moves";
	for (size_t offset = 16; offset < SEARCH_BYTES; offset += 16) {
		if (!has_patterns((uint64_t *)(cpu + offset)))
			continue;
		qemu_layout.env = qemu_layout.gpr = offset;
		return find_rip(cpu) ? NULL : "the instruction pointer is not where it should be";
	}
	return "the register file cannot be found";
}

uint64_t qemu_rflags(unsigned vcpu)
{
	return qemu_gpr(vcpu)[qemu_layout.pc + 1];
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
