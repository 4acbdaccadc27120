/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "tools/boot/engine_vm.h"
#include "tools/boot/output.h"
#include "tools/boot/workload.h"
#include "tools/common/commands.h"
#include "tools/common/json.h"
#include "tools/common/page.h"

/* Of --compare: so many boots of one policy, if they are shorter than this. */
#define COMPARE_BOOTS	9
#define COMPARE_SECONDS 1.0

static bool run_once(const struct boot_options *options, const struct boot_memory *memory,
		     const struct trace *workload, enum boot_policy policy,
		     struct boot_result *result)
{
	if (options->engine == BOOT_ENGINE_VM)
		return boot_vm_run(options, workload, policy, result);
	return boot_run(options, memory, workload, policy, result);
}

/*
 * What else runs on a host lengthens the CPU time of a short boot: by caches that it shares, by
 * the CPU's frequency. So --compare repeats what is short, and keeps the quickest boot, or the
 * first one that failed.
 */
static bool run(const struct boot_options *options, const struct boot_memory *memory,
		const struct trace *workload, enum boot_policy policy, struct boot_result *result)
{
	if (!run_once(options, memory, workload, policy, result))
		return false;
	result->boots = 1;
	if (!options->compare || !options->cost->ns_per_4k || options->attack.name)
		return true;
	while (boot_result_has_virtual_time(result) && result->boots < COMPARE_BOOTS &&
	       result->virtual_seconds < COMPARE_SECONDS) {
		struct boot_result next;

		if (!run_once(options, memory, workload, policy, &next)) {
			boot_result_free(result);
			return false;
		}
		boot_result_keep(result, &next);
	}
	return true;
}

int cmd_boot(int argc, char **argv)
{
	static struct boot_memory memory;
	struct boot_result results[BOOT_POLICIES];
	struct boot_options options;
	struct trace workload;
	size_t count = 0;
	bool ok = true;

	boot_options_parse(argc, argv, &options);
	if (!boot_memory_make(&options, &memory) ||
	    !boot_workload_open(options.workload, &workload))
		return EXIT_FAILURE;
	for (enum boot_policy policy = 0; policy < BOOT_POLICIES; policy++) {
		if (!options.policies[policy])
			continue;
		if (!run(&options, &memory, &workload, policy, &results[count]))
			return EXIT_FAILURE;
		ok &= results[count++].ok;
	}
	if (options.report && !page_write("cvmem boot", options.report,
					  boot_json_report(&options, &memory, results, count)))
		return EXIT_FAILURE;
	if (options.json && !boot_json(&options, &memory, results, count))
		return EXIT_FAILURE;
	if (!json_to_stdout(options.json))
		boot_print(stdout, &options, &memory, results, count);
	for (size_t i = 0; i < count; i++)
		boot_result_free(&results[i]);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
