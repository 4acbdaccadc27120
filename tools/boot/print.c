/* SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include "tools/boot/output.h"
#include "tools/common/print.h"

static void print_giveback(FILE *out, const struct boot_giveback *what, const char *given,
			   const char *taken)
{
	char size[16];

	if (!what->bytes)
		return;
	fprintf(out, "%s %s after %" PRIu64 " allocations", print_size(size, what->bytes), given,
		what->from);
	if (what->to)
		fprintf(out, ", and %s after %" PRIu64, taken, what->to);
	fputc('\n', out);
}

static void print_setup(FILE *out, const struct boot_options *options,
			const struct boot_memory *memory)
{
	const struct accept_cost *cost = options->cost;
	char size[16];

	fprintf(out, "%s guest with %s of memory (%s), %u vCPU%s\n",
		options->platform == HOSTED_SNP ? "SEV-SNP" : "TDX",
		print_size(size, memory->usable), memory->source, options->vcpus,
		options->vcpus == 1 ? "" : "s");
	if (options->start == BOOT_FROM_EFI)
		fprintf(out, "OVMF has accepted what it uses, and all below 4 GiB\n");
	else if (options->firmware_accepts == BOOT_FIRMWARE_ALL)
		fprintf(out, "firmware accepts everything: the loader does not negotiate%s\n",
			options->platform == HOSTED_SNP ? ""
							: " (OVMF does this for SNP guests only)");
	else if (options->firmware_accepts == BOOT_FIRMWARE_BELOW_4G)
		fprintf(out, "firmware accepts all memory below 4 GiB\n");
	else
		fprintf(out, "firmware accepts %s\n", print_size(size, options->firmware_accepts));
	if (options->hot_bytes && options->hot_add_at)
		fprintf(out, "the host adds %s after %" PRIu64 " allocations\n",
			print_size(size, options->hot_bytes), options->hot_add_at);
	else if (options->hot_bytes)
		fprintf(out, "the host adds %s when the workload begins\n",
			print_size(size, options->hot_bytes));
	print_giveback(out, &options->remove, "is removed", "added again");
	print_giveback(out, &options->balloon, "goes into the balloon", "is taken back");
	if (cost->ns_per_4k)
		fprintf(out, "accepting 4 KiB takes %.1f us%s%s: %s\n",
			(double)cost->ns_per_4k / 1000, cost->name ? ", " : "",
			cost->name ? cost->name : "", cost->source);
	else
		fprintf(out, "accepting takes the time of the emulation; --accept-cost models "
			     "hardware\n");
}

static void print_row(FILE *out, const struct boot_memory *memory, const struct boot_result *result)
{
	const struct hosted_stats *stats = &result->stats;
	char accepted[16], rest[16], seconds[32], wall[32] = "-";

	if (result->report.stage == BOOT_STAGE_SHELL)
		snprintf(seconds, sizeof(seconds), "%.3f s", result->seconds);
	else
		snprintf(seconds, sizeof(seconds), "not reached");
	if (result->virtual_seconds > 0)
		snprintf(wall, sizeof(wall), "%.3f s", result->wall_seconds);
	fprintf(out,
		"%-10s %11s %10s %10s %5.1f %% %10s %9" PRIu64 " %9" PRIu64 " %6" PRIu64
		" %8" PRIu64 " %8" PRIu64 "\n",
		boot_policy_name(result->policy), seconds, wall,
		print_size(accepted, stats->emu.accepted_bytes),
		100.0 * (double)stats->emu.accepted_bytes / (double)memory->usable,
		print_size(rest, stats->emu.unaccepted_bytes), stats->emu.accepted[0],
		stats->emu.accepted[1], stats->emu.accepted[2], stats->violations,
		stats->emu.already_accepted);
}

static void print_trouble(FILE *out, const struct boot_result *result)
{
	const struct boot_report *report = &result->report;
	const struct hosted_report *machine = &result->machine;

	fprintf(out, "\n%s: ", boot_policy_name(result->policy));
	if (machine->violation)
		fprintf(out,
			"a %s of memory that may not be touched: GPA 0x%" PRIx64
			" is %s, at RIP 0x%" PRIx64 "\n",
			machine->write ? "write" : "read", machine->gpa, machine->state,
			machine->rip);
	else if (machine->stop.cause != EMU_RUNNING)
		fprintf(out, "the machine stopped: %s\n", machine->stop.text);
	else if (report->error)
		fprintf(out, "%s stage: %s: %s\n", boot_stage_name(report->stage), report->what,
			cvm_strerror(report->error));
	else if (report->corrupted)
		fprintf(out, "%" PRIu64 " pages had changed when they were read back\n",
			report->corrupted);
	else if (result->stats.emu.already_accepted)
		fprintf(out, "%" PRIu64 " pages were accepted twice\n",
			result->stats.emu.already_accepted);
	else if (report->stage != BOOT_STAGE_SHELL)
		fprintf(out, "the machine ended in the %s stage\n", boot_stage_name(report->stage));
	else if (result->stats.violations)
		fprintf(out, "%" PRIu64 " accesses were to memory that may not be touched\n",
			result->stats.violations);
	else if (result->moved)
		fprintf(out, "the shell was reached, but cvmem vm calls the run a failure\n");
	else
		fprintf(out,
			"not all memory was added, removed or taken back: the workload ended after "
			"%" PRIu64 " allocations\n",
			report->allocations);
}

static void print_stages(FILE *out, const struct boot_result *result)
{
	const struct boot_report *report = &result->report;
	char size[16];

	const uint64_t *ns = result->virtual_seconds > 0 ? report->vcpu_ns : report->ns;

	fprintf(out, "\n%s: firmware %.3f s, loader %.3f s, kernel %.3f s, workload %.3f s",
		boot_policy_name(result->policy), (double)ns[BOOT_STAGE_LOADER] / 1e9,
		(double)(ns[BOOT_STAGE_KERNEL] - ns[BOOT_STAGE_LOADER]) / 1e9,
		(double)(ns[BOOT_STAGE_WORKLOAD] - ns[BOOT_STAGE_KERNEL]) / 1e9,
		(double)(ns[BOOT_STAGE_SHELL] - ns[BOOT_STAGE_WORKLOAD]) / 1e9);
	if (result->boots > 1)
		fprintf(out, "\n  the quickest of %u boots", result->boots);
	fprintf(out, "\n  accepted by cause:");
	for (enum cvm_cause cause = 0; cause < CVM_CAUSES; cause++) {
		if (report->accept.bytes[cause])
			fprintf(out, " %s %s,", cvm_cause_name(cause),
				print_size(size, report->accept.bytes[cause]));
	}
	fprintf(out,
		" table %" PRIu64 " bytes\n  pages: %" PRIu64 " total, %" PRIu64 " free, %" PRIu64
		" allocated, %" PRIu64 " for descriptors; %" PRIu64 " allocations\n",
		report->table_bytes, report->pages.total, report->pages.free,
		report->pages.allocated, report->pages.memmap, report->allocations);
	fprintf(out,
		"  an allocation took: half of them %.2f us at most, 99 %% %.2f, 99.9 %% %.2f, "
		"99.99 %% %.2f, the longest %.2f\n",
		(double)report->allocation_ns.p50 / 1e3, (double)report->allocation_ns.p99 / 1e3,
		(double)report->allocation_ns.p99_9 / 1e3,
		(double)report->allocation_ns.p99_99 / 1e3,
		(double)report->allocation_ns.max / 1e3);
	if (result->host.used)
		fprintf(out,
			"  the host populated %s before, by %" PRIu64 " calls; %" PRIu64
			" exits for pages that were not there, %" PRIu64 " for conversions\n",
			print_size(size, result->host.populated), result->host.calls,
			result->host.faults, result->host.conversions);
	if (report->kexecs)
		fprintf(out, "  %" PRIu64 " kernels were started by another one, into %s\n",
			report->kexecs, print_size(size, report->kexec_bytes));
	if (report->crash.read)
		fprintf(out, "  the crash kernel has read %s of the last one's memory\n",
			print_size(size, report->crash.read + report->crash.shared));
	if (report->device)
		fprintf(out, "  a disk has written and read back %s by shared memory\n",
			print_size(size, report->device));
	if (report->every_page)
		fprintf(out, "  then %s were written and read back\n",
			print_size(size, report->every_page));
	if (result->policy == BOOT_ON_FAULT)
		fprintf(out,
			"  %" PRIu64 " faults, of which %" PRIu64 " accepted a unit, and %s more "
			"ahead\n",
			report->fault.faults, report->fault.accepted,
			print_size(size, report->fault.ahead));
	if (result->policy == BOOT_BACKGROUND)
		fprintf(out,
			"  the acceptor was busy for %.3f s, woken %" PRIu64 " times, and made %s "
			"ready\n",
			(double)report->reserve.busy_ns / 1e9, report->reserve.wakes,
			print_size(size, report->reserve.bytes));
}

/* Reached the shell without any violation. The verdict on an attack is apart: print_attack(). */
static bool is_fine(const struct boot_options *options, const struct boot_result *result)
{
	if (!options->attack.name)
		return result->ok;
	return result->moved && !result->stats.violations &&
	       result->report.stage == BOOT_STAGE_SHELL && !result->report.error &&
	       result->machine.stop.cause == EMU_RUNNING && !result->report.corrupted &&
	       !result->stats.emu.already_accepted;
}

/* A reaction as the end of a sentence. */
static const char *describe(enum boot_reaction reaction)
{
	switch (reaction) {
	case REACTION_UNHARMED:
		return "the guest goes on unharmed";
	case REACTION_REFUSED:
		return "the guest gets an error code and gives up";
	case REACTION_STOPPED:
		return "the guest stops itself";
	case REACTION_FAULTED:
		return "the guest faults before it has read anything";
	case REACTION_HARMED:
		return "an invariant is broken";
	case REACTION_FAILED:
		return "this host failed, which shows nothing of the guest";
	default:
		return "the host had no opportunity to strike";
	}
}

static void print_attack(FILE *out, const struct boot_attack *attack,
			 const struct boot_result *result)
{
	const struct emu_attack_report *struck = &result->struck;

	fprintf(out, "\nattack %s@%" PRIu64 ": %s\n", attack->name, attack->at, attack->summary);
	if (struck->injections && struck->gpa != EMU_ATTACK_ANYWHERE)
		fprintf(out, "  struck at GPA 0x%" PRIx64 ", %" PRIu64 " time%s\n", struck->gpa,
			struck->injections, struck->injections == 1 ? "" : "s");
	else if (!struck->injections && attack->kind != EMU_ATTACK_NONE)
		fprintf(out, "  there were %" PRIu64 " opportunities\n", struck->triggers);
	fprintf(out, "  expected: %s\n  happened: %s%s\n", describe(attack->expected),
		describe(result->reaction),
		result->ok ? " (as documented)" : " (NOT as documented)");
}

/* Which clock the figures come from. */
static void print_time_note(FILE *out, const struct boot_options *options,
			    const struct boot_result *results, size_t count)
{
	bool is_virtual = true, busy = false;

	for (size_t i = 0; i < count; i++) {
		if (!is_fine(options, &results[i]))
			return;
		is_virtual &= results[i].virtual_seconds > 0;
		busy |= results[i].host_busy;
	}
	if (!is_virtual)
		fputs("\nTimes are the wall clock's: other load of this host lengthens them.\n",
		      out);
	else
		fputs("\nTimes to the shell are virtual: the vCPU's CPU time and the modelled cost "
		      "of its accepts.\n",
		      out);
	if (busy)
		fputs("The host was busy: the wall clock shows more, and the times of allocations "
		      "and the pictures\nare the wall clock's.\n",
		      out);
}

void boot_print(FILE *out, const struct boot_options *options, const struct boot_memory *memory,
		const struct boot_result *results, size_t count)
{
	print_setup(out, options, memory);
	fprintf(out, "\n%-10s %11s %10s %18s %10s %9s %9s %6s %8s %8s\n", "policy", "to shell",
		"wall clock", "accepted", "left", "4K", "2M", "1G", "too soon", "twice");
	for (size_t i = 0; i < count; i++)
		print_row(out, memory, &results[i]);
	for (size_t i = 0; i < count; i++) {
		if (is_fine(options, &results[i]))
			print_stages(out, &results[i]);
		else
			print_trouble(out, &results[i]);
		if (options->attack.name)
			print_attack(out, &options->attack, &results[i]);
		boot_print_picture(out, &results[i]);
	}
	for (size_t i = 1; i < count; i++)
		if (is_fine(options, &results[0]) && is_fine(options, &results[i]))
			fprintf(out, "%s%s / %s: %.2f times the time to the shell\n",
				i == 1 ? "\n" : "", boot_policy_name(results[i].policy),
				boot_policy_name(results[0].policy),
				results[i].seconds / results[0].seconds);
	print_time_note(out, options, results, count);
}
