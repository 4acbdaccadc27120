/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/snp/icr.h"

enum { MESSAGE_INIT = 5, MESSAGE_START_UP = 6 };
enum { TO_DESTINATION, TO_SELF, TO_ALL, TO_OTHERS };

#define IS_LOGICAL(icr) ((icr) >> 11 & 1)
#define SHORTHAND(icr)	((icr) >> 18 & 3)

uint64_t icr_of_halves(uint32_t low, uint32_t high)
{
	uint32_t destination = high >> 24;

	return (uint64_t)(destination == 0xff ? ICR_BROADCAST : destination) << 32 | low;
}

enum icr_kind icr_kind(uint64_t icr)
{
	if (SHORTHAND(icr) == TO_DESTINATION && IS_LOGICAL(icr))
		return ICR_OTHER;
	switch (icr >> 8 & 7) {
	case MESSAGE_INIT:
		return ICR_INIT;
	case MESSAGE_START_UP:
		return ICR_START_UP;
	default:
		return ICR_OTHER;
	}
}

bool icr_names(uint64_t icr, uint32_t sender, uint32_t apic_id)
{
	switch (SHORTHAND(icr)) {
	case TO_SELF:
		return apic_id == sender;
	case TO_ALL:
		return true;
	case TO_OTHERS:
		return apic_id != sender;
	default:
		return icr >> 32 == apic_id || icr >> 32 == ICR_BROADCAST;
	}
}
