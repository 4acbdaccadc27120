/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_WARM_MODULE_H
#define TOOLS_WARM_MODULE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The module cvmem.ko (docs/linux-module.md), by its files: parameters in sysfs, counters in
 * debugfs. Its thread accepts everything under the policy "eager".
 */

struct warm_module {
	const char *root; /* as in guest/tree.h */
	/* What it had before warm_module_start(), and what it has by it. */
	char policy[16];
	uint64_t rate, our_rate; /* bytes a second; 0: no limit */
	bool started;
};

/* Reads its parameters. False, with the reason on standard error: it is not loaded, or its
 * counters cannot be read. */
bool warm_module_open(struct warm_module *module, const char *root);

/* Has it accept everything, at most so many bytes a second; 0: at its own rate. False, with the
 * reason on standard error: it has its old parameters again, or the reason names the one that it
 * has kept. */
bool warm_module_start(struct warm_module *module, uint64_t rate);

/* Gives it its old parameters, except where another program has set one meanwhile. False, with the
 * reason on standard error: it has kept one. */
bool warm_module_restore(struct warm_module *module);

enum warm_module_state {
	WARM_MODULE_WORKS,
	WARM_MODULE_UNLOADED,
	WARM_MODULE_CHANGED, /* another program has set the policy */
};

/* *unaccepted: bytes that are not accepted yet, by its own count; only if it works. */
enum warm_module_state warm_module_look(const struct warm_module *module, uint64_t *unaccepted);

#endif
