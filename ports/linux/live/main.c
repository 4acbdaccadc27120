// SPDX-License-Identifier: MIT
#include <linux/init.h>
#include <linux/module.h>
#include <linux/version.h>

#include "live.h"

/*
 * Kernels of which the structures and functions that the module uses are known: struct zone and its
 * list, accept_page(), the two functions that are patched, the GHCB's holders. Another one may
 * compile and yet mean something else.
 */
static const unsigned int known[] = { KERNEL_VERSION(6, 12, 0), KERNEL_VERSION(7, 2, 0) };

static bool unknown_kernel;
module_param(unknown_kernel, bool, 0444);
MODULE_PARM_DESC(unknown_kernel, "Also load into a kernel that the module was not tried with");

static bool is_known(void)
{
	unsigned int series = LINUX_VERSION_CODE & ~0xffu;

	for (int i = 0; i < ARRAY_SIZE(known); i++)
		if (series == known[i])
			return true;
	return false;
}

static int __init live_init(void)
{
	struct cvm_platform *platform;
	int error;

	if (!is_known() && !unknown_kernel) {
		pr_err("cvmem: Linux %u.%u is not known to the module: 6.12 and 7.2 are\n",
		       LINUX_VERSION_MAJOR, LINUX_VERSION_PATCHLEVEL);
		return -ENOEXEC;
	}
	if (IS_ENABLED(CONFIG_PREEMPT_RT)) {
		pr_err("cvmem: Linux with PREEMPT_RT is not known to the module\n");
		return -ENOEXEC;
	}
	error = live_symbols_init();
	if (error)
		return error;
	platform = live_platform_init();
	if (!platform)
		return -ENODEV;
	error = live_scheme_init(platform, live_events_init());
	if (error)
		goto no_scheme;
	error = live_reserve_init();
	if (error)
		goto no_reserve;
	live_events_init_debugfs(live_debugfs_init());
	error = live_patch_enable();
	if (!error)
		return 0;
	pr_err("cvmem: the live patch was refused: %d\n", error);
	live_debugfs_exit();
	live_reserve_exit();
no_reserve:
	live_scheme_exit();
no_scheme:
	live_events_exit();
	return error;
}

/* Linux unloads a live patch only after it is disabled, and no task is in it. */
static void __exit live_exit(void)
{
	live_debugfs_exit();
	live_reserve_exit();
	live_scheme_exit();
	live_events_exit();
}

module_init(live_init);
module_exit(live_exit);
MODULE_DESCRIPTION("Lazy memory acceptance by cvmem, as a live patch");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_INFO(livepatch, "Y");
