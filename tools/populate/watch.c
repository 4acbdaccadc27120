/* SPDX-License-Identifier: MIT */
#include "tools/populate/watch.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/common/commands.h"
#include "tools/common/json.h"
#include "tools/common/output.h"

static void print_error(const struct populate_options *options, const char *folder, int error)
{
	fprintf(stderr, "cvmem populate: --watch %u: ", options->watch);
	switch (error) {
	case ENOENT:
		fprintf(stderr,
			"there is no %s: KVM is not loaded, or debugfs is not mounted (mount -t "
			"debugfs none /sys/kernel/debug)\n",
			folder);
		break;
	case EACCES:
	case EPERM:
		fprintf(stderr, "%s: %s: KVM's counters of another process need root\n", folder,
			strerror(error));
		break;
	case ESRCH:
		fputs(kill((pid_t)options->watch, 0) && errno == ESRCH
			      ? "there is no such process\n"
			      : "this process has no VM of KVM\n",
		      stderr);
		break;
	case ENODATA:
		fputs("this kernel's KVM has no pf_taken: it does not count violations\n", stderr);
		break;
	default:
		fprintf(stderr, "%s: %s\n", folder, strerror(error));
		break;
	}
}

static uint64_t since(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

static bool print_line(unsigned seconds, const struct watch_counts *now,
		       const struct watch_counts *before)
{
	printf("%8u %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %10" PRIu64 " %8" PRIu64 " %6" PRIu64
	       "\n",
	       seconds, since(now->taken, before->taken), now->taken, now->fixed, now->pages[0],
	       now->pages[1], now->pages[2]);
	return output_flush("cvmem populate");
}

static void add_counts(cJSON *root, const char *name, const struct watch_counts *counts)
{
	static const char *const sizes[] = { "4k", "2m", "1g" };
	cJSON *object = cJSON_AddObjectToObject(root, name), *pages;

	json_add_number(object, "vms", counts->vms);
	json_add_number(object, "violations", counts->taken);
	json_add_number(object, "violations_fixed", counts->fixed);
	pages = cJSON_AddObjectToObject(object, "pages");
	for (unsigned i = 0; i < 3; i++)
		json_add_number(pages, sizes[i], counts->pages[i]);
}

static bool write_json(const struct populate_options *options, unsigned seconds,
		       const struct watch_counts *first, const struct watch_counts *last)
{
	cJSON *root = json_report();

	json_add_number(root, "pid", options->watch);
	json_add_number(root, "seconds", seconds);
	add_counts(root, "first", first);
	add_counts(root, "last", last);
	return json_write("cvmem populate", options->json, root);
}

/* Until a signal has come, which is no error, the VMs are gone, or the output is lost. Returns the
 * seconds. */
static unsigned watch(const struct populate_options *options, const char *folder, bool prints,
		      const struct watch_counts *first, struct watch_counts *last)
{
	const struct timespec second = { .tv_sec = 1 };
	struct watch_counts now;
	unsigned seconds = 0;
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	*last = *first;
	for (;;) {
		int number = sigtimedwait(&signals, NULL, &second);

		if (number < 0 && errno == EINTR)
			continue;
		if (watch_read(folder, (pid_t)options->watch, &now))
			return seconds;
		if (number > 0) {
			*last = now;
			return seconds;
		}
		seconds++;
		if (prints && !print_line(seconds, &now, last))
			return seconds;
		*last = now;
	}
}

int populate_watch(const struct populate_options *options)
{
	const char *folder = getenv("CVMEM_KVM_DEBUGFS");
	bool prints = !json_to_stdout(options->json);
	struct watch_counts first, last;
	unsigned seconds;
	int error;

	if (!folder)
		folder = WATCH_FOLDER;
	error = watch_read(folder, (pid_t)options->watch, &first);
	if (error) {
		print_error(options, folder, error);
		return CMD_FAILED;
	}
	if (prints) {
		printf("%8s %12s %12s %12s %10s %8s %6s\n", "seconds", "violations", "all", "fixed",
		       "4K pages", "2M", "1G");
		if (!print_line(0, &first, &first))
			return CMD_FAILED;
	}
	seconds = watch(options, folder, prints, &first, &last);
	if (options->json && !write_json(options, seconds, &first, &last))
		return CMD_FAILED;
	if (prints)
		printf("%" PRIu64 " violations in %u seconds\n", since(last.taken, first.taken),
		       seconds);
	return !prints || output_flush("cvmem populate") ? CMD_OK : CMD_FAILED;
}
