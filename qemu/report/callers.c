/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/report/callers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "emu/gpr.h"
#include "qemu/report/backtrace.h"
#include "qemu/host/internals.h"
#include "qemu/report/report.h"
#include "qemu/x86/walk.h"

#define MAX_DEPTH     16
#define MAX_PATHS     1024
#define MAX_ADDRESSES 256

/* Accepts with the same chain of calls. */
struct path {
	size_t depth; /* 0: by the phase alone */
	long chain[MAX_DEPTH];
	enum guest_phase phase;
	const char *caller;
	uint64_t accepts[2]; /* at 4K and 2M */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct symbols symbols;
static struct path paths[MAX_PATHS + GUEST_PHASES]; /* the last ones: for those that do not fit */
static size_t path_count;
static bool slide_known;
static uint64_t slide;

bool guest_callers_read(void)
{
	return !guest.options.symbols || symbols_read(&symbols, guest.options.symbols);
}

/* Functions whose purpose is acceptance, by name. */
static bool is_acceptance(const char *name)
{
	static const char *const parts[] = { "accept",	    "tdcall", "tdx", "pvalidate",
					     "pages_state", "snp",    "sev_" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strstr(name, parts[i]))
			return true;
	return false;
}

static const char *caller_of(const struct path *path)
{
	for (size_t i = 0; i < path->depth; i++) {
		const char *name = symbols_name(&symbols, path->chain[i]);

		if (!is_acceptance(name))
			return name;
	}
	return path->phase == GUEST_PHASE_KERNEL ? "(unknown)" : guest_phase_name(path->phase);
}

/* Of the vCPU that calls; under the mutex. */
static unsigned walker;

/* Private memory, whatever is trapped: what is on a stack can lead anywhere. */
static bool read_linear(uint64_t address, void *buffer, size_t size)
{
	struct guest_mapping mapping;
	size_t first = 4096 - (address & 4095);

	if (size > first)
		return read_linear(address, buffer, first) &&
		       read_linear(address + first, (uint8_t *)buffer + first, size - first);
	return guest_walk(walker, address, &mapping) && mapping.is_private &&
	       qemu_ram_read(mapping.gpa, buffer, size);
}

static void walk(unsigned vcpu, struct path *path)
{
	struct return_address list[MAX_ADDRESSES];
	uint64_t rip = guest_call_rip();
	size_t count;

	walker = vcpu;
	count = backtrace_scan(read_linear, rip, qemu_gpr(vcpu)[EMU_RSP], list, MAX_ADDRESSES);

	if (!slide_known)
		slide_known = backtrace_slide(&symbols, list, count, &slide);
	if (slide_known)
		path->depth =
			backtrace_chain(&symbols, slide, rip, list, count, path->chain, MAX_DEPTH);
}

static bool is_same(const struct path *a, const struct path *b)
{
	return a->phase == b->phase && a->depth == b->depth &&
	       !memcmp(a->chain, b->chain, a->depth * sizeof(a->chain[0]));
}

static struct path *find(const struct path *path)
{
	for (size_t i = 0; i < path_count; i++)
		if (is_same(&paths[i], path))
			return &paths[i];
	if (path_count >= MAX_PATHS && path->depth)
		return find(&(struct path){ .phase = path->phase });
	paths[path_count] = *path;
	paths[path_count].caller = caller_of(path);
	return &paths[path_count++];
}

void guest_callers_note(unsigned vcpu, enum guest_phase phase, unsigned level)
{
	struct path path = { .phase = phase };

	if (!symbols.count)
		return;
	pthread_mutex_lock(&mutex);
	if (phase == GUEST_PHASE_KERNEL)
		walk(vcpu, &path);
	find(&path)->accepts[level]++;
	pthread_mutex_unlock(&mutex);
}

static int compare_names(const void *a, const void *b)
{
	const struct path *const *left = a, *const *right = b;

	return strcmp((*left)->caller, (*right)->caller);
}

static uint64_t bytes_of(const struct path *path)
{
	return (path->accepts[0] << 12) + (path->accepts[1] << 21);
}

static int compare_bytes(const void *a, const void *b)
{
	const struct path *const *left = a, *const *right = b;
	uint64_t first = bytes_of(*left), second = bytes_of(*right);

	return first > second ? -1 : first < second ? 1 : compare_names(a, b);
}

static void put_counts(FILE *out, const uint64_t accepts[2])
{
	fprintf(out, ", \"4k\": %llu, \"2m\": %llu }", (unsigned long long)accepts[0],
		(unsigned long long)accepts[1]);
}

/* Paths of the same caller follow each other. */
static void put_callers(FILE *out, const struct path *const *sorted)
{
	const char *separator = "";

	for (size_t i = 0; i < path_count;) {
		uint64_t accepts[2] = { 0 };
		const char *caller = sorted[i]->caller;

		for (; i < path_count && !strcmp(sorted[i]->caller, caller); i++)
			for (unsigned level = 0; level < 2; level++)
				accepts[level] += sorted[i]->accepts[level];
		fprintf(out, "%s\n        { \"function\": ", separator);
		guest_put_text(out, caller);
		put_counts(out, accepts);
		separator = ",";
	}
}

static void put_path(FILE *out, const struct path *path)
{
	fprintf(out, "\n        { \"path\": [");
	for (size_t i = 0; i < path->depth; i++) {
		fputs(i ? ", " : " ", out);
		guest_put_text(out, symbols_name(&symbols, path->chain[i]));
	}
	fprintf(out, " ]");
	put_counts(out, path->accepts);
}

void guest_callers_report(FILE *out)
{
	const struct path **sorted;

	if (!symbols.count)
		return;
	pthread_mutex_lock(&mutex);
	sorted = calloc(path_count + 1, sizeof(*sorted));
	if (!sorted)
		abort();
	for (size_t i = 0; i < path_count; i++)
		sorted[i] = &paths[i];
	qsort(sorted, path_count, sizeof(*sorted), compare_names);
	if (slide_known)
		fprintf(out, ",\n      \"kernel_slide\": %lld", (long long)slide);
	fprintf(out, ",\n      \"accepts_by_caller\": [");
	put_callers(out, sorted);
	fprintf(out, " ],\n      \"accept_paths\": [");
	qsort(sorted, path_count, sizeof(*sorted), compare_bytes);
	for (size_t i = 0; i < path_count; i++) {
		fputs(i ? "," : "", out);
		put_path(out, sorted[i]);
	}
	fprintf(out, " ]");
	free(sorted);
	pthread_mutex_unlock(&mutex);
}
