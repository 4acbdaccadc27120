/* SPDX-License-Identifier: MIT */
#include "emu/snp/internal.h"

bool emu_rmp_is_operand_valid(uint64_t gpa, bool mapped_2m, uint32_t size)
{
	if (size > SIZE_2M)
		return false;
	return size == SIZE_4K || (gpa % EMU_REGION_SIZE == 0 && mapped_2m);
}

bool emu_snp_is_vmsa(const struct emu_snp *snp, uint64_t gpa)
{
	return emu_machine_is_ram(&snp->machine, gpa) &&
	       emu_pages_get(&snp->machine.pages, gpa) & EMU_PAGE_VMSA;
}

enum walk { FOUND, MISMATCH, NPF, WAIT };

/* AMD APM volume 2, 15.36.10 and table "PVALIDATE/RMPADJUST Page Size Mismatch Combinations": 4K of
 * a 2M entry is an #NPF; 2M of 4K entries is reported to the guest. */
static enum walk walk(const struct emu_snp *snp, uint32_t size, struct emu_rmp_entry *entry)
{
	bool large = emu_byte(&entry->region->size) == EMU_REGION_2M;
	uint8_t byte;

	entry->byte = large ? &entry->region->leaf : emu_page(&snp->machine.pages, entry->gpa);
	byte = emu_byte(entry->byte);
	if (byte & EMU_PAGE_BUSY)
		return WAIT;
	if (byte == EMU_PAGE_FREE || byte == EMU_PAGE_SHARED || byte & EMU_PAGE_IMMUTABLE)
		return NPF;
	if (large)
		return size == SIZE_2M ? FOUND : NPF;
	return size == SIZE_2M ? MISMATCH : FOUND;
}

static void stop(struct emu_snp *snp, unsigned vcpu, uint64_t gpa, const char *instruction,
		 const char *why)
{
	emu_stop_set(&snp->machine, EMU_STOP_HOST_FAULT, vcpu, gpa, 0, "%s of 0x%llx, which is %s",
		     instruction, (unsigned long long)gpa, why);
}

int emu_rmp_lock(struct emu_snp *snp, unsigned vcpu, uint64_t gpa, uint32_t size,
		 const char *instruction, struct emu_rmp_entry *entry, enum emu_action *action)
{
	unsigned turns = 0;

	*action = EMU_NEXT;
	if (!emu_machine_is_ram(&snp->machine, gpa)) {
		stop(snp, vcpu, gpa, instruction, "not RAM");
		*action = EMU_STOP;
		return RMP_FAIL_INPUT;
	}

	entry->gpa = gpa;
	entry->size = size == SIZE_2M ? EMU_REGION_SIZE : EMU_PAGE_SIZE;
	entry->region = emu_region(&snp->machine.pages, gpa);
	for (;; emu_pause(&turns)) {
		enum walk result;

		emu_region_lock(entry->region);
		result = walk(snp, size, entry);
		if (result == FOUND)
			return -1;
		emu_region_unlock(entry->region);
		if (result == MISMATCH) {
			emu_count(&snp->machine.size_mismatch, 1);
			return RMP_FAIL_SIZEMISMATCH;
		}
		/* An #NPF exits to the host, and the guest executes the instruction again. */
		if (result == NPF && !emu_snp_host_npf(snp, gpa, size)) {
			stop(snp, vcpu, gpa, instruction,
			     "not assigned to the guest (#NPF): shared, or never made private");
			*action = EMU_STOP;
			return RMP_FAIL_INPUT;
		}
	}
}
