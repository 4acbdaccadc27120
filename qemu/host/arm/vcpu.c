/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/arm/vcpu.h"

#include <stdlib.h>
#include <string.h>

#include "qemu/host/exports.h"
#include "qemu/host/plugin_api.h"
#include "qemu/host/vcpu.h"

/* struct CPUArchState follows CPUState in the same object. It begins with the sixteen registers of
 * AArch32, of 4 bytes each. X0 to X30, SP, PC and PSTATE follow. */
#define SEARCH_BYTES 0x8000
#define AARCH32	     (16 * sizeof(uint32_t))
#define XREGS	     32
#define PC_NUMBER    32

#define PROBE_REGS 8

/* QEMU's numbers of exceptions. */
enum { EXCP_UDEF = 1, EXCP_HVC = 11 };

/* ESR_ELx: the exception class in 31:26, and IL. */
#define SYNDROME(class) ((uint64_t)(class) << 26 | 1u << 25)
enum { EC_UNKNOWN = 0, EC_HVC64 = 0x16 };

static uint64_t pattern(unsigned i)
{
	return UINT64_C(0x5ad1ca1100000000) + i * 0x10204;
}

static bool has_patterns(const uint64_t *words)
{
	for (unsigned i = 0; i < PROBE_REGS; i++)
		if (words[i] != pattern(i))
			return false;
	return true;
}

/* The PC keeps its value. */
static bool is_pc(uint8_t *cpu, uint64_t *place)
{
	uint64_t saved = *place, value = pattern(PC_NUMBER);
	bool is;

	q.gdb_write(cpu, (uint8_t *)&value, PC_NUMBER);
	is = *place == value;
	q.gdb_write(cpu, (uint8_t *)&saved, PC_NUMBER);
	return is;
}

static uint64_t *find_registers(uint8_t *cpu)
{
	for (unsigned i = 0; i < PROBE_REGS; i++) {
		uint64_t value = pattern(i);

		q.gdb_write(cpu, (uint8_t *)&value, (int)i);
	}
	for (size_t offset = AARCH32; offset < SEARCH_BYTES; offset += sizeof(uint64_t))
		if (has_patterns((uint64_t *)(cpu + offset)))
			return (uint64_t *)(cpu + offset);
	return NULL;
}

const char *qemu_arm_probe(void)
{
	uint8_t *cpu = qemu_cpu(0);
	uint64_t *registers = find_registers(cpu);

	if (!registers)
		return "the register file cannot be found";
	/* As after reset. */
	memset(registers, 0, PROBE_REGS * sizeof(*registers));
	if (!is_pc(cpu, &registers[XREGS]))
		return "the program counter is not where it should be";
	qemu_layout.gpr = (size_t)((uint8_t *)registers - cpu);
	qemu_layout.env = qemu_layout.gpr - AARCH32;
	qemu_layout.pc = XREGS;
	return NULL;
}

unsigned qemu_arm_level(unsigned vcpu)
{
	uint32_t pstate;

	memcpy(&pstate, &qemu_gpr(vcpu)[qemu_layout.pc + 1], sizeof(pstate));
	return pstate >> 2 & 3;
}

bool qemu_arm_translate(uint64_t address, uint64_t *ipa)
{
	return qemu_plugin_translate_vaddr(address, ipa);
}

/* The preferred return address of an HVC is that of the next instruction. QEMU takes it for PSCI
 * before it looks for an EL2, which a machine with the conduit HVC does not have. */
void qemu_arm_psci(unsigned vcpu, uint64_t next)
{
	qemu_set_rip(vcpu, next);
	q.raise_arm(qemu_env(vcpu), EXCP_HVC, SYNDROME(EC_HVC64), 2);
	abort();
}

void qemu_arm_undefined(unsigned vcpu)
{
	q.raise_arm(qemu_env(vcpu), EXCP_UDEF, SYNDROME(EC_UNKNOWN), 1);
	abort();
}
