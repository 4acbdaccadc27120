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

int boot_limit_map(const struct boot *boot, struct cvm_map *map)
{
	uint64_t end = boot->machine->platform->gpa_end;

	return end ? cvm_map_limit(map, end) : 0;
}

int boot_accept(struct boot *boot, uint64_t start, uint64_t end, enum cvm_cause cause)
{
	struct cvm_platform *platform = boot->machine->platform;
	struct cvm_events *events = boot->machine->events;
	const struct cvm_host *host = &boot->machine->host;
	struct cvm_accept_result result = { 0 };
	uint64_t began = host->now_ns(host->ctx);
	int error = platform->accept(platform, start, end, &result);

	if (error == CVM_EALREADY)
		platform->terminate(platform, CVM_TERMINATE_ALREADY_ACCEPTED, result.where);
	if (events && result.done) {
		const struct cvm_event event = {
			.time = began,
			.duration = host->now_ns(host->ctx) - began,
			.start = start,
			.end = start + result.done,
			.cpu = host->cpu(host->ctx),
			.cause = (uint8_t)cause,
			.level = result.accepted[CVM_LEVEL_2M] ? CVM_LEVEL_2M : CVM_LEVEL_4K,
		};

		cvm_events_add(events, &event);
	}
	return error;
}
