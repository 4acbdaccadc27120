/* SPDX-License-Identifier: MIT */
#include "emu/snp/internal.h"

enum emu_action emu_snp_vmgexit(struct emu_snp *snp, unsigned vcpu)
{
	uint64_t msr;

	if (emu_stop_is_set(&snp->machine))
		return EMU_STOP;
	if (vcpu >= snp->config.vcpus)
		return EMU_GP;
	emu_count(&snp->stats.vmgexits, 1);
	snp->vcpu[vcpu].hold = HOLD_NONE;
	msr = snp->vcpu[vcpu].ghcb_msr;
	return msr & 0xfff ? emu_snp_msr_protocol(snp, vcpu) : emu_snp_ghcb(snp, vcpu, msr);
}
