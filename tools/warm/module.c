/* SPDX-License-Identifier: MIT */
#include "tools/warm/module.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/common/number.h"
#include "tools/guest/tree.h"

#define POLICY "/sys/module/cvmem/parameters/policy"
#define RATE   "/sys/module/cvmem/parameters/rate"
#define STATS  "/sys/kernel/debug/cvmem/stats"

static const char eager[] = "eager";
static const char not_loaded[] = "the module cvmem is not loaded";
static const char no_debugfs[] =
	"debugfs is not mounted: mount -t debugfs debugfs /sys/kernel/debug";

static bool read_policy(const char *root, char *policy, size_t size)
{
	char *text = tree_read(root, POLICY);
	size_t length = text ? strcspn(text, "\n") : 0;
	bool ok = text && length && length < size;

	if (ok) {
		memcpy(policy, text, length);
		policy[length] = '\0';
	} else if (text) {
		errno = EINVAL;
	}
	free(text);
	return ok;
}

static bool read_rate(const char *root, uint64_t *rate)
{
	char *text = tree_read(root, RATE);
	const char *rest;
	bool ok = text && number_start(text, &rest, rate);

	if (text && !ok)
		errno = EINVAL;
	free(text);
	return ok;
}

static bool read_stats(const char *root, uint64_t *unaccepted)
{
	char *text = tree_read(root, STATS);
	bool ok = text && tree_number(text, "unaccepted_bytes", unaccepted);

	if (text && !ok)
		errno = EINVAL;
	free(text);
	return ok;
}

/* A parameter takes what one write() has. */
static bool put(const char *root, const char *path, const char *text)
{
	size_t length = strlen(text);
	bool ok = false;
	char *full;
	int fd;

	if (asprintf(&full, "%s%s", root, path) < 0)
		return false;
	fd = open(full, O_WRONLY | O_TRUNC | O_CLOEXEC);
	free(full);
	if (fd >= 0) {
		ok = write(fd, text, length) == (ssize_t)length;
		close(fd);
	}
	return ok;
}

static bool put_rate(const char *root, uint64_t rate)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, rate);
	return put(root, RATE, text);
}

/* False, for the caller to return. absent: what it means that there is no such file. */
static bool complain(const char *path, const char *absent)
{
	int error = errno;

	fputs("cvmem warm: --module", stderr);
	if (error == ENOENT)
		fprintf(stderr, ": %s\n", absent);
	else
		fprintf(stderr, "%s: %s: %s\n",
			error == EACCES || error == EPERM ? " needs root" : "", path,
			strerror(error));
	return false;
}

bool warm_module_open(struct warm_module *module, const char *root)
{
	uint64_t unaccepted;

	*module = (struct warm_module){ .root = root };
	if (!read_policy(root, module->policy, sizeof(module->policy)))
		return complain(POLICY, not_loaded);
	if (!read_rate(root, &module->rate))
		return complain(RATE, not_loaded);
	module->our_rate = module->rate;
	return read_stats(root, &unaccepted) || complain(STATS, no_debugfs);
}

/* The rate comes first: nothing is accepted without it. */
bool warm_module_start(struct warm_module *module, uint64_t rate)
{
	if (rate && !put_rate(module->root, rate))
		return complain(RATE, not_loaded);
	module->our_rate = rate ? rate : module->rate;
	module->started = true;
	if (put(module->root, POLICY, eager))
		return true;
	complain(POLICY, not_loaded);
	warm_module_restore(module);
	return false;
}

/* It may have been unloaded: then there is nothing to restore. */
bool warm_module_restore(struct warm_module *module)
{
	char policy[sizeof(module->policy)];
	uint64_t rate;
	bool ok = true;

	if (!module->started)
		return true;
	module->started = false;
	if (read_policy(module->root, policy, sizeof(policy)) && !strcmp(policy, eager) &&
	    strcmp(module->policy, eager) != 0 && !put(module->root, POLICY, module->policy))
		ok = complain(POLICY, not_loaded);
	if (read_rate(module->root, &rate) && rate == module->our_rate && rate != module->rate &&
	    !put_rate(module->root, module->rate))
		ok = complain(RATE, not_loaded);
	return ok;
}

enum warm_module_state warm_module_look(const struct warm_module *module, uint64_t *unaccepted)
{
	char policy[sizeof(module->policy)];

	if (!read_policy(module->root, policy, sizeof(policy)) ||
	    !read_stats(module->root, unaccepted))
		return WARM_MODULE_UNLOADED;
	return strcmp(policy, eager) != 0 ? WARM_MODULE_CHANGED : WARM_MODULE_WORKS;
}
