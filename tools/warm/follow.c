/* SPDX-License-Identifier: MIT */
#include "tools/warm/follow.h"

#include "tools/common/commands.h"
#include "tools/common/screen.h"
#include "tools/warm/module.h"
#include "tools/warm/report.h"
#include "tools/warm/run.h"
#include "tools/warm/signals.h"

#define SECOND_NS UINT64_C(1000000000)
#define LOOK_NS	  UINT64_C(100000000)
/* The module accepts a block of Linux's at a time, and a rate makes it wait for two at most. */
#define BLOCK (UINT64_C(4) << 20)

/* 64 s. */
enum { MOST_DOUBLINGS = 6 };

struct follow {
	const struct warm_options *options;
	struct warm_module module;
	struct warm_report report;
	uint64_t unaccepted; /* at the last progress, by the module's count */
	uint64_t retry_ns;   /* until then progress is waited for */
	unsigned failures;
	bool suspended;
	int caught; /* the signal that ends the run; 0: none */
};

static uint64_t wait_ns(const struct follow *follow)
{
	unsigned doublings = follow->failures < MOST_DOUBLINGS ? follow->failures : MOST_DOUBLINGS;
	uint64_t rate = follow->module.our_rate;

	return (SECOND_NS << doublings) + (rate ? 2 * BLOCK * SECOND_NS / rate : 0);
}

/* After a first wait without progress there are `attempts` more, each twice as long as the one
 * before. */
static bool is_stalled(struct follow *follow, uint64_t unaccepted)
{
	uint64_t now = screen_now();

	if (unaccepted < follow->unaccepted) {
		follow->unaccepted = unaccepted;
		follow->failures = 0;
		follow->retry_ns = now + wait_ns(follow);
		return false;
	}
	if (now < follow->retry_ns)
		return false;
	if (follow->failures == follow->options->limits.attempts)
		return true;
	follow->failures++;
	follow->retry_ns = now + wait_ns(follow);
	return false;
}

static void give_back(void *ctx)
{
	struct follow *follow = ctx;

	warm_report_suspend(&follow->report,
			    warm_module_restore(&follow->module)
				    ? "the module has its old parameters"
				    : "the module has not taken its old parameters");
	follow->suspended = true;
}

/* False: the module could not be started again. What another program has set while this one was
 * stopped is what the module gets back at the end. */
static bool rest(struct follow *follow)
{
	follow->caught = signals_rest(LOOK_NS, give_back, follow);
	if (!follow->suspended)
		return true;
	follow->suspended = false;
	if (!warm_module_open(&follow->module, "") ||
	    !warm_module_start(&follow->module, follow->options->limits.rate))
		return false;
	follow->retry_ns = screen_now() + wait_ns(follow);
	return true;
}

/* False: *why is the reason to end. What Linux counts is what allocations may wait for; the table,
 * and so the module's count, may have memory that Linux does not use. */
static bool look(struct follow *follow, const struct memory_state *memory, enum warm_why *why)
{
	const struct warm_view view = { .now_ns = screen_now(), .memory = memory };
	uint64_t unaccepted;

	warm_report_look(&follow->report, &view);
	*why = WARM_DONE;
	if (!memory->unaccepted)
		return false;
	switch (warm_module_look(&follow->module, &unaccepted)) {
	case WARM_MODULE_UNLOADED:
		*why = WARM_UNLOADED;
		return false;
	case WARM_MODULE_CHANGED:
		*why = WARM_CHANGED;
		return false;
	default:
		*why = WARM_STALLED;
		return !is_stalled(follow, unaccepted);
	}
}

static bool loop(struct follow *follow, enum warm_why *why)
{
	struct memory_state memory;
	bool more;

	do {
		if (!memory_read("", &memory))
			return false;
		more = look(follow, &memory, why);
		memory_free(&memory);
		if (more && !rest(follow))
			return false;
	} while (more && !follow->caught);
	return true;
}

int warm_follow(const struct warm_options *options)
{
	struct follow follow = { .options = options, .unaccepted = UINT64_MAX };
	enum warm_why why = WARM_DONE;
	struct memory_state memory;
	bool ok = true, restored = true;

	if (!warm_module_open(&follow.module, "") || !memory_read("", &memory))
		return CMD_FAILED;
	warm_report_start(&follow.report, &memory, options->quiet, options->json);
	follow.report.by_module = true;
	if (memory.unaccepted) {
		signals_block();
		ok = warm_module_start(&follow.module, options->limits.rate) && loop(&follow, &why);
		restored = warm_module_restore(&follow.module);
	}
	memory_free(&memory);
	if (!ok)
		return CMD_FAILED;
	ok = warm_report_end(&follow.report, why, follow.caught);
	if (follow.caught)
		signals_raise(follow.caught);
	return ok && restored && why == WARM_DONE ? CMD_OK : CMD_FAILED;
}
