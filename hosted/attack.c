/* SPDX-License-Identifier: MIT */
#include "hosted/machine.h"

void hosted_attack(struct hosted_machine *machine, const struct emu_attack *attack)
{
	if (machine->tdx)
		emu_tdx_attack(machine->tdx, attack);
	else
		emu_snp_attack(machine->snp, attack);
}

bool hosted_strike(struct hosted_machine *machine, enum emu_attack_kind kind, uint64_t gpa)
{
	return machine->tdx ? emu_tdx_strike(machine->tdx, kind, gpa)
			    : emu_snp_strike(machine->snp, kind, gpa);
}

void hosted_attack_report(const struct hosted_machine *machine, struct emu_attack_report *out)
{
	if (machine->tdx)
		emu_tdx_attack_report(machine->tdx, out);
	else
		emu_snp_attack_report(machine->snp, out);
}

static enum hosted_page tdx_page(const struct emu_tdx *tdx, uint64_t gpa)
{
	if (!emu_tdx_is_ram(tdx, gpa))
		return HOSTED_NOT_RAM;
	switch (emu_tdx_state(tdx, gpa)) {
	case EMU_SEPT_MAPPED:
		return HOSTED_ACCEPTED;
	case EMU_SEPT_SHARED:
		return HOSTED_SHARED;
	default:
		return HOSTED_UNACCEPTED;
	}
}

static enum hosted_page snp_page(const struct emu_snp *snp, uint64_t gpa)
{
	if (!emu_snp_is_ram(snp, gpa))
		return HOSTED_NOT_RAM;
	switch (emu_snp_state(snp, gpa)) {
	case EMU_RMP_VALIDATED:
		return HOSTED_ACCEPTED;
	case EMU_RMP_SHARED:
		return HOSTED_SHARED;
	default:
		return HOSTED_UNACCEPTED;
	}
}

enum hosted_page hosted_page(const struct hosted_machine *machine, uint64_t gpa)
{
	return machine->tdx ? tdx_page(machine->tdx, gpa) : snp_page(machine->snp, gpa);
}
