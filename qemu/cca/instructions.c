/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "qemu/arm/image.h"
#include "qemu/cca/cca.h"
#include "qemu/guest/call.h"
#include "qemu/guest/stop.h"
#include "qemu/host/arm/vcpu.h"
#include "qemu/host/vcpu.h"
#include "qemu/memory/view.h"

#define INSTRUCTION_BYTES 4

/* RSI calls of version 1.0. */
#define RSI_FIRST	  0xC4000190
#define RSI_IPA_STATE_SET 0xC4000197
#define RSI_LAST	  0xC4000199

static __attribute__((noreturn)) void stop(unsigned vcpu)
{
	struct emu_stop why;

	emu_stop_get(emu_cca_machine(cca.emu), &why);
	guest_stop_as(vcpu, &why);
}

static enum emu_action rsi(unsigned vcpu, uint64_t *x)
{
	const uint64_t function = x[0], base = x[1], ripas = x[3];
	enum emu_action action = emu_cca_rsi(cca.emu, vcpu, x);

	/* The host maps at once what the Realm gives it, rather than at the first access. */
	if (function == RSI_IPA_STATE_SET && ripas == EMU_RIPAS_EMPTY && action == EMU_NEXT &&
	    !x[0] && x[1] > base)
		emu_cca_unprot_map(cca.emu, base, x[1]);
	memory_views_commit();
	return action;
}

/* At EL0 it is undefined, which is QEMU's to say. */
static void smc(unsigned vcpu, void *unused)
{
	struct cca_vcpu *counters = &cca.vcpu[vcpu];
	uint64_t *x = qemu_gpr(vcpu), pc;
	enum cca_smc kind;

	if (!qemu_arm_level(vcpu))
		return;
	pc = guest_sync_rip(vcpu, GUEST_HOST_PC);
	guest_call_begin(vcpu, pc);
	if (x[0] >= RSI_FIRST && x[0] <= RSI_LAST) {
		switch (rsi(vcpu, x)) {
		case EMU_STOP:
			stop(vcpu);
		case EMU_AGAIN:
			qemu_restart(vcpu, 0);
		default:
			qemu_jump(pc + INSTRUCTION_BYTES);
		}
	}
	kind = cca_smc_kind(x[0], x[1]);
	counters->smcs[kind]++;
	if (kind == CCA_SMC_PSCI)
		qemu_arm_psci(vcpu, pc + INSTRUCTION_BYTES);
	x[0] = cca_smccc(x[0], x[1]);
	qemu_jump(pc + INSTRUCTION_BYTES);
}

/* A Realm has no hypervisor to call. */
static void hvc(unsigned vcpu, void *unused)
{
	if (!qemu_arm_level(vcpu))
		return;
	qemu_sync(vcpu, GUEST_HOST_PC);
	cca.vcpu[vcpu].hvcs++;
	qemu_arm_undefined(vcpu);
}

struct platform_call cca_instruction(const uint8_t *bytes, size_t size)
{
	uint32_t instruction;

	if (size != sizeof(instruction))
		return (struct platform_call){ 0 };
	memcpy(&instruction, bytes, sizeof(instruction));
	if (arm_is_smc(instruction))
		return (struct platform_call){ .call = smc };
	return (struct platform_call){ .call = arm_is_hvc(instruction) ? hvc : NULL };
}
