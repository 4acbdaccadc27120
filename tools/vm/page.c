/* SPDX-License-Identifier: MIT */
#include "tools/vm/page.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/common/json.h"
#include "tools/common/page.h"
#include "tools/vm/report.h"
#include "tools/vm/trace.h"
#include "tools/common/words.h"

/* What the page takes from the plugin's report as it is. */
static const char *const copied[] = {
	"accepted_bytes",    "accept_calls",   "accept_calls_by_phase",
	"accepts_by_caller", "double_accepts", "touch_before_accept",
	"unaccepted_bytes",  "attack",	       "stopped",
};

static cJSON *run_json(const struct vm_options *options, const struct vm_ended *ended,
		       const cJSON *from, const struct vm_history *history)
{
	cJSON *run = cJSON_CreateObject(), *begins;

	cJSON_AddBoolToObject(run, "ok", ended->ok);
	cJSON_AddStringToObject(run, "ended", ended->word);
	cJSON_AddNumberToObject(run, "seconds", ended->seconds);
	if (options->policy)
		cJSON_AddStringToObject(run, "policy", options->policy);
	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++) {
		const cJSON *item = cJSON_GetObjectItem(from, copied[i]);

		if (item)
			cJSON_AddItemToObject(run, copied[i], cJSON_Duplicate(item, true));
	}
	json_add_number(run, "conversions", vm_report_conversions(from));
	json_add_number(run, "accepted_again_bytes", history->again_bytes);
	begins = cJSON_AddObjectToObject(run, "stage_begins_seconds");
	for (enum vm_phase phase = VM_FIRMWARE; phase < VM_PHASES; phase++)
		if (history->seen[phase])
			cJSON_AddNumberToObject(begins, vm_phase_names[phase],
						(double)history->begin_ns[phase] / 1e9);
	cJSON_AddItemToObject(run, "timeline", timeline_json(&history->timeline, vm_phase_names));
	return run;
}

static char *name_of(const struct vm_options *options, const struct vm_files *files)
{
	if (!files->firmware)
		return text_of("kernel %s", files->kernel);
	if (files->kernel)
		return text_of("kernel %s, firmware %s", files->kernel, files->firmware);
	if (options->disks)
		return text_of("disk %s, firmware %s", options->disk[0], files->firmware);
	return text_of("firmware %s", files->firmware);
}

static cJSON *data_json(const struct vm_options *options, const struct vm_files *files,
			const struct vm_ended *ended, const struct vm_history *history,
			uint64_t memory_bytes)
{
	const cJSON *from = cJSON_GetArrayItem(cJSON_GetObjectItem(ended->report, "runs"), 0);
	static const char *const platforms[] = { "tdx", "snp", "cca" };
	cJSON *root = json_report(), *runs;
	const cJSON *vcpus = cJSON_GetObjectItem(ended->report, "vcpus");
	char *name = name_of(options, files);

	cJSON_AddStringToObject(root, "machine", "vm");
	cJSON_AddStringToObject(root, "platform", platforms[options->platform]);
	json_add_number(root, "memory_bytes", memory_bytes);
	cJSON_AddStringToObject(root, "map", name);
	json_add_number(root, "vcpus",
			cJSON_IsNumber(vcpus) ? (uint64_t)vcpus->valuedouble : options->vcpus);
	json_add_number(root, "accept_ns_per_4k", options->cost->ns_per_4k);
	cJSON_AddStringToObject(root, "accept_cost_source", options->cost->source);
	runs = cJSON_AddArrayToObject(root, "runs");
	cJSON_AddItemToArray(runs, run_json(options, ended, from, history));
	free(name);
	return root;
}

bool vm_page(const struct vm_options *options, const struct vm_files *files,
	     const struct vm_ended *ended)
{
	/* Arguments behind "--" may have changed what the options say. */
	const cJSON *said = cJSON_GetObjectItem(ended->report, "memory_bytes");
	uint64_t memory_bytes = cJSON_IsNumber(said) && said->valuedouble >= 1
					? (uint64_t)said->valuedouble
					: options->memory_bytes;
	struct vm_history *history = malloc(sizeof(*history));
	bool ok;

	if (!history)
		abort();
	ok = vm_trace_read(files->trace, memory_bytes, history) &&
	     page_write("cvmem vm", options->report,
			data_json(options, files, ended, history, memory_bytes));
	free(history);
	return ok;
}
