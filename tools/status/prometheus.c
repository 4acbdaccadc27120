/* SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include "tools/status/output.h"

static void head(FILE *out, const char *name, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void gauge(FILE *out, const char *name, const char *help, uint64_t value)
{
	head(out, name, help);
	fprintf(out, "%s %" PRIu64 "\n", name, value);
}

/* Backslash, quote and newline are escaped in a label's value. */
static void label(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", out);
		else if (*value == '\\' || *value == '"')
			fprintf(out, "\\%c", *value);
		else
			putc(*value, out);
	}
	putc('"', out);
}

static void info(FILE *out, const struct status *status)
{
	const struct guest_state *guest = status->guest;
	char platform[32];

	head(out, "cvmem_guest_info", "What kind of guest this is, and how it accepts memory.");
	fputs("cvmem_guest_info{", out);
	/* Its kernel is not to know unaccepted memory, so that it is not one of the others. */
	snprintf(platform, sizeof(platform), "%s%s", guest_kind_key(guest->kind),
		 guest->paravisor ? "-paravisor" : "");
	label(out, "platform", platform);
	putc(',', out);
	label(out, "release", guest->release);
	putc(',', out);
	label(out, "accept_memory", guest->parameter);
	fputs("} 1\n", out);
}

static void by_node(FILE *out, const struct memory_state *memory)
{
	static const char total[] = "cvmem_node_memory_bytes";
	static const char unaccepted[] = "cvmem_node_memory_unaccepted_bytes";

	if (!memory->nodes)
		return;
	head(out, total, "Memory of a NUMA node.");
	for (size_t i = 0; i < memory->nodes; i++)
		fprintf(out, "%s{node=\"%u\"} %" PRIu64 "\n", total, memory->node[i].node,
			memory->node[i].total);
	head(out, unaccepted, "Memory of a NUMA node that is not accepted yet.");
	for (size_t i = 0; i < memory->nodes; i++)
		fprintf(out, "%s{node=\"%u\"} %" PRIu64 "\n", unaccepted, memory->node[i].node,
			memory->node[i].unaccepted);
}

bool status_prometheus(FILE *out, const struct status *status)
{
	const struct memory_state *memory = status->memory;
	uint64_t span, rate;

	info(out, status);
	gauge(out, "cvmem_unaccepted_memory_known",
	      "Whether the kernel knows unaccepted memory and counts it.", memory->counted);
	gauge(out, "cvmem_memory_bytes", "Memory that the kernel manages.", memory->total);
	gauge(out, "cvmem_memory_accepted_bytes", "Memory that is accepted.",
	      memory->total - memory->unaccepted);
	gauge(out, "cvmem_memory_unaccepted_bytes",
	      "Memory that is not accepted yet; the kernel counts it as free.", memory->unaccepted);
	by_node(out, memory);
	rate = history_rate(status->history, STATUS_RATE_WINDOW_NS, &span);
	if (span)
		gauge(out, "cvmem_memory_accept_bytes_per_second",
		      "How fast memory is being accepted.", rate);
	return !ferror(out);
}
