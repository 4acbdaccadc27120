/* SPDX-License-Identifier: MIT */
#include "emu/kvm/internal.h"

/* Private memory, with the lock held: by the secure EPT of a TD, by the reverse map of an SNP
 * guest. */

long emu_kvm_rmpupdate(struct emu_kvm *kvm, uint64_t spa, const struct emu_rmp_update *update)
{
	switch (emu_rmpupdate(kvm->psp, spa, update)) {
	case EMU_RMP_SUCCESS:
		return 0;
	case EMU_RMP_FAIL_INUSE:
		return -EBUSY;
	default:
		return -EIO;
	}
}

/* sev_gmem_prepare(): 4 KiB, since the pages of a guest_memfd are. */
static long rmp_map(struct emu_kvm *kvm, uint64_t gpa)
{
	const struct emu_rmp_update update = { .gpa = gpa, .assigned = true, .asid = EMU_SNP_ASID };

	return emu_kvm_rmpupdate(kvm, gpa, &update);
}

static long rmp_zap(struct emu_kvm *kvm, uint64_t gpa)
{
	const struct emu_rmp_update none = { .assigned = false };

	return emu_kvm_rmpupdate(kvm, gpa, &none);
}

long emu_kvm_private_map(struct emu_kvm *kvm, uint64_t gpa)
{
	if (kvm->tdx)
		return emu_kvm_tdp_map(kvm, gpa);
	return kvm->snp ? rmp_map(kvm, gpa) : 0;
}

long emu_kvm_private_zap(struct emu_kvm *kvm, uint64_t gpa)
{
	if (kvm->tdx)
		return emu_kvm_tdp_zap(kvm, gpa);
	return kvm->snp ? rmp_zap(kvm, gpa) : 0;
}

/* The guest's part: what changed sides is there for its other view, or has ended there. */
void emu_kvm_set_shared(struct emu_kvm *kvm, uint64_t gpa, bool shared)
{
	if (!kvm->machine)
		return;
	if (shared)
		emu_pages_share(&kvm->machine->pages, gpa, gpa + KVM_PAGE);
	else if (emu_pages_state(&kvm->machine->pages, gpa) == EMU_PAGE_SHARED)
		emu_pages_unshare(&kvm->machine->pages, gpa, gpa + KVM_PAGE, EMU_PAGE_FREE, false);
}
