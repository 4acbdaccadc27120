/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/known.h"
#include "tools/common/print.h"
#include "tools/status/output.h"

char *status_duration(char *text, uint64_t seconds)
{
	const size_t room = 24;

	if (seconds >= UINT64_C(100) * 86400)
		snprintf(text, room, "over 100 days");
	else if (seconds >= 86400)
		snprintf(text, room, "%" PRIu64 " d %" PRIu64 " h", seconds / 86400,
			 seconds / 3600 % 24);
	else if (seconds >= 3600)
		snprintf(text, room, "%" PRIu64 " h %" PRIu64 " min", seconds / 3600,
			 seconds / 60 % 60);
	else if (seconds >= 60)
		snprintf(text, room, "%" PRIu64 " min %" PRIu64 " s", seconds / 60, seconds % 60);
	else
		snprintf(text, room, "%" PRIu64 " s", seconds);
	return text;
}

const char *status_nothing(const struct status *status)
{
	const struct memory_state *memory = status->memory;

	if (memory->unaccepted)
		return NULL;
	if (status->guest->paravisor)
		return "a paravisor has accepted all memory before this kernel started: there is "
		       "nothing to warm";
	if (!memory->counted && status->guest->kind == GUEST_NONE)
		return "this machine has no unaccepted memory, and its kernel knows none";
	if (!memory->counted)
		return "this kernel knows no unaccepted memory: firmware accepted all, or what it "
		       "left is lost";
	return "this machine has no unaccepted memory";
}

static void label(FILE *out, const char *name)
{
	fprintf(out, "%-13s ", name);
}

static void print_platform(FILE *out, const struct guest_state *guest, unsigned columns)
{
	label(out, "platform");
	fputs(guest_kind_name(guest->kind), out);
	if (guest->paravisor)
		fputs(", behind a paravisor, which accepts its memory", out);
	if (guest->kind == GUEST_SNP && guest->evidence[0].strength == GUEST_HINT &&
	    guest->evidences == 1)
		fputs(", likely", out);
	putc('\n', out);
	for (size_t i = 0; i < guest->evidences; i++) {
		label(out, i ? "" : "  because");
		fprintf(out, "%s: %.*s\n", guest->evidence[i].source,
			(int)(columns > 60 ? columns - 30 : 40), guest->evidence[i].says);
	}
}

static void print_kernel(FILE *out, const struct status *status)
{
	const struct guest_state *guest = status->guest;

	label(out, "kernel");
	fprintf(out, "%s, %s\n", *guest->release ? guest->release : "unknown",
		status->memory->counted ? "knows unaccepted memory" : "knows no unaccepted memory");
	if (status->memory->counted && guest->major) {
		for (size_t i = 0; i < guest_capability_count; i++) {
			const struct guest_capability *capability = &guest_capabilities[i];

			if (!guest_has(guest, capability)) {
				label(out, "");
				fprintf(out, "before %u.%u, so maybe not: %s\n", capability->major,
					capability->minor, capability->text);
			}
		}
	}
	if (!status->memory->counted && !*guest->parameter)
		return;
	label(out, "accepts");
	if (!guest->parameter_valid)
		fprintf(out, "%s (accept_memory=%s is neither lazy nor eager)\n",
			guest->policy == GUEST_EAGER ? "eagerly" : "lazily", guest->parameter);
	else if (*guest->parameter)
		fprintf(out, "%s (accept_memory=%s)\n",
			guest->policy == GUEST_EAGER ? "all at boot" : "lazily", guest->parameter);
	else
		fputs("lazily (no accept_memory= on the command line)\n", out);
}

static void print_part(FILE *out, const char *name, uint64_t total, uint64_t unaccepted,
		       const struct status *status, unsigned columns)
{
	unsigned width = columns > 76 ? 40 : columns > 46 ? columns - 36 : 10;
	uint64_t accepted = total - unaccepted;
	char left[16], all[16];

	label(out, name);
	print_bar(out, accepted, total, width, status->unicode);
	fprintf(out, " %5.1f %%\n", total ? (double)accepted * 100 / (double)total : 100.0);
	label(out, "");
	fprintf(out, "%s of %s unaccepted\n", print_size(left, unaccepted), print_size(all, total));
}

static void print_rate(FILE *out, const struct status *status)
{
	uint64_t span, seconds;
	uint64_t rate = history_rate(status->history, STATUS_RATE_WINDOW_NS, &span);
	char text[24];

	if (!span)
		return;
	label(out, "rate");
	fprintf(out, "%s/s over %.1f s\n", print_size(text, rate), (double)span / 1e9);
	label(out, "time to done");
	if (history_left(status->memory->unaccepted, rate, &seconds))
		fprintf(out, "%s\n", status_duration(text, seconds));
	else
		fputs("never at this rate; `cvmem warm' accepts the rest\n", out);
}

/* As far as this machine meets it. What nothing boots with is not in a guest that runs. */
static bool firmware_applies(const struct known_bad *row, const struct status *status)
{
	enum guest_kind kind = status->guest->kind;
	unsigned int platform = kind == GUEST_TDX ? KNOWN_TDX : kind == GUEST_SNP ? KNOWN_SNP : 0;

	return (row->platforms & platform) && !row->no_guest && !status->guest->paravisor &&
	       status->memory->total >> 30 >= row->above_gib;
}

static bool kernel_applies(const struct known_bad *row, const struct status *status)
{
	if (!status->memory->counted || row->no_guest)
		return false;
	if (row->hotplug)
		return status->machine->hot_added || status->machine->plugged;
	return status->memory->total >> 30 > row->above_gib;
}

const struct known_bad *status_known(const struct status *status, const struct known_bad *last)
{
	const struct known_bad *row = last;
	char *release;

	if (!row || row->part == KNOWN_KERNEL) {
		while ((row = known_next(row, KNOWN_KERNEL, status->guest->release)))
			if (kernel_applies(row, status))
				return row;
	}
	release = known_release(status->guest->firmware);
	while (release && (row = known_next(row, KNOWN_FIRMWARE, release)) &&
	       !firmware_applies(row, status))
		;
	free(release);
	return release ? row : NULL;
}

static void print_machine(FILE *out, const struct status *status)
{
	const struct machine_state *machine = status->machine;
	const struct known_bad *row = NULL;
	struct machine_loss loss;
	char size[16];

	machine_compare(machine, status->guest, status->memory, &loss);
	if (loss.bytes) {
		label(out, "lost");
		fprintf(out, "%s: %s\n", print_size(size, loss.bytes), loss.cause);
		label(out, "  change");
		fprintf(out, "%s\n", loss.cure);
	}
	if (machine->hot_added || machine->plugged) {
		label(out, "hot-added");
		if (machine->hot_added)
			fprintf(out, "%s that the firmware's map does not have\n",
				print_size(size, machine->hot_added));
		else
			fprintf(out, "%u memory device%s of ACPI (PNP0C80)\n", machine->plugged,
				machine->plugged == 1 ? "" : "s");
	}
	while ((row = status_known(status, row))) {
		label(out, "known");
		fprintf(out, "%s %s %s; %s (%s)\n",
			row->part == KNOWN_FIRMWARE ? "EDK II" : "Linux",
			row->part == KNOWN_FIRMWARE ? status->guest->firmware
						    : status->guest->release,
			row->what, row->cure, row->source);
	}
}

void status_text(FILE *out, const struct status *status, unsigned columns)
{
	const struct memory_state *memory = status->memory;
	const char *nothing = status_nothing(status);

	print_platform(out, status->guest, columns);
	print_kernel(out, status);
	print_part(out, "memory", memory->total, memory->unaccepted, status, columns);
	if (memory->nodes > 1) {
		for (size_t i = 0; i < memory->nodes; i++) {
			const struct memory_node *node = &memory->node[i];
			char name[24];

			snprintf(name, sizeof(name), "  node %u", node->node);
			print_part(out, name, node->total, node->unaccepted, status, columns);
		}
	}
	print_machine(out, status);
	if (nothing)
		fprintf(out, "%s\n", nothing);
	else
		print_rate(out, status);
}
