/* SPDX-License-Identifier: MIT */
#include "tools/warm/report.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/common/json.h"
#include "tools/common/print.h"
#include "tools/common/screen.h"

#define BAR_NS	UINT64_C(200000000)
#define LINE_NS UINT64_C(10000000000)

enum { BAR = 40 };

static uint64_t accepted(const struct warm_report *report)
{
	return report->unaccepted_first > report->unaccepted
		       ? report->unaccepted_first - report->unaccepted
		       : 0;
}

static double seconds(const struct warm_report *report)
{
	return (double)(screen_now() - report->start_ns) / 1e9;
}

void warm_report_start(struct warm_report *report, const struct memory_state *memory, bool quiet,
		       const char *json)
{
	*report = (struct warm_report){
		.quiet = quiet,
		.json = json,
		.bar = !quiet && isatty(STDERR_FILENO),
		.unicode = print_unicode(),
		.counted = memory->counted,
		.start_ns = screen_now(),
		.total = memory->total,
		.unaccepted_first = memory->unaccepted,
		.unaccepted = memory->unaccepted,
		.available_least = memory->available,
	};
}

void warm_report_look(struct warm_report *report, const struct warm_view *view)
{
	uint64_t now = screen_now();
	char left[16], size[16], held[32];

	report->unaccepted = view->memory->unaccepted;
	if (view->held > report->held_most)
		report->held_most = view->held;
	if (view->memory->available < report->available_least)
		report->available_least = view->memory->available;
	if (report->quiet || now - report->shown_ns < (report->bar ? BAR_NS : LINE_NS))
		return;
	report->shown_ns = now;
	print_size(left, report->unaccepted);
	if (report->by_module)
		snprintf(held, sizeof(held), ", by the module");
	else
		snprintf(held, sizeof(held), ", %s held", print_size(size, view->held));
	if (report->bar) {
		fputs("\r[", stderr);
		print_bar(stderr, report->total - report->unaccepted, report->total, BAR,
			  report->unicode);
		fprintf(stderr, "] %s to accept%s\033[K", left, held);
	} else {
		fprintf(stderr, "cvmem warm: %.0f s: %s to accept%s\n", seconds(report), left,
			held);
	}
}

static void end_bar(const struct warm_report *report)
{
	if (report->bar)
		fputs("\r\033[K", stderr);
}

void warm_report_suspend(const struct warm_report *report, const char *what)
{
	end_bar(report);
	if (!report->quiet)
		fprintf(stderr, "cvmem warm: stopped: %s\n", what);
}

void warm_report_yield(struct warm_report *report, const struct warm_step *step)
{
	if (step->why == WARM_NEXT_NODE)
		return;
	report->yields[step->why]++;
	if (report->quiet)
		return;
	end_bar(report);
	fprintf(stderr, "cvmem warm: %s: gave all back, waiting %.0f s\n", warm_why_text(step->why),
		(double)step->wait_ns / 1e9);
}

static const char *key(enum warm_why why, int signal)
{
	static const char *const keys[WARM_WHYS] = {
		"done",	   "pace",	  "pressure",  "reclaim", "available", "mark",	  "group",
		"refused", "unreachable", "next_node", "stalled", "unloaded",  "changed",
	};

	return signal ? "signal" : keys[why];
}

static bool print_json(const struct warm_report *report, enum warm_why why, int signal)
{
	cJSON *object = json_report(), *yields;

	cJSON_AddStringToObject(object, "end", key(why, signal));
	cJSON_AddBoolToObject(object, "by_module", report->by_module);
	cJSON_AddBoolToObject(object, "knows_unaccepted_memory", report->counted);
	cJSON_AddNumberToObject(object, "seconds", seconds(report));
	json_add_number(object, "accepted_bytes", accepted(report));
	json_add_number(object, "unaccepted_bytes", report->unaccepted);
	json_add_number(object, "held_most_bytes", report->held_most);
	json_add_number(object, "available_least_bytes", report->available_least);
	yields = cJSON_AddObjectToObject(object, "yields");
	for (enum warm_why i = 0; i < WARM_WHYS; i++) {
		if (report->yields[i])
			json_add_number(yields, key(i, 0), report->yields[i]);
	}
	return json_write("cvmem warm", report->json, object);
}

static void print_text(const struct warm_report *report, enum warm_why why, int signal)
{
	char done[16], left[16];

	if (!report->unaccepted_first) {
		fprintf(stderr, "cvmem warm: this machine has no unaccepted memory%s\n",
			report->counted ? "" : ", and its kernel knows none");
		return;
	}
	fprintf(stderr, "cvmem warm: accepted %s in %.1f s; %s left",
		print_size(done, accepted(report)), seconds(report),
		print_size(left, report->unaccepted));
	if (signal)
		fprintf(stderr, ": stopped by %s", strsignal(signal));
	else if (why != WARM_DONE)
		fprintf(stderr, ": %s", warm_why_text(why));
	fputc('\n', stderr);
}

bool warm_report_end(struct warm_report *report, enum warm_why why, int signal)
{
	end_bar(report);
	if (!report->quiet || why != WARM_DONE)
		print_text(report, why, signal);
	return !report->json || print_json(report, why, signal);
}
