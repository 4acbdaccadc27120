/* SPDX-License-Identifier: MIT */
#include "boot/stages.h"

int boot_fail(struct boot *boot, int error, const char *what)
{
	if (!__atomic_exchange_n(&boot->failed, true, __ATOMIC_ACQ_REL)) {
		boot->report.error = error;
		boot->report.what = what;
	}
	return error;
}

int boot_accept(struct boot *boot, uint64_t start, uint64_t end, enum cvm_cause cause)
{
	struct cvm_platform *platform = boot->machine->platform;
	struct cvm_events *events = boot->machine->events;
	struct cvm_accept_result result = { 0 };
	uint64_t began = events ? events->now(events->ctx) : 0;
	int error = platform->accept(platform, start, end, &result);

	if (error == CVM_EDOUBLE)
		platform->stop(platform, CVM_STOP_DOUBLE_ACCEPT, result.where);
	if (events && result.done)
		cvm_events_add(events, began, start, start + result.done, cause,
			       result.accepted[CVM_LEVEL_2M] ? CVM_LEVEL_2M : CVM_LEVEL_4K);
	return error;
}
