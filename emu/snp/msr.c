/* SPDX-License-Identifier: MIT */
#include "emu/snp/internal.h"

#define MSR_GHCB       0xc0010130
#define MSR_SEV_STATUS 0xc0010131

/* AMD APM volume 2, 15.34.10: SEV, SEV-ES and SEV-SNP are active. */
#define SEV_STATUS 0x7

enum emu_action emu_snp_rdmsr(struct emu_snp *snp, unsigned vcpu, uint32_t msr, uint64_t *value)
{
	if (emu_stop_is_set(&snp->machine))
		return EMU_STOP;
	if (vcpu >= snp->config.vcpus)
		return EMU_GP;
	switch (msr) {
	case MSR_GHCB:
		*value = snp->vcpu[vcpu].ghcb_msr;
		return EMU_NEXT;
	case MSR_SEV_STATUS:
		*value = SEV_STATUS;
		return EMU_NEXT;
	default:
		return EMU_GP;
	}
}

enum emu_action emu_snp_wrmsr(struct emu_snp *snp, unsigned vcpu, uint32_t msr, uint64_t value)
{
	if (emu_stop_is_set(&snp->machine))
		return EMU_STOP;
	if (vcpu >= snp->config.vcpus || msr != MSR_GHCB)
		return EMU_GP;
	snp->vcpu[vcpu].ghcb_msr = value;
	return EMU_NEXT;
}
