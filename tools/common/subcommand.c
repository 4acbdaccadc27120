/* SPDX-License-Identifier: MIT */
#include "tools/common/subcommand.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

bool subcommand_run(const char *who, const struct words *words, const char *output, int *status)
{
	posix_spawn_file_actions_t actions;
	pid_t child;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output,
					 O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
	error = posix_spawn(&child, "/proc/self/exe", &actions, NULL, words->word, environ);
	posix_spawn_file_actions_destroy(&actions);
	while (!error && waitpid(child, status, 0) < 0)
		error = errno == EINTR ? 0 : errno;
	if (error)
		fprintf(stderr, "%s: cvmem %s: %s\n", who, words->word[1], strerror(error));
	return !error;
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
	}
	if (file)
		fclose(file);
	return data;
}
