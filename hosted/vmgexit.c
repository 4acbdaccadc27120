/* SPDX-License-Identifier: MIT */
#include "hosted/machine.h"

/* REP VMMCALL is an ordinary hypercall to the host's own hypervisor: it cannot be trapped. */
void hosted_vmgexit(void *unused, struct cvm_snp_regs *regs)
{
	struct hosted_vcpu *vcpu = hosted_this_vcpu;
	enum emu_action action = EMU_UD;
	struct hosted_began began;

	if (!vcpu)
		return;
	began = hosted_began(vcpu->machine);
	vcpu->in_trap = 1;
	vcpu->regs = regs;
	vcpu->svsm_pages = 0;
	if (vcpu->machine->snp) {
		do {
			hosted_leave_if_stopped(vcpu);
			action = emu_snp_vmgexit(vcpu->machine->snp, vcpu->number);
		} while (action == EMU_AGAIN);
	}
	hosted_after(vcpu, action, (uint64_t)(uintptr_t)__builtin_return_address(0), "VMGEXIT");
	hosted_charge(vcpu, vcpu->svsm_pages, &began);
	vcpu->in_trap = 0;
}
