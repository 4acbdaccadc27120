/* SPDX-License-Identifier: MIT */
#include "hosted/machine.h"

/* REP VMMCALL is an ordinary hypercall to the host's own hypervisor: it cannot be trapped. */
void hosted_vmgexit(void *unused)
{
	struct hosted_vcpu *vcpu = hosted_this_vcpu;
	enum emu_action action = EMU_UD;

	if (!vcpu)
		return;
	vcpu->in_trap = 1;
	if (vcpu->machine->snp) {
		do {
			hosted_leave_if_stopped(vcpu);
			action = emu_snp_vmgexit(vcpu->machine->snp, vcpu->number);
		} while (action == EMU_AGAIN);
	}
	hosted_after(vcpu, action, (uint64_t)(uintptr_t)__builtin_return_address(0), "VMGEXIT");
	vcpu->in_trap = 0;
}
