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
#include "tools/common/words.h"

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

/* The script with the arguments: how, the cache folder, and the parts. */
static bool run_script(const char *how, const char *const *parts)
{
	char *script = vm_script("vm-setup"), *cache = vm_cache("");
	struct words words = { 0 };
	bool ok = false;

	if (script) {
		words_add(&words, "%s", script);
		if (how)
			words_add(&words, "%s", how);
		words_add(&words, "%s", cache);
		for (size_t i = 0; parts[i]; i++)
			words_add(&words, "%s", parts[i]);
		ok = run(&words);
	}
	words_free(&words);
	free(script);
	free(cache);
	return ok;
}

bool vm_setup(const char *const *parts)
{
	bool ok = true;

	for (size_t i = 0; parts[i]; i++)
		ok &= complete(parts[i]);
	return ok || run_script(NULL, parts);
}

bool vm_setup_change(const char *how)
{
	static const char *const all[] = { NULL };

	return run_script(how, all);
}
