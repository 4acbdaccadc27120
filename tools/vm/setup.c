/* SPDX-License-Identifier: MIT */
#include "tools/vm/setup.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/vm/files.h"
#include "tools/vm/words.h"

extern char **environ;

static bool complete(const char *part)
{
	char *name = text_of("%s/.complete", part);
	char *path = vm_cache(name);
	bool yes = !access(path, F_OK);

	free(path);
	free(name);
	return yes;
}

static bool run(const struct words *words)
{
	int status, error;
	pid_t child;

	error = posix_spawn(&child, words->word[0], NULL, NULL, words->word, environ);
	if (error) {
		fprintf(stderr, "cvmem vm: %s: %s\n", words->word[0], strerror(error));
		return false;
	}
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

bool vm_setup(const char *const *parts)
{
	struct words words = { 0 };
	char *script, *cache;
	bool ok = true;

	for (size_t i = 0; parts[i]; i++)
		ok &= complete(parts[i]);
	if (ok)
		return true;
	script = vm_script("vm-setup");
	if (!script)
		return false;
	cache = vm_cache("");
	words_add(&words, "%s", script);
	words_add(&words, "%s", cache);
	for (size_t i = 0; parts[i]; i++)
		words_add(&words, "%s", parts[i]);
	ok = run(&words);
	words_free(&words);
	free(script);
	free(cache);
	return ok;
}
