/* SPDX-License-Identifier: MIT */
#include "emu/snp/internal.h"

/* RDX: target VMPL in 7:0, its permissions in 15:8, "is a VMSA" in bit 16. */
#define TARGET_VMPL(rdx) ((rdx)&0xff)
#define TARGET_PERM(rdx) ((rdx) >> 8 & 0xff)
#define VMSA_BIT	 (UINT64_C(1) << 16)

#define PERM_READ UINT64_C(1)

static uint32_t check_target(unsigned vmpl, uint64_t rdx)
{
	if (TARGET_VMPL(rdx) >= VMPLS)
		return RMP_FAIL_INPUT;
	/* "IF (TARGET_VMPL <= CURRENT_VMPL)": only numerically higher levels can be changed. */
	if (TARGET_VMPL(rdx) <= vmpl)
		return RMP_FAIL_PERMISSION;
	return RMP_SUCCESS;
}

/*
 * A VMPL can grant only permissions that it has itself. VMPL0 has all of them. A guest above VMPL0
 * has been granted all permissions by its SVSM, except for VMSAs, which it may only read.
 */
static bool has_rights(unsigned vmpl, uint8_t byte, uint64_t rdx)
{
	return !vmpl || !(byte & EMU_PAGE_VMSA) || !(TARGET_PERM(rdx) & ~PERM_READ);
}

/* The page's new byte. Only VMPL0 can set or clear the VMSA bit; above it RMPADJUST ignores it. */
static uint8_t adjusted(unsigned vmpl, uint8_t byte, uint64_t rdx)
{
	if (vmpl)
		return byte;
	return EMU_PAGE_MAPPED | (rdx & VMSA_BIT ? EMU_PAGE_VMSA : 0);
}

/*
 * RMPADJUST, AMD APM volume 3. One VMPL runs here, so the permissions of other levels have no
 * effect and are not kept; whether the page is a VMSA is.
 */
static enum emu_action rmpadjust(struct emu_snp *snp, unsigned vcpu, unsigned vmpl, uint64_t gpa,
				 bool mapped_2m, uint32_t size, uint64_t rdx, uint32_t *eax)
{
	struct emu_rmp_entry entry;
	enum emu_action action;
	uint8_t byte;
	int result;

	if (emu_stop_is_set(&snp->machine))
		return EMU_STOP;
	gpa &= -EMU_PAGE_SIZE;
	emu_count(&snp->stats.rmpadjusts, 1);
	*eax = emu_rmp_is_operand_valid(gpa, mapped_2m, size) ? check_target(vmpl, rdx)
							      : RMP_FAIL_INPUT;
	if (*eax != RMP_SUCCESS)
		return EMU_NEXT;
	result = emu_rmp_lock(snp, vcpu, gpa, size, "RMPADJUST", &entry, &action);
	if (result >= 0) {
		*eax = result;
		return action;
	}

	byte = emu_byte(entry.byte);
	if ((byte & EMU_PAGE_STATE) == EMU_PAGE_MAPPED) {
		if (has_rights(vmpl, byte, rdx))
			emu_byte_set(entry.byte, adjusted(vmpl, byte, rdx));
		else
			*eax = RMP_FAIL_PERMISSION;
	}
	emu_region_unlock(entry.region);
	if ((byte & EMU_PAGE_STATE) == EMU_PAGE_MAPPED)
		return EMU_NEXT;
	/* #VC 0x404, PAGE_NOT_VALIDATED: fatal, like any access to such a page. */
	return emu_stop_set(&snp->machine, EMU_STOP_HOST_FAULT, vcpu, gpa, 0x404,
			    "RMPADJUST of 0x%llx, which is not validated (#VC)",
			    (unsigned long long)gpa);
}

enum emu_action emu_snp_rmpadjust(struct emu_snp *snp, unsigned vcpu, uint64_t gpa, bool mapped_2m,
				  uint32_t size, uint64_t rdx, uint32_t *eax)
{
	return rmpadjust(snp, vcpu, snp->config.vmpl, gpa, mapped_2m, size, rdx, eax);
}

enum emu_action emu_snp_svsm_rmpadjust(struct emu_snp *snp, unsigned vcpu, uint64_t gpa,
				       uint64_t rdx, uint32_t *eax)
{
	return rmpadjust(snp, vcpu, 0, gpa, true, SIZE_4K, rdx, eax);
}
