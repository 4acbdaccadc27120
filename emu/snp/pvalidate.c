/* SPDX-License-Identifier: MIT */
#include "emu/snp/internal.h"

/* The entry is locked; this releases it. */
static void set_validated(struct emu_snp *snp, const struct emu_rmp_entry *entry, bool validate)
{
	const struct emu_backend *backend = &snp->machine.pages.backend;
	uint64_t pages = entry->size / EMU_PAGE_SIZE;

	emu_byte_set(entry->byte, emu_byte(entry->byte) | EMU_PAGE_BUSY);
	emu_region_unlock(entry->region);
	if (validate) {
		backend->map_private(backend->ctx, entry->gpa, entry->size, false);
		emu_count(&snp->machine.pages.mapped, pages);
		emu_byte_set(entry->byte, EMU_PAGE_MAPPED);
	} else {
		backend->unmap_private(backend->ctx, entry->gpa, entry->size);
		emu_count(&snp->machine.pages.mapped, -pages);
		emu_byte_set(entry->byte, EMU_PAGE_PENDING);
	}
}

/* PVALIDATE, AMD APM volume 3. CF says that the entry was not changed. */
static enum emu_action pvalidate(struct emu_snp *snp, unsigned vcpu, uint64_t gpa, bool mapped_2m,
				 uint32_t size, uint32_t validate, uint32_t *eax, bool *cf)
{
	enum emu_attack_kind attack = EMU_ATTACK_NONE;
	struct emu_rmp_entry entry;
	enum emu_action action;
	bool is_validated;
	int result;

	if (emu_stop_is_set(&snp->machine))
		return EMU_STOP;
	gpa &= -EMU_PAGE_SIZE; /* RAX[11:0] are ignored */
	/* Linux and OVMF set DL only; the rest of EDX is undefined. */
	validate &= 1;
	*cf = false;
	if (!emu_rmp_is_operand_valid(gpa, mapped_2m, size)) {
		*eax = RMP_FAIL_INPUT;
		return EMU_NEXT;
	}
	if (validate && emu_machine_is_ram(&snp->machine, gpa))
		attack = emu_attack_on_accept(&snp->machine, gpa,
					      size == SIZE_2M ? EMU_REGION_SIZE : EMU_PAGE_SIZE);
	if (attack == EMU_ATTACK_SIZE_MISMATCH) {
		emu_count(&snp->machine.size_mismatch, 1);
		*eax = RMP_FAIL_SIZEMISMATCH;
		return EMU_NEXT;
	}
	result = emu_rmp_lock(snp, vcpu, gpa, size, "PVALIDATE", &entry, &action);
	if (result >= 0) {
		*eax = result;
		return action;
	}

	*eax = RMP_SUCCESS;
	is_validated = (emu_byte(entry.byte) & EMU_PAGE_STATE) == EMU_PAGE_MAPPED;
	if (attack == EMU_ATTACK_ALREADY_ACCEPTED && !is_validated) {
		/* The host had validated a page of its own there, at launch. */
		set_validated(snp, &entry, true);
		emu_count(&snp->stats.unchanged, 1);
		emu_count(&snp->machine.already_accepted, validate);
		*cf = true;
		return EMU_NEXT;
	}
	if (validate == is_validated) {
		emu_region_unlock(entry.region);
		emu_count(&snp->stats.unchanged, 1);
		emu_count(&snp->machine.already_accepted, validate);
		*cf = true;
		return EMU_NEXT;
	}
	set_validated(snp, &entry, validate);
	emu_count(validate ? &snp->machine.accepted[size] : &snp->stats.rescinded[size], 1);
	return EMU_NEXT;
}

enum emu_action emu_snp_pvalidate(struct emu_snp *snp, unsigned vcpu, uint64_t gpa, bool mapped_2m,
				  uint32_t size, uint32_t validate, uint32_t *eax, bool *cf)
{
	if (emu_stop_is_set(&snp->machine))
		return EMU_STOP;
	/* Only VMPL 0 may execute it. No result in EAX reports a missing privilege, so this is
	 * #GP. */
	if (snp->config.vmpl)
		return EMU_GP;
	return pvalidate(snp, vcpu, gpa, mapped_2m, size, validate, eax, cf);
}

enum emu_action emu_snp_svsm_pvalidate(struct emu_snp *snp, unsigned vcpu, uint64_t gpa,
				       uint32_t size, uint32_t validate, uint32_t *eax, bool *cf)
{
	return pvalidate(snp, vcpu, gpa, true, size, validate, eax, cf);
}
