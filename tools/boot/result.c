/* SPDX-License-Identifier: MIT */
#include "tools/boot/result.h"

#include <stdlib.h>

static bool is_sound(const struct boot_result *result, bool completed)
{
	return completed && result->report.stage == BOOT_STAGE_SHELL && !result->report.error &&
	       !result->report.corrupted && !result->stats.violations &&
	       !result->stats.emu.already_accepted;
}

static bool has_given(const struct boot_giveback *what, uint64_t given, uint64_t taken)
{
	return given == what->bytes && (!what->to || taken == what->bytes);
}

/* False: the workload was over before all was added, removed or taken back. */
static bool has_moved_memory(const struct boot_options *options, const struct boot_report *report)
{
	return report->hot_added == options->hot_bytes &&
	       has_given(&options->remove, report->removed, report->added_again) &&
	       has_given(&options->balloon, report->balloon_given, report->balloon_taken);
}

void boot_result_judge(const struct boot_options *options, bool completed,
		       struct boot_result *result)
{
	const struct boot_attack *attack = &options->attack;

	result->moved = has_moved_memory(options, &result->report);
	if (!attack->name) {
		result->ok = result->moved && is_sound(result, completed);
		return;
	}
	result->reaction = boot_attack_judge(attack, result);
	result->ok = result->moved &&
		     boot_attack_as_documented(attack, result->policy, result->reaction);
}

void boot_result_time(unsigned vcpus, struct boot_result *result)
{
	const struct boot_report *report = &result->report;

	result->wall_seconds = (double)report->ns[BOOT_STAGE_SHELL] / 1e9;
	result->seconds = result->wall_seconds;
	result->virtual_seconds = 0;
	result->host_busy = false;
	if (vcpus > 1 || !report->vcpu_ns[BOOT_STAGE_SHELL])
		return;
	result->virtual_seconds = (double)report->vcpu_ns[BOOT_STAGE_SHELL] / 1e9;
	result->seconds = result->virtual_seconds;
	result->host_busy = result->wall_seconds > 1.1 * result->virtual_seconds + 0.05;
}

bool boot_result_has_virtual_time(const struct boot_result *result)
{
	return result->ok && result->virtual_seconds > 0;
}

void boot_result_keep(struct boot_result *result, struct boot_result *next)
{
	unsigned boots = result->boots + 1;

	if (boot_result_has_virtual_time(next) &&
	    next->virtual_seconds >= result->virtual_seconds) {
		boot_result_free(next);
	} else {
		boot_result_free(result);
		*result = *next;
	}
	result->boots = boots;
}

void boot_result_free(struct boot_result *result)
{
	free(result->timeline);
}

const char *boot_policy_name(enum boot_policy policy)
{
	static const char *const names[BOOT_POLICIES] = {
		[BOOT_LAZY] = "lazy",
		[BOOT_BACKGROUND] = "background",
		[BOOT_EAGER] = "eager",
		[BOOT_ON_FAULT] = "on-fault",
	};

	return names[policy];
}
