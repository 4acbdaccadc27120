/* SPDX-License-Identifier: MIT */
#include "tests/adversary/episode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The host has one step of this many. */
#define HOST_TURNS 12

static void run_steps(unsigned vcpu, void *arg)
{
	struct episode *episode = arg;
	const struct episode_plan *plan = episode->plan;

	if (!guest_start(episode)) {
		broken(episode, "the guest does not start");
		return;
	}
	while (episode->step < plan->steps && !episode->result->text[0]) {
		unsigned step = episode->step++;

		episode->refused = false;
		episode->random = plan->seed ^ (step + UINT64_C(1)) << 32;
		/* Seeds and steps that differ little give numbers that differ much from the second
		 * on. */
		roll(episode, 1);
		if (plan->skip && plan->skip[step])
			continue;
		if (!roll(episode, HOST_TURNS)) {
			host_step(episode);
			continue;
		}
		guest_step(episode);
		host_calm(episode);
	}
	guest_verify(episode);
}

static bool is_taken(const struct episode *episode, uint64_t gpa)
{
	return gpa < RAM_BYTES && episode->model.page[gpa / 4096].taken;
}

/* Told of a lie in an earlier call, or in the one that has not returned. */
static bool is_lied(const struct episode *episode, uint64_t gpa)
{
	if (gpa >= RAM_BYTES)
		return false;
	if (episode->model.page[gpa / 4096].lied)
		return true;
	return episode->armed.kind == EMU_ATTACK_PSC_LIE && episode->counted &&
	       gpa >= episode->call_start && gpa < episode->call_end;
}

/* The machine has stopped: by right? */
static void judge_stop(struct episode *episode, const struct hosted_report *report)
{
	const struct emu_stop *stop = &report->stop;

	say(episode, "stop: %s", stop->text);
	if (stop->cause == EMU_STOP_GUEST_REQUEST) {
		episode->result->end = END_STOPPED;
		if (!episode->double_known)
			broken(episode, "the guest stops without cause: %s", stop->text);
		return;
	}
	episode->result->end = END_FAULTED;
	if (stop->cause != EMU_STOP_HOST_FAULT) {
		broken(episode, "%s", stop->text);
		return;
	}
	if (report->violation && is_taken(episode, report->gpa))
		return;
	if (is_lied(episode, stop->gpa))
		return;
	broken(episode, "without cause: %s", stop->text);
}

static bool create(struct episode *episode)
{
	const struct emu_ram ram = { 0, RAM_BYTES }, launch = { 0, MIB(1) };
	const struct hosted_config config = {
		.kind = episode->plan->kind,
		.vcpus = 1,
		.ram = &ram,
		.ram_count = 1,
		.launch = &launch,
		.launch_count = 1,
		.host_4k_only = roll(episode, 6) == 0,
		.vmpl = episode->plan->svsm ? 1 + (unsigned)roll(episode, 3) : 0,
		.caa = CAA,
	};
	char error[200];

	episode->machine = hosted_create(&config, error, sizeof(error));
	if (!episode->machine) {
		fprintf(stderr, "adversary: %s\n", error);
		return false;
	}
	episode->direct_map = hosted_direct_map(episode->machine);
	episode->shared_map = hosted_shared_map(episode->machine);
	return true;
}

bool episode_run(const struct episode_plan *plan, struct episode_result *result)
{
	struct episode *episode = calloc(1, sizeof(*episode));
	struct hosted_report report;
	bool ok = true;

	memset(result, 0, sizeof(*result));
	if (!episode)
		return false;
	episode->plan = plan;
	episode->result = result;
	episode->random = plan->seed;
	for (unsigned i = 0; i < 2; i++) {
		episode->table[i] = calloc(1, CVM_TABLE_HEADER + KIB(1));
		episode->claims[i] = calloc(1, sizeof(*episode->claims[i]));
		episode->seed[i] = aligned_alloc(16, KIB(512));
		ok &= episode->table[i] && episode->claims[i] && episode->seed[i];
	}
	if (!ok || !create(episode))
		goto out;
	if (hosted_run(episode->machine, 1, run_steps, episode, &report)) {
		host_strikes(episode);
		judge_stop(episode, &report);
	}
	host_strikes(episode);
	if (result->text[0])
		result->end = END_BROKEN;
	result->steps = episode->step;
out:
	for (unsigned i = 0; i < 2; i++) {
		free(episode->table[i]);
		free(episode->claims[i]);
		free(episode->seed[i]);
	}
	if (!episode->machine) {
		free(episode);
		return false;
	}
	hosted_destroy(episode->machine);
	free(episode);
	return true;
}
