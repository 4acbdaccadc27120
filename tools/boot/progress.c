/* SPDX-License-Identifier: MIT */
#include "tools/boot/progress.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/common/print.h"

#define BAR 40

struct progress {
	const char *name;
	const struct hosted_machine *machine;
	const struct boot *boot;
	uint64_t usable;
	bool unicode;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
};

static void draw(const struct progress *progress)
{
	struct hosted_stats stats;
	enum boot_stage stage = __atomic_load_n(&progress->boot->report.stage, __ATOMIC_RELAXED);
	char size[16];

	hosted_stats(progress->machine, &stats);
	fprintf(stderr, "\r%-10s ", progress->name);
	print_bar(stderr, stats.emu.accepted_bytes, progress->usable, BAR, progress->unicode);
	fprintf(stderr, " %3u %% of memory accepted (%s), %s\033[K",
		(unsigned)(stats.emu.accepted_bytes * 100 / progress->usable),
		print_size(size, stats.emu.accepted_bytes), boot_stage_name(stage));
}

static void *follow(void *arg)
{
	struct progress *progress = arg;

	pthread_mutex_lock(&progress->lock);
	while (!progress->stop) {
		struct timespec until;

		draw(progress);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 100000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_sec++;
			until.tv_nsec -= 1000000000;
		}
		pthread_cond_timedwait(&progress->wake, &progress->lock, &until);
	}
	pthread_mutex_unlock(&progress->lock);
	fprintf(stderr, "\r\033[K");
	return NULL;
}

struct progress *progress_start(const char *name, const struct hosted_machine *machine,
				const struct boot *boot, uint64_t usable)
{
	struct progress *progress;

	if (!isatty(STDERR_FILENO))
		return NULL;
	progress = calloc(1, sizeof(*progress));
	if (!progress)
		return NULL;
	progress->name = name;
	progress->machine = machine;
	progress->boot = boot;
	progress->usable = usable;
	progress->unicode = print_unicode();
	pthread_mutex_init(&progress->lock, NULL);
	pthread_cond_init(&progress->wake, NULL);
	if (!pthread_create(&progress->thread, NULL, follow, progress))
		return progress;
	free(progress);
	return NULL;
}

void progress_stop(struct progress *progress)
{
	if (!progress)
		return;
	pthread_mutex_lock(&progress->lock);
	progress->stop = true;
	pthread_cond_signal(&progress->wake);
	pthread_mutex_unlock(&progress->lock);
	pthread_join(progress->thread, NULL);
	free(progress);
}
