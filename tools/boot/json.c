/* SPDX-License-Identifier: MIT */
#include <cjson/cJSON.h>

#include "tools/boot/output.h"
#include "tools/common/json.h"

static void reserve_json(cJSON *run, const struct boot_report *report)
{
	cJSON *reserve = cJSON_AddObjectToObject(run, "reserve");

	cJSON_AddNumberToObject(run, "acceptor_busy_seconds",
				(double)report->reserve.busy_ns / 1e9);
	json_add_number(reserve, "bytes", report->reserve.bytes);
	json_add_number(reserve, "refused", report->reserve.failed);
	json_add_number(reserve, "steps", report->reserve.steps);
	json_add_number(reserve, "target_bytes", report->reserve.target);
	json_add_number(reserve, "wakes", report->reserve.wakes);
}

static void fault_json(cJSON *run, const struct cvm_fault_stats *stats)
{
	cJSON *faults = cJSON_AddObjectToObject(run, "faults");

	json_add_number(faults, "taken", stats->faults);
	json_add_number(faults, "accepted_units", stats->accepted);
	json_add_number(faults, "ahead_bytes", stats->ahead);
	json_add_number(faults, "spurious", stats->spurious);
	json_add_number(faults, "busy", stats->busy);
}

static void host_json(cJSON *run, const struct boot_kvm_report *report)
{
	cJSON *host = cJSON_AddObjectToObject(run, "host");
	char hex[2 * SHA384_BYTES + 1];

	for (unsigned i = 0; i < SHA384_BYTES; i++)
		snprintf(hex + 2 * (size_t)i, 3, "%02x", report->digest[i]);
	json_add_number(host, "populated_bytes", report->populated);
	json_add_number(host, "populate_calls", report->calls);
	json_add_number(host, "fault_exits", report->faults);
	json_add_number(host, "conversion_exits", report->conversions);
	cJSON_AddStringToObject(host, "measurement", hex);
}

static void crash_json(cJSON *run, const struct boot_crash_report *report)
{
	cJSON *crash = cJSON_AddObjectToObject(run, "crash");

	json_add_number(crash, "read_bytes", report->read);
	json_add_number(crash, "shared_bytes", report->shared);
	json_add_number(crash, "unaccepted_bytes", report->unaccepted);
	json_add_number(crash, "released_bytes", report->released);
}

static cJSON *attack_json(const struct boot_options *options, const struct boot_result *result)
{
	cJSON *attack = cJSON_CreateObject();

	cJSON_AddStringToObject(attack, "name", options->attack.name);
	json_add_number(attack, "at", options->attack.at);
	cJSON_AddStringToObject(attack, "expected", boot_reaction_name(options->attack.expected));
	cJSON_AddStringToObject(attack, "reaction", boot_reaction_name(result->reaction));
	cJSON_AddBoolToObject(attack, "as_documented", result->ok);
	json_add_number(attack, "opportunities", result->struck.triggers);
	json_add_number(attack, "strikes", result->struck.injections);
	if (result->struck.gpa != EMU_ATTACK_ANYWHERE)
		json_add_number(attack, "gpa", result->struck.gpa);
	return attack;
}

static cJSON *run_json(const struct boot_options *options, const struct boot_result *result,
		       bool timelines)
{
	const struct hosted_stats *stats = &result->stats;
	const struct boot_report *report = &result->report;
	cJSON *run = cJSON_CreateObject(), *calls, *stages, *causes, *allocation;

	cJSON_AddStringToObject(run, "policy", boot_policy_name(result->policy));
	cJSON_AddBoolToObject(run, "ok", result->ok);
	if (report->stage == BOOT_STAGE_SHELL)
		cJSON_AddNumberToObject(run, "seconds_to_shell", result->wall_seconds);
	else
		cJSON_AddNullToObject(run, "seconds_to_shell");
	if (result->virtual_seconds > 0) {
		cJSON_AddNumberToObject(run, "virtual_seconds_to_shell", result->virtual_seconds);
		cJSON_AddBoolToObject(run, "host_busy", result->host_busy);
	} else {
		cJSON_AddNullToObject(run, "virtual_seconds_to_shell");
	}
	json_add_number(run, "boots", result->boots);
	json_add_number(run, "accepted_bytes_at_shell", stats->emu.accepted_bytes);
	calls = cJSON_AddObjectToObject(run, "accept_calls");
	json_add_number(calls, "4k", stats->emu.accepted[0]);
	json_add_number(calls, "2m", stats->emu.accepted[1]);
	json_add_number(calls, "1g", stats->emu.accepted[2]);
	json_add_number(run, "fell_back", stats->emu.size_mismatch);
	json_add_number(run, "touch_before_accept", stats->violations);
	json_add_number(run, "double_accepts", stats->emu.already_accepted);
	json_add_number(run, "unaccepted_bytes", stats->emu.unaccepted_bytes);
	json_add_number(run, "exits", stats->exits);
	json_add_number(run, "conversions", stats->conversions);
	json_add_number(run, "table_bytes", report->table_bytes);
	json_add_number(run, "edge_bytes", report->edge_bytes);
	json_add_number(run, "descriptor_bytes", report->pages.memmap * 4096);
	json_add_number(run, "allocations", report->allocations);
	if (options->hot_bytes)
		json_add_number(run, "hot_added_bytes", report->hot_added);
	if (options->remove.bytes) {
		json_add_number(run, "hot_removed_bytes", report->removed);
		json_add_number(run, "added_again_bytes", report->added_again);
	}
	if (options->balloon.bytes) {
		json_add_number(run, "balloon_given_bytes", report->balloon_given);
		json_add_number(run, "balloon_taken_bytes", report->balloon_taken);
	}
	if (options->kexecs) {
		json_add_number(run, "kexecs", report->kexecs);
		json_add_number(run, "kexec_bytes", report->kexec_bytes);
	}
	if (options->kexecs || options->crash)
		json_add_number(run, "jumps", report->jumps);
	if (options->crash)
		crash_json(run, &report->crash);
	if (options->every_page)
		json_add_number(run, "every_page_bytes", report->every_page);
	if (options->bounce_bytes)
		json_add_number(run, "device_bytes", report->device);
	json_add_number(run, "corrupted_pages", report->corrupted);
	causes = cJSON_AddObjectToObject(run, "accepted_bytes_by_cause");
	for (enum cvm_cause cause = 0; cause < CVM_CAUSES; cause++)
		json_add_number(causes, cvm_cause_name(cause), report->accept.bytes[cause]);
	stages = cJSON_AddObjectToObject(run, "stage_begins_seconds");
	for (enum boot_stage stage = 0; stage <= report->stage; stage++)
		cJSON_AddNumberToObject(stages, boot_stage_name(stage),
					(double)report->ns[stage] / 1e9);
	if (result->virtual_seconds > 0) {
		stages = cJSON_AddObjectToObject(run, "virtual_stage_begins_seconds");
		for (enum boot_stage stage = 0; stage <= report->stage; stage++)
			cJSON_AddNumberToObject(stages, boot_stage_name(stage),
						(double)report->vcpu_ns[stage] / 1e9);
	}
	allocation = cJSON_AddObjectToObject(run, "allocation_ns");
	json_add_number(allocation, "p50", report->allocation_ns.p50);
	json_add_number(allocation, "p99", report->allocation_ns.p99);
	json_add_number(allocation, "p99_9", report->allocation_ns.p99_9);
	json_add_number(allocation, "p99_99", report->allocation_ns.p99_99);
	json_add_number(allocation, "max", report->allocation_ns.max);
	if (result->policy == BOOT_ON_FAULT)
		fault_json(run, &report->fault);
	if (result->policy == BOOT_BACKGROUND)
		reserve_json(run, report);
	if (result->host.used)
		host_json(run, &result->host);
	if (report->error)
		cJSON_AddStringToObject(run, "error", report->what);
	if (options->attack.name)
		cJSON_AddItemToObject(run, "attack", attack_json(options, result));
	if (result->machine.violation) {
		cJSON *violation = cJSON_AddObjectToObject(run, "violation");

		json_add_number(violation, "gpa", result->machine.gpa);
		json_add_number(violation, "rip", result->machine.rip);
		cJSON_AddBoolToObject(violation, "write", result->machine.write);
		cJSON_AddStringToObject(violation, "state", result->machine.state);
	}
	if (result->machine.stop.cause != EMU_RUNNING)
		cJSON_AddStringToObject(run, "stopped", result->machine.stop.text);
	if (timelines && result->timeline)
		cJSON_AddItemToObject(run, "timeline", boot_timeline_json(result->timeline));
	return run;
}

static cJSON *all_json(const struct boot_options *options, const struct boot_memory *memory,
		       const struct boot_result *results, size_t count, bool timelines)
{
	cJSON *root = json_report(), *runs;

	cJSON_AddStringToObject(root, "platform", options->platform == HOSTED_SNP ? "snp" : "tdx");
	json_add_number(root, "memory_bytes", memory->usable);
	cJSON_AddStringToObject(root, "map", memory->source);
	json_add_number(root, "vcpus", options->vcpus);
	json_add_number(root, "accept_ns_per_4k", options->cost->ns_per_4k);
	cJSON_AddStringToObject(root, "accept_cost_source", options->cost->source);
	if (options->attack.name) {
		const struct boot_result *worst = &results[0];

		for (size_t i = 1; i < count && worst->ok; i++)
			worst = &results[i];
		cJSON_AddItemToObject(root, "attack", attack_json(options, worst));
	}
	runs = cJSON_AddArrayToObject(root, "runs");
	for (size_t i = 0; i < count; i++)
		cJSON_AddItemToArray(runs, run_json(options, &results[i], timelines));
	return root;
}

cJSON *boot_json_report(const struct boot_options *options, const struct boot_memory *memory,
			const struct boot_result *results, size_t count)
{
	return all_json(options, memory, results, count, true);
}

bool boot_json(const struct boot_options *options, const struct boot_memory *memory,
	       const struct boot_result *results, size_t count)
{
	return json_write("cvmem boot", options->json,
			  all_json(options, memory, results, count, false));
}
