/* SPDX-License-Identifier: MIT */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/adversary/shrink.h"

/* The random adversary: docs/attacks.md says what it does. */

/* No episode takes a second; a guest that hangs is one more broken rule. */
#define HANG_SECONDS 120

struct options {
	struct episode_plan plan;
	uint64_t steps;
	uint8_t skip[EPISODE_STEPS];
	bool only; /* one episode, of steps that were named */
};

struct tally {
	uint64_t steps, episodes, ends[END_BROKEN + 1], strikes[EMU_ATTACKS];
};

enum { OPT_PLATFORM = 256, OPT_SEED, OPT_STEPS, OPT_ONLY, OPT_ATTACKS, OPT_VERBOSE };

static const struct argp_option option_list[] = {
	{ "platform", OPT_PLATFORM, "tdx|snp|svsm", 0,
	  "What to emulate (default: tdx); svsm: SNP above VMPL 0", 0 },
	{ "seed", OPT_SEED, "N", 0, "Where all that is random comes from (default: 1)", 0 },
	{ "steps", OPT_STEPS, "N", 0, "Steps in all (default: 20000)", 0 },
	{ "only", OPT_ONLY, "N,N,...", 0, "One episode, and these steps of it", 0 },
	{ "attacks", OPT_ATTACKS, "NAME,NAME,...|none", 0, "What the host may do (default: all)",
	  0 },
	{ "verbose", OPT_VERBOSE, NULL, 0, "Say what each step does", 0 },
	{ 0 },
};

static bool number(const char **text, uint64_t *value)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	*value = strtoull(*text, &end, 0);
	*text = end;
	return !errno;
}

static void parse_only(const char *text, struct argp_state *state, struct options *options)
{
	uint64_t step = 0;

	memset(options->skip, 1, sizeof(options->skip));
	for (;; text++) {
		if (!number(&text, &step) || step >= EPISODE_STEPS)
			argp_error(state, "--only: steps are numbers below %d", EPISODE_STEPS);
		options->skip[step] = 0;
		if (*text != ',')
			break;
	}
	if (*text)
		argp_error(state, "--only: steps are separated by commas");
	options->only = true;
}

static void parse_attacks(char *text, struct argp_state *state, struct options *options)
{
	options->plan.attacks = 0;
	if (!strcmp(text, "none"))
		return;
	for (char *name = strtok(text, ","); name; name = strtok(NULL, ",")) {
		enum emu_attack_kind kind = 1;

		while (kind < EMU_ATTACKS && strcmp(emu_attack_info(kind)->name, name))
			kind++;
		if (kind == EMU_ATTACKS)
			argp_error(state, "--attacks: '%s' is none; see cvmem boot --attack list",
				   name);
		options->plan.attacks |= 1u << kind;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	const char *rest = arg;

	switch (key) {
	case OPT_PLATFORM:
		if (strcmp(arg, "tdx") && strcmp(arg, "snp") && strcmp(arg, "svsm"))
			argp_error(state, "--platform: '%s' is not one of tdx, snp, svsm", arg);
		options->plan.kind = strcmp(arg, "tdx") ? HOSTED_SNP : HOSTED_TDX;
		options->plan.svsm = !strcmp(arg, "svsm");
		return 0;
	case OPT_SEED:
		if (!number(&rest, &options->plan.seed) || *rest)
			argp_error(state, "--seed: '%s' is not a number", arg);
		return 0;
	case OPT_STEPS:
		if (!number(&rest, &options->steps) || *rest || !options->steps)
			argp_error(state, "--steps: '%s' is not a number from 1", arg);
		return 0;
	case OPT_ONLY:
		parse_only(arg, state, options);
		return 0;
	case OPT_ATTACKS:
		parse_attacks(arg, state, options);
		return 0;
	case OPT_VERBOSE:
		options->plan.verbose = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* How the episode that runs is repeated: complete before it begins, for the signal handler. */
static char repeat[128];

static void on_crash(int sig)
{
	const char *what = sig == SIGALRM ? "the guest hangs: " : "the guest crashed: ";

	if (write(STDERR_FILENO, what, strlen(what)) < 0 ||
	    write(STDERR_FILENO, repeat, strlen(repeat)) < 0)
		_exit(2);
	_exit(1);
}

static void catch_crashes(void)
{
	static const int signals[] = { SIGILL, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGALRM };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], on_crash);
}

static const char *platform_name(const struct episode_plan *plan)
{
	if (plan->svsm)
		return "svsm";
	return plan->kind == HOSTED_SNP ? "snp" : "tdx";
}

static void report(struct options *options, struct episode_result *result)
{
	struct episode_plan *plan = &options->plan;
	const char *separator = "";

	if (!options->only)
		shrink(plan, options->skip, result);
	printf("%s\nadversary --platform %s --seed %lu --only ", result->text, platform_name(plan),
	       plan->seed);
	for (unsigned step = 0; step < plan->steps; step++) {
		if (options->skip[step])
			continue;
		printf("%s%u", separator, step);
		separator = ",";
	}
	putchar('\n');
}

static void add(struct tally *tally, const struct episode_result *result)
{
	tally->steps += result->steps;
	tally->episodes++;
	tally->ends[result->end]++;
	for (unsigned i = 0; i < EMU_ATTACKS; i++)
		tally->strikes[i] += result->strikes[i];
}

/* False: an attack that was allowed has never struck, in a run that is long enough for all. */
static bool summarise(const struct options *options, const struct tally *tally)
{
	bool all = true;

	printf("%s: %lu steps in %lu episodes: %lu complete, %lu faulted, %lu stopped; no rule "
	       "broken\nstrikes:",
	       platform_name(&options->plan), tally->steps, tally->episodes,
	       tally->ends[END_COMPLETE], tally->ends[END_FAULTED], tally->ends[END_STOPPED]);
	for (enum emu_attack_kind kind = 1; kind < EMU_ATTACKS; kind++) {
		const struct emu_attack_info *info = emu_attack_info(kind);
		bool here = options->plan.kind == HOSTED_SNP ? info->snp_at : info->tdx_at;

		if (!here || !(options->plan.attacks >> kind & 1))
			continue;
		printf(" %s %lu", info->name, tally->strikes[kind]);
		all &= tally->strikes[kind] > 0;
	}
	putchar('\n');
	if (all || options->steps < 20000 || options->only)
		return true;
	printf("not every attack has struck\n");
	return false;
}

int main(int argc, char **argv)
{
	static const struct argp parser = { option_list, parse, NULL, NULL, NULL, NULL, NULL };
	static struct options options = {
		.plan = { .kind = HOSTED_TDX, .seed = 1, .steps = EPISODE_STEPS, .attacks = ~0u },
		.steps = 20000,
	};
	struct tally tally = { 0 };

	argp_err_exit_status = 2;
	argp_parse(&parser, argc, argv, 0, NULL, &options);
	if (options.only)
		options.plan.skip = options.skip;
	catch_crashes();
	while (tally.steps < options.steps) {
		struct episode_result result;

		snprintf(repeat, sizeof(repeat), "adversary --platform %s --seed %lu --steps 1\n",
			 platform_name(&options.plan), options.plan.seed);
		alarm(HANG_SECONDS);
		if (!episode_run(&options.plan, &result))
			return 2;
		alarm(0);
		if (result.end == END_BROKEN) {
			report(&options, &result);
			return EXIT_FAILURE;
		}
		add(&tally, &result);
		if (options.only)
			break;
		/* The next one could as well be the first. */
		options.plan.seed++;
	}
	return summarise(&options, &tally) ? EXIT_SUCCESS : EXIT_FAILURE;
}
