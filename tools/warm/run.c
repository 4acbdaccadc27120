/* SPDX-License-Identifier: MIT */
#include "tools/warm/run.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tools/common/commands.h"
#include "tools/common/screen.h"
#include "tools/warm/report.h"
#include "tools/warm/signals.h"
#include "tools/warm/view.h"
#include "tools/warm/workers.h"

/* The maximum time between two observations, however slow acceptance is. */
#define SLICE_NS UINT64_C(20000000)

struct run {
	const struct warm_options *options;
	struct warm_limits limits;
	struct workers *workers;
	struct memory_state memory;
	struct warm_pressure pressure;
	struct warm_state state;
	struct warm_report report;
	int caught; /* the signal that ends the run; 0: none */
};

/*
 * Other processes have priority: this one runs when the CPU is idle, and is the first to be killed
 * when memory runs out. Neither needs privileges; if one fails, the other still applies.
 */
static void step_back(void)
{
	struct sched_param parameters = { 0 };
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "1000", 4) != 4)
		fprintf(stderr, "cvmem warm: /proc/self/oom_score_adj: %s; going on\n",
			strerror(errno));
	if (fd >= 0)
		close(fd);
	sched_setscheduler(0, SCHED_IDLE, &parameters);
	setpriority(PRIO_PROCESS, 0, 19);
}

static bool look(struct run *run, struct warm_view *view, bool refused)
{
	memory_free(&run->memory);
	if (!memory_read("", &run->memory))
		return false;
	*view = (struct warm_view){
		.now_ns = screen_now(),
		.memory = &run->memory,
		.held = workers_held(run->workers),
		.pressure = warm_pressure_now(&run->pressure, "", screen_now()),
		.room = warm_group_room(""),
		.refused = refused,
	};
	return true;
}

static void give_all_back(void *ctx)
{
	struct run *run = ctx;

	workers_give(run->workers, UINT64_MAX);
	warm_report_suspend(&run->report, "gave all back");
}

/* Sleeps for `ns` or until a signal; one that ends the program is recorded. */
static void rest(struct run *run, uint64_t ns)
{
	int number = signals_rest(ns, give_all_back, run);

	if (number)
		run->caught = number;
}

/* Carries out a step; false: it was the last. */
static bool act(struct run *run, const struct warm_step *step, bool *refused)
{
	switch (step->action) {
	case WARM_TAKE:
		workers_take(run->workers, step->node, step->bytes, step->small,
			     screen_now() + SLICE_NS, refused);
		rest(run, 0);
		return true;
	case WARM_REST:
		if (step->bytes)
			workers_give(run->workers, step->bytes);
		rest(run, step->wait_ns);
		return true;
	case WARM_YIELD:
		workers_give(run->workers, UINT64_MAX);
		warm_report_yield(&run->report, step);
		rest(run, step->wait_ns);
		return true;
	default:
		return false;
	}
}

static bool loop(struct run *run, enum warm_why *why)
{
	bool refused = false;
	struct warm_step step;

	do {
		struct warm_view view;

		if (!look(run, &view, refused))
			return false;
		refused = false;
		warm_report_look(&run->report, &view);
		warm_decide(&run->limits, &view, &run->state, &step);
	} while (!run->caught && act(run, &step, &refused));
	*why = step.why;
	return true;
}

/* A thirty-second of memory, at most 1 GiB, which is far above the kernel's reserves. */
static uint64_t usual_keep(const struct memory_state *memory)
{
	const uint64_t most = UINT64_C(1) << 30;
	uint64_t part = memory->total / 32;

	return part < most ? part : most;
}

static int conclude(struct run *run, enum warm_why why)
{
	bool ok = warm_report_end(&run->report, why, run->caught);

	if (run->caught)
		signals_raise(run->caught);
	return ok && why == WARM_DONE ? CMD_OK : CMD_FAILED;
}

int warm_run(const struct warm_options *options)
{
	struct run run = { .options = options, .limits = options->limits };
	enum warm_why why = WARM_DONE;
	bool ok = memory_read("", &run.memory);

	if (!ok)
		return CMD_FAILED;
	warm_report_start(&run.report, &run.memory, options->quiet, options->json);
	if (run.limits.keep == UINT64_MAX)
		run.limits.keep = usual_keep(&run.memory);
	if (run.memory.unaccepted) {
		step_back();
		signals_block();
		run.workers = workers_start(options->workers);
		if (!run.workers)
			return CMD_FAILED;
		ok = loop(&run, &why);
		workers_end(run.workers);
		memory_free(&run.memory);
		ok = ok && memory_read("", &run.memory);
		run.report.unaccepted = run.memory.unaccepted;
	}
	memory_free(&run.memory);
	return ok ? conclude(&run, why) : CMD_FAILED;
}
