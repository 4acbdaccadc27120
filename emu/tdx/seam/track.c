/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/*
 * TLB tracking, TDX module base specification, "TLB Tracking": a vCPU's TLB may have what was
 * mapped when it entered. What was blocked in an epoch is in no TLB once a later epoch has begun
 * and every vCPU that entered before has left.
 */

bool emu_seam_enter(struct emu_seam *seam, unsigned vcpu)
{
	bool possible;

	emu_seam_lock(seam);
	possible = seam_is_finalized(seam) && seam->lifecycle == LIFE_KEYS_CONFIGURED &&
		   vcpu < seam->vcpus && seam->vcpu[vcpu].initialized && !seam->vcpu[vcpu].inside;
	if (possible) {
		seam->vcpu[vcpu].inside = seam->vcpu[vcpu].associated = true;
		seam->vcpu[vcpu].epoch = emu_counted(&seam->epoch);
		emu_count(&seam->inside[seam->vcpu[vcpu].epoch & 1], 1);
	}
	emu_seam_unlock(seam);
	return possible;
}

void emu_seam_leave(struct emu_seam *seam, unsigned vcpu)
{
	emu_seam_lock(seam);
	if (vcpu < seam->vcpus && seam->vcpu[vcpu].inside) {
		seam->vcpu[vcpu].inside = false;
		emu_count(&seam->inside[seam->vcpu[vcpu].epoch & 1], -UINT64_C(1));
	}
	emu_seam_unlock(seam);
}

static bool is_tracked(const struct emu_seam *seam, const struct sept_entry *entry)
{
	uint64_t blocked = emu_sept_note(seam, entry->gpa, entry->level)->epoch;
	uint64_t now = emu_counted(&seam->epoch);

	/* TRACK begins no epoch before all vCPUs of the last but one have left. */
	return now > blocked + 1 ||
	       (now == blocked + 1 && !emu_counted(&seam->inside[blocked & 1]));
}

uint64_t emu_seam_check_tracked(const struct emu_seam *seam, const struct sept_entry *entry,
				unsigned operand)
{
	if (!seam_is_finalized(seam) || is_tracked(seam, entry))
		return TDX_SUCCESS;
	return TDX_TLB_TRACKING_NOT_DONE | operand;
}

static bool is_blocked(uint8_t state)
{
	return state == SEPT_BLOCKED || state == SEPT_PENDING_BLOCKED || state == SEPT_NL_BLOCKED;
}

uint64_t emu_seam_check_taken(struct emu_seam *seam, struct seam_call *call,
			      const struct sept_entry *entry)
{
	uint64_t status;

	if (!seam_is_finalized(seam))
		return TDX_SUCCESS;
	if (!is_blocked(entry->state))
		return emu_sept_refuse(seam, call, entry, TDX_GPA_RANGE_NOT_BLOCKED);
	status = emu_seam_check_tracked(seam, entry, OPERAND_RCX);
	if (status)
		emu_sept_unlock(seam, entry);
	return status;
}
