/* SPDX-License-Identifier: MIT */
#include "emu/kvm/internal.h"

/* Statuses that KVM knows apart: the class in bits 63:32. */
#define BUSY	    UINT64_C(0x80000200)
#define WALK_FAILED UINT64_C(0xC0000B00)

/* The key of the one TD. */
#define HKID 1

uint64_t emu_kvm_seamcall(struct emu_kvm *kvm, unsigned leaf, uint64_t rcx, uint64_t r8,
			  uint64_t r9, uint64_t *rdx)
{
	uint64_t gpr[EMU_GPRS] = { [EMU_RAX] = leaf,
				   [EMU_RCX] = rcx,
				   [EMU_RDX] = leaf == EMU_TDH_MNG_CREATE ? HKID : kvm->tdr,
				   [EMU_R8] = r8,
				   [EMU_R9] = r9 };

	emu_seamcall(kvm->seam, gpr);
	if (rdx)
		*rdx = gpr[EMU_RDX];
	return gpr[EMU_RAX];
}

uint64_t emu_kvm_new_page(struct emu_kvm *kvm)
{
	uint64_t page = kvm->next;

	kvm->next += KVM_PAGE;
	return page;
}

long emu_kvm_errno(uint64_t status)
{
	if (!status)
		return 0;
	return status >> 32 == BUSY ? -EBUSY : -EIO;
}

/* Tables for 4 KiB entries, from the root on; one that is there stays. */
long emu_kvm_tdp_tables(struct emu_kvm *kvm, uint64_t gpa)
{
	for (;;) {
		uint64_t rdx, status = emu_kvm_seamcall(kvm, EMU_TDH_MEM_SEPT_RD, gpa, 0, 0, &rdx);
		unsigned level = rdx & 7;

		if (status >> 32 != WALK_FAILED)
			return emu_kvm_errno(status);
		status = emu_kvm_seamcall(kvm, EMU_TDH_MEM_SEPT_ADD,
					  (gpa & -(KVM_PAGE << 9 * level)) | level, kvm->next, 0,
					  NULL);
		if (status)
			return emu_kvm_errno(status);
		emu_kvm_new_page(kvm);
	}
}

/* KVM maps 4 KiB of a TD at a time. The guest's page N is the host's page N. */
long emu_kvm_tdp_map(struct emu_kvm *kvm, uint64_t gpa)
{
	long result = emu_kvm_tdp_tables(kvm, gpa);

	if (!result)
		result = emu_kvm_errno(
			emu_kvm_seamcall(kvm, EMU_TDH_MEM_PAGE_AUG, gpa, gpa, 0, NULL));
	return result;
}

/* No vCPU is inside while the lock is held: the new epoch needs no kick. */
long emu_kvm_tdp_zap(struct emu_kvm *kvm, uint64_t gpa)
{
	uint64_t status = 0;

	if (kvm->finalized) {
		status = emu_kvm_seamcall(kvm, EMU_TDH_MEM_RANGE_BLOCK, gpa, 0, 0, NULL);
		/* Blocked by an attempt before this one. */
		if (status >> 63)
			return emu_kvm_errno(status);
		status = emu_kvm_seamcall(kvm, EMU_TDH_MEM_TRACK, kvm->tdr, 0, 0, NULL);
	}
	if (!status)
		status = emu_kvm_seamcall(kvm, EMU_TDH_MEM_PAGE_REMOVE, gpa, 0, 0, NULL);
	return emu_kvm_errno(status);
}

/* The state in RDX of TDH.MEM.SEPT.RD: BLOCKED or PENDING_BLOCKED. */
static bool is_blocked(uint64_t rdx)
{
	return (rdx >> 8 & 0xff) == 1 || (rdx >> 8 & 0xff) == 3;
}

long emu_kvm_tdp_restore(struct emu_kvm *kvm, uint64_t gpa)
{
	uint64_t rdx, status = emu_kvm_seamcall(kvm, EMU_TDH_MEM_SEPT_RD, gpa, 0, 0, &rdx);

	if (status || !is_blocked(rdx))
		return emu_kvm_errno(status);
	status = emu_kvm_seamcall(kvm, EMU_TDH_MEM_TRACK, kvm->tdr, 0, 0, NULL);
	if (!status)
		status = emu_kvm_seamcall(kvm, EMU_TDH_MEM_RANGE_UNBLOCK, gpa, 0, 0, NULL);
	return emu_kvm_errno(status);
}
