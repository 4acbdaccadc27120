/* SPDX-License-Identifier: MIT */
#include "tools/common/subcommand.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const int passed[] = { SIGHUP, SIGINT, SIGTERM };

#define SIGNALS (sizeof(passed) / sizeof(passed[0]))

/* What the handler reads and writes: the child, or 0, and the first signal, or 0. */
static volatile pid_t running;
static volatile sig_atomic_t told;

static void pass_on(int number)
{
	int error = errno;

	if (!told)
		told = number;
	if (running)
		kill(running, number);
	errno = error;
}

/* Of those that are not ignored, as by nohup(1). */
static void catch_signals(struct sigaction before[SIGNALS])
{
	struct sigaction action = { .sa_handler = pass_on };

	for (size_t i = 0; i < SIGNALS; i++) {
		sigaction(passed[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN)
			sigaction(passed[i], &action, NULL);
	}
}

static void restore_signals(const struct sigaction before[SIGNALS])
{
	for (size_t i = 0; i < SIGNALS; i++)
		sigaction(passed[i], &before[i], NULL);
}

/* With the mask that this process has had. */
static int spawn(const struct words *words, const char *output, const sigset_t *mask)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	pid_t child;
	int error;

	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, mask);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output,
					 O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
	error = posix_spawn(&child, "/proc/self/exe", &actions, &attributes, words->word, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	running = error ? 0 : child;
	return error;
}

/* The handler does not run before there is a child that it can tell. */
static int start(const struct words *words, const char *output, struct sigaction before[SIGNALS])
{
	sigset_t signals, mask;
	int error;

	sigemptyset(&signals);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaddset(&signals, passed[i]);
	sigprocmask(SIG_BLOCK, &signals, &mask);
	told = 0;
	catch_signals(before);
	error = spawn(words, output, &mask);
	/* Another thread may have run it. */
	if (running && told)
		kill(running, told);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return error;
}

/* The child is not reaped yet: its number is not another process's while signals are passed on. */
static int wait_for_end(void)
{
	siginfo_t info;

	while (waitid(P_PID, (id_t)running, &info, WEXITED | WNOWAIT)) {
		if (errno != EINTR)
			return errno;
	}
	return 0;
}

bool subcommand_run(const char *who, const struct words *words, const char *output, int *status)
{
	struct sigaction before[SIGNALS];
	int error = start(words, output, before);

	if (!error)
		error = wait_for_end();
	restore_signals(before);
	if (running && waitpid(running, status, 0) < 0 && !error)
		error = errno;
	running = 0;
	if (error)
		fprintf(stderr, "%s: cvmem %s: %s\n", who, words->word[1], strerror(error));
	return !error && !told;
}

void subcommand_end(void)
{
	sigset_t signals;
	int number = told;

	if (!number)
		return;
	sigemptyset(&signals);
	sigaddset(&signals, number);
	signal(number, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
	raise(number);
}

char *file_read(const char *path, size_t *bytes)
{
	FILE *file = fopen(path, "rb");
	char *data = NULL;
	long size;

	if (file && !fseek(file, 0, SEEK_END) && (size = ftell(file)) >= 0) {
		rewind(file);
		data = calloc(1, (size_t)size + 1);
		*bytes = data ? fread(data, 1, (size_t)size, file) : 0;
		if (ferror(file)) {
			free(data);
			data = NULL;
		}
	}
	if (file)
		fclose(file);
	return data;
}
