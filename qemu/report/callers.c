/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/report/callers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "qemu/guest/guest.h"
#include "qemu/report/functions.h"

#define MAX_PATHS 1024

/* Accepts with the same call chain. */
struct path {
	struct call_path calls; /* none: by the phase alone */
	enum guest_phase phase;
	const char *caller;
	uint64_t accepts[2]; /* at 4K and 2M */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct path paths[MAX_PATHS + GUEST_PHASES]; /* the last ones collect what does not fit */
static size_t path_count;
static bool slide_known;
static uint64_t slide;

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
	for (size_t i = 0; i < path->calls.depth; i++) {
		const char *name = functions_name(path->calls.function[i]);

		if (!is_acceptance(name))
			return name;
	}
	return path->phase == GUEST_PHASE_KERNEL ? "(unknown)" : guest_phase_name(path->phase);
}

static void take_calls(const struct guest_call *call, struct call_path *calls)
{
	functions_path(call->vcpu, call->rip, calls);
	if (!calls->slide_known)
		return;
	slide_known = true;
	slide = calls->slide;
}

static bool is_same(const struct path *a, const struct path *b)
{
	return a->phase == b->phase && a->calls.depth == b->calls.depth &&
	       !memcmp(a->calls.function, b->calls.function,
		       a->calls.depth * sizeof(a->calls.function[0]));
}

static struct path *find(const struct path *path)
{
	for (size_t i = 0; i < path_count; i++)
		if (is_same(&paths[i], path))
			return &paths[i];
	if (path_count >= MAX_PATHS && path->calls.depth)
		return find(&(struct path){ .phase = path->phase });
	paths[path_count] = *path;
	paths[path_count].caller = caller_of(path);
	return &paths[path_count++];
}

void callers_record(struct guest_call *call, unsigned level)
{
	struct path path = { 0 };

	if (!functions_known())
		return;
	path.phase = guest_call_phase(call);
	pthread_mutex_lock(&mutex);
	if (path.phase == GUEST_PHASE_KERNEL)
		take_calls(call, &path.calls);
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
	functions_put_path(json, &path->calls);
	put_counts(json, path->accepts);
	json_end(json);
}

void callers_report(struct json *json)
{
	const struct path **sorted;

	if (!functions_known())
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
