/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/report/callers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "emu/gpr.h"
#include "qemu/guest/guest.h"
#include "qemu/host/memory_map.h"
#include "qemu/host/vcpu.h"
#include "qemu/report/backtrace.h"
#include "qemu/report/report.h"
#include "qemu/report/symbols.h"
#include "qemu/x86/walk.h"

#define MAX_DEPTH     16
#define MAX_PATHS     1024
#define MAX_ADDRESSES 256

/* Accepts with the same call chain. */
struct path {
	size_t depth; /* 0: by the phase alone */
	long chain[MAX_DEPTH];
	enum guest_phase phase;
	const char *caller;
	uint64_t accepts[2]; /* at 4K and 2M */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct symbols symbols;
static struct path paths[MAX_PATHS + GUEST_PHASES]; /* the last ones collect what does not fit */
static size_t path_count;
static bool slide_known;
static uint64_t slide;

const char *callers_read(void)
{
	return guest.options.symbols ? symbols_read(&symbols, guest.options.symbols) : NULL;
}

/* By its name, the function serves acceptance itself. */
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

/* Private memory, trapped or not: a word on the stack may be any address. */
static bool read_linear(void *ctx, uint64_t address, void *buffer, size_t size)
{
	const struct guest_call *call = ctx;
	size_t first = 4096 - (address & 4095);
	struct x86_mapping mapping;

	if (size > first)
		return read_linear(ctx, address, buffer, first) &&
		       read_linear(ctx, address + first, (uint8_t *)buffer + first, size - first);
	return x86_walk(call->vcpu, address, &mapping) && mapping.is_private &&
	       qemu_ram_read(mapping.gpa, buffer, size);
}

static void walk(struct guest_call *call, struct path *path)
{
	const struct backtrace_memory memory = { .read = read_linear, .ctx = call };
	struct return_address list[MAX_ADDRESSES];
	uint64_t rsp = qemu_gpr(call->vcpu)[EMU_RSP];
	size_t count = backtrace_scan(&memory, call->rip, rsp, list, MAX_ADDRESSES);

	if (!slide_known)
		slide_known = backtrace_slide(&symbols, list, count, &slide);
	if (slide_known)
		path->depth = backtrace_chain(&symbols, slide, call->rip, list, count, path->chain,
					      MAX_DEPTH);
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

void callers_record(struct guest_call *call, unsigned level)
{
	struct path path = { 0 };

	if (!symbols.count)
		return;
	path.phase = guest_call_phase(call);
	pthread_mutex_lock(&mutex);
	if (path.phase == GUEST_PHASE_KERNEL)
		walk(call, &path);
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

static void put_counts(struct json *json, const uint64_t accepts[2])
{
	json_number(json, "4k", accepts[0]);
	json_number(json, "2m", accepts[1]);
}

/* sorted: paths with the same caller are adjacent. */
static void put_callers(struct json *json, const struct path *const *sorted)
{
	for (size_t i = 0; i < path_count;) {
		uint64_t accepts[2] = { 0 };
		const char *caller = sorted[i]->caller;

		for (; i < path_count && !strcmp(sorted[i]->caller, caller); i++)
			for (unsigned level = 0; level < 2; level++)
				accepts[level] += sorted[i]->accepts[level];
		json_object(json, NULL);
		json_text(json, "function", caller);
		put_counts(json, accepts);
		json_end(json);
	}
}

static void put_path(struct json *json, const struct path *path)
{
	json_object(json, NULL);
	json_array(json, "path");
	for (size_t i = 0; i < path->depth; i++)
		json_text(json, NULL, symbols_name(&symbols, path->chain[i]));
	json_end(json);
	put_counts(json, path->accepts);
	json_end(json);
}

void callers_report(struct json *json)
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
		json_signed(json, "kernel_slide", (int64_t)slide);
	json_array(json, "accepts_by_caller");
	put_callers(json, sorted);
	json_end(json);
	json_array(json, "accept_paths");
	qsort(sorted, path_count, sizeof(*sorted), compare_bytes);
	for (size_t i = 0; i < path_count; i++)
		put_path(json, sorted[i]);
	json_end(json);
	free(sorted);
	pthread_mutex_unlock(&mutex);
}
