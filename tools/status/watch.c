/* SPDX-License-Identifier: MIT */
#include "tools/status/watch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "tools/common/commands.h"
#include "tools/common/json.h"
#include "tools/common/output.h"
#include "tools/common/print.h"
#include "tools/common/screen.h"
#include "tools/status/replace.h"

static bool is_text(const struct status_options *options)
{
	return !json_to_stdout(options->json) && !options->prometheus;
}

bool watch_sample(const struct status_options *options, struct memory_state *memory,
		  struct history *history)
{
	memory_free(memory);
	if (!memory_read(options->root, memory))
		return false;
	history_add(history, screen_now(), memory->unaccepted);
	return true;
}

static bool print(FILE *out, const struct status_options *options, const struct status *status)
{
	if (json_to_stdout(options->json))
		return status_json(out, status);
	if (options->prometheus)
		return status_prometheus(out, status);
	status_text(out, status, 80);
	return !ferror(out);
}

/* The file of --json=FILE; true also where there is none. */
static bool write_json(const struct status_options *options, const struct status *status)
{
	struct replace file;

	if (!options->json || json_to_stdout(options->json))
		return true;
	return replace_open(&file, options->json) &&
	       replace_close(&file, status_json(file.out, status));
}

bool watch_write(const struct status_options *options, const struct status *status)
{
	struct replace file;
	bool ok;

	if (!write_json(options, status))
		return false;
	if (!options->output) {
		ok = print(stdout, options, status);
		return output_flush("cvmem status") && ok;
	}
	if (!replace_open(&file, options->output))
		return false;
	ok = print(file.out, options, status);
	return replace_close(&file, ok);
}

/* For a pipe or a log: a line for each sample. */
static bool print_line(const struct status *status, uint64_t start_ns, bool first)
{
	const struct memory_state *memory = status->memory;
	uint64_t span, seconds, rate = history_rate(status->history, STATUS_RATE_WINDOW_NS, &span);
	char left[16], speed[16], end[24] = "-";

	if (first)
		printf("%10s %12s %9s %14s  %s\n", "seconds", "unaccepted", "accepted", "rate",
		       "time to done");
	if (span && history_left(memory->unaccepted, rate, &seconds))
		status_duration(end, seconds);
	printf("%10.1f %12s %7.1f %% %12s/s  %s\n", (double)(screen_now() - start_ns) / 1e9,
	       print_size(left, memory->unaccepted),
	       (double)(memory->total - memory->unaccepted) * 100 / (double)memory->total,
	       print_size(speed, rate), end);
	return output_flush("cvmem status");
}

static void print_history(FILE *out, const struct status *status, unsigned columns,
			  uint64_t interval_ns)
{
	size_t width = columns > 76 ? 60 : columns > 26 ? columns - 16 : 10;
	uint64_t most = 1;
	char size[16];

	for (size_t i = 0; i < width; i++) {
		uint64_t step = history_step(status->history, i);

		most = step > most ? step : most;
	}
	fprintf(out, "%-13s ", "history");
	for (size_t i = width; i-- > 0;) {
		uint64_t step = history_step(status->history, i);
		unsigned level = (unsigned)((double)step / (double)most * 8);

		level += step && !level;
		print_level(out, level, status->unicode);
	}
	fprintf(out, "|\n%-13s %s in %.3g s at most\n", "", print_size(size, most > 1 ? most : 0),
		(double)interval_ns / 1e9);
}

static bool draw(const struct screen *screen, const struct status *status, uint64_t interval_ns)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return false;
	status_text(out, status, screen->columns);
	print_history(out, status, screen->columns, interval_ns);
	fputs("q ends\n", out);
	if (!fclose(out))
		screen_draw(screen, text);
	free(text);
	return true;
}

struct run {
	const struct status_options *options;
	struct memory_state memory;
	struct history history;
	struct guest_state guest;
	struct machine_state machine;
	struct status status;
	uint64_t samples, next_ns;
};

static bool sample(struct run *run)
{
	if (!watch_sample(run->options, &run->memory, &run->history))
		return false;
	run->samples++;
	run->next_ns = screen_now() + run->options->interval_ns;
	return true;
}

/* The live view ends when nothing is left; output for programs goes on. */
static bool finished(const struct run *run)
{
	if (run->options->count && run->samples >= run->options->count)
		return true;
	return is_text(run->options) && !run->memory.unaccepted;
}

static bool show(struct run *run)
{
	struct screen screen;
	bool ok;

	if (!screen_open(&screen))
		return false;
	while ((ok = write_json(run->options, &run->status)) &&
	       draw(&screen, &run->status, run->options->interval_ns) && !finished(run)) {
		enum screen_event event = screen_wait(&screen, run->next_ns);

		if (event == SCREEN_QUIT)
			break;
		if (event == SCREEN_TIME)
			ok = sample(run);
		if (!ok)
			break;
	}
	screen_close(&screen);
	if (ok)
		status_text(stdout, &run->status, screen.columns);
	return ok;
}

static void sleep_until(uint64_t deadline_ns)
{
	struct timespec until = { .tv_sec = (time_t)(deadline_ns / 1000000000),
				  .tv_nsec = (long)(deadline_ns % 1000000000) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

static bool list(struct run *run)
{
	uint64_t start = screen_now();
	bool lines = is_text(run->options) && !run->options->output;

	for (;;) {
		bool ok = lines ? write_json(run->options, &run->status)
				: watch_write(run->options, &run->status);

		if (!ok)
			return false;
		if (lines && !print_line(&run->status, start, run->samples == 1))
			return false;
		if (finished(run))
			break;
		sleep_until(run->next_ns);
		if (!sample(run))
			return false;
	}
	if (lines && !run->memory.unaccepted)
		printf("%s\n", status_nothing(&run->status));
	return output_flush("cvmem status");
}

int watch_run(const struct status_options *options)
{
	struct run run = { .options = options };
	bool ok;

	guest_identify(options->root, &run.guest);
	machine_read(options->root, &run.machine);
	run.status = (struct status){
		.guest = &run.guest,
		.memory = &run.memory,
		.history = &run.history,
		.machine = &run.machine,
		.unicode = print_unicode(),
	};
	ok = sample(&run);
	if (ok && is_text(options) && !options->output && screen_possible())
		ok = show(&run);
	else if (ok)
		ok = list(&run);
	memory_free(&run.memory);
	return ok ? CMD_OK : CMD_FAILED;
}
