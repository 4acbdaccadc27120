// SPDX-License-Identifier: MIT
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/mm.h>

#include "live.h"

/* The two functions of Linux's drivers/firmware/efi/unaccepted_memory.c that the rest of it calls.
 * Both do their work in a function that is called, not jumped to, so that a task that is preempted
 * in there has this module's function on its stack, where Linux looks for it. */

static void live_accept_memory(phys_addr_t start, unsigned long size)
{
	live_accept(start, start + size);
}

static bool live_range_contains_unaccepted_memory(phys_addr_t start, unsigned long size)
{
	return cvm_is_unaccepted(&live_acceptor, start, start + size);
}

static struct klp_func functions[] = {
	{ .old_name = "accept_memory", .new_func = live_accept_memory },
	{ .old_name = "range_contains_unaccepted_memory",
	  .new_func = live_range_contains_unaccepted_memory },
	{},
};

static int before_patching(struct klp_object *object)
{
	return live_scheme_set_linux(functions[0].old_func);
}

static struct klp_object objects[];
static struct klp_patch patch;

/* No task executes Linux's function any more, except for the new one. */
static void after_patching(struct klp_object *object)
{
	if (patch.forced) {
		pr_err("cvmem: the transition was forced: Linux's own scheme stays\n");
		return;
	}
	live_scheme_use_library();
	live_reserve_start();
	pr_info("cvmem: accepting memory, %llu MiB are unaccepted\n",
		cvm_unaccepted_bytes(&live_acceptor) >> 20);
}

static void before_unpatching(struct klp_object *object)
{
	live_reserve_stop();
	live_scheme_use_linux();
}

static struct klp_object objects[] = {
	{ .funcs = functions,
	  .callbacks = { .pre_patch = before_patching,
			 .post_patch = after_patching,
			 .pre_unpatch = before_unpatching } },
	{},
};

static struct klp_patch patch = { .mod = THIS_MODULE, .objs = objects };

int live_patch_enable(void)
{
	return klp_enable_patch(&patch);
}
