/* SPDX-License-Identifier: MIT */
#include "tools/vm/summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/common/print.h"
#include "tools/vm/files.h"
#include "tools/vm/report.h"

/*
 * What firmware, ACPI and the kernel's own first steps take from the memory map, at any size of the
 * machine: below this difference the OS has all memory.
 */
#define TAKEN_BYTES (UINT64_C(64) << 20)

static uint64_t number_of(const cJSON *object, const char *name)
{
	const cJSON *number = cJSON_GetObjectItem(object, name);

	return cJSON_IsNumber(number) ? (uint64_t)number->valuedouble : 0;
}

static uint64_t host_available(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	uint64_t kib = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %" SCNu64, &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib << 10;
}

/* The demonstration writes to most of its memory, all of which the host must have. */
static void warn_of_memory(const struct vm_options *options)
{
	uint64_t written = options->memory_bytes / 5 * 4, available = host_available();
	char want[16], have[16];

	if (!options->demonstration || options->append || options->exec || options->shell ||
	    !available || written < available)
		return;
	fprintf(stderr,
		"cvmem vm: the demonstration writes %s, this host has %s left; "
		"--append cvmem_fill=PERCENT writes less\n",
		print_size(want, written), print_size(have, available));
}

void vm_announce(const struct vm_options *options, const struct vm_files *files)
{
	static const char *const names[] = { "TDX guest", "SEV-SNP guest", "Arm CCA Realm" };
	const char *name = options->plain ? "ordinary guest" : names[options->platform];
	char memory[16];
	char *cache = vm_cache("");

	fprintf(stderr, "cvmem vm: %s, %s, %u vCPU%s", name,
		print_size(memory, options->memory_bytes), options->vcpus,
		options->vcpus == 1 ? "" : "s");
	if (files->kernel)
		fprintf(stderr, ": kernel %s", files->kernel);
	else if (options->disks)
		fprintf(stderr, ": disk %s", options->disk[0]);
	if (files->firmware)
		fprintf(stderr, "%s firmware %s", files->kernel || options->disks ? "," : ":",
			files->firmware);
	fputc('\n', stderr);
	fprintf(stderr, "cvmem vm: the set-up is in %s; Ctrl-A x ends the machine\n", cache);
	warn_of_memory(options);
	free(cache);
}

static void print_phase(const char *phase, const cJSON *calls)
{
	uint64_t small = number_of(calls, "4k"), large = number_of(calls, "2m");
	uint64_t huge = number_of(calls, "1g");
	char bytes[16];

	print_size(bytes, (small << 12) + (large << 21) + (huge << 30));
	fprintf(stderr, "  %-10s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %12s\n", phase, small,
		large, huge, bytes);
}

/* Acceptance populates nothing in a Realm, so that its size says little. */
static void print_realm(const cJSON *run)
{
	const cJSON *calls = cJSON_GetObjectItem(run, "calls");
	char empty[16];

	fprintf(stderr,
		"  RIPAS changes %" PRIu64 ", done in part %" PRIu64 ", rejected %" PRIu64
		", queries %" PRIu64 "; pages destroyed %" PRIu64 "\n"
		"  touched too early %" PRIu64 ", left EMPTY %s\n",
		number_of(calls, "ipa_state_set"), number_of(run, "partial_changes"),
		number_of(run, "rejected_changes"), number_of(calls, "ipa_state_get"),
		number_of(run, "destroyed_pages"), number_of(run, "touch_before_accept"),
		print_size(empty, number_of(run, "unaccepted_bytes")));
}

static void print_memory(const struct vm_options *options, const struct vm_told *told)
{
	char has[16], whole[16];

	if (!told->ram_bytes)
		fprintf(stderr, "unknown whether the OS has all memory\n");
	else if (told->ram_bytes + TAKEN_BYTES >= options->memory_bytes)
		fprintf(stderr, "the OS has all memory\n");
	else
		fprintf(stderr, "the OS has %s of %s\n", print_size(has, told->ram_bytes),
			print_size(whole, options->memory_bytes));
}

void vm_say_silence(const struct vm_outcome *outcome, const char *report)
{
	struct vm_last_accept last;

	if (outcome->silent_seconds < 1)
		fprintf(stderr, "cvmem vm: the console was written to until the end; ");
	else
		fprintf(stderr, "cvmem vm: nothing on the console for %.0f s; ",
			outcome->silent_seconds);
	if (report && vm_report_last_accept(report, &last))
		fprintf(stderr,
			"the last accept was by the %s, at RIP 0x%" PRIx64
			", %.0f s before the end\n",
			last.phase, last.rip, (double)last.ms_before_end / 1e3);
	else
		fprintf(stderr, "no accept is known\n");
}

void vm_summarize(const struct vm_options *options, const struct vm_outcome *outcome,
		  const struct vm_told *told, const char *word, const cJSON *report)
{
	const cJSON *run = cJSON_GetArrayItem(cJSON_GetObjectItem(report, "runs"), 0);
	const cJSON *phases = cJSON_GetObjectItem(run, "accept_calls_by_phase"), *phase;
	char left[16];

	fprintf(stderr, "cvmem vm: %s after %.1f s; ", word, outcome->seconds);
	print_memory(options, told);
	if (!run)
		return;
	if (options->platform == VM_CCA) {
		print_realm(run);
		return;
	}
	fprintf(stderr, "  %-10s %10s %10s %10s %12s\n", "accepts by", "of 4 KiB", "2 MiB", "1 GiB",
		"together");
	cJSON_ArrayForEach(phase, phases) print_phase(phase->string, phase);
	fprintf(stderr,
		"  conversions %" PRIu64 ", touched too early %" PRIu64 ", accepted twice %" PRIu64
		", left unaccepted %s\n",
		vm_report_conversions(run), number_of(run, "touch_before_accept"),
		number_of(run, "double_accepts"),
		print_size(left, number_of(run, "unaccepted_bytes")));
}
