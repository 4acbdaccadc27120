/* SPDX-License-Identifier: MIT */
#include "emu/kvm/internal.h"

/* The last file descriptor of a VM is closed: all that module or firmware have comes back. */

static void zap_all(struct emu_kvm *kvm)
{
	for (uint64_t gpa = 0; gpa < kvm->end; gpa += KVM_PAGE) {
		uint8_t *page = &kvm->page[gpa / KVM_PAGE];

		if (!(*page & PAGE_MAPPED) || !(*page & PAGE_PRIVATE))
			continue;
		/* A TD is torn down with its pages. */
		if (kvm->snp && emu_kvm_private_zap(kvm, gpa))
			continue;
		*page &= ~PAGE_MAPPED;
		kvm->mapped--;
	}
}

static void release_td(struct emu_kvm *kvm)
{
	uint64_t end = emu_tdx_host_end(kvm->tdx);

	for (unsigned i = 0; i < kvm->config.vcpus; i++)
		if (kvm->vcpu_ready[i])
			emu_kvm_seamcall(kvm, EMU_TDH_VP_FLUSH, kvm->tdvpr[i], 0, 0, NULL);
	emu_kvm_seamcall(kvm, EMU_TDH_MNG_VPFLUSHDONE, kvm->tdr, 0, 0, NULL);
	emu_kvm_seamcall(kvm, EMU_TDH_MNG_KEY_FREEID, kvm->tdr, 0, 0, NULL);
	for (uint64_t hpa = 0; hpa < end; hpa += KVM_PAGE)
		if (hpa != kvm->tdr)
			emu_kvm_seamcall(kvm, EMU_TDH_PHYMEM_PAGE_RECLAIM, hpa, 0, 0, NULL);
	emu_kvm_seamcall(kvm, EMU_TDH_PHYMEM_PAGE_RECLAIM, kvm->tdr, 0, 0, NULL);
}

uint64_t emu_kvm_release(struct emu_kvm *kvm)
{
	struct emu_seam_info info;
	uint64_t left = 0;

	pthread_mutex_lock(&kvm->lock);
	kvm->dead = true;
	zap_all(kvm);
	if (kvm->tdx) {
		release_td(kvm);
		emu_seam_info(kvm->seam, &info);
		left = info.pages;
	} else if (kvm->snp) {
		emu_kvm_snp_release(kvm);
		left = emu_psp_assigned(kvm->psp);
	}
	pthread_mutex_unlock(&kvm->lock);
	return left;
}
