// SPDX-License-Identifier: MIT
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "live.h"
#include "reserve.h"

/* policy, keep and rate: at loading, and later in /sys/module/cvmem/parameters/. */

static const char *const policies[] = {
	[CVM_RESERVE_LAZY] = "lazy",
	[CVM_RESERVE_EAGER] = "eager",
	[CVM_RESERVE_BACKGROUND] = "background",
};

static int set_policy(const char *text, const struct kernel_param *param)
{
	int policy = sysfs_match_string(policies, text);

	if (policy < 0)
		return policy;
	WRITE_ONCE(live_settings.policy, policy);
	live_reserve_changed();
	return 0;
}

static int get_policy(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", policies[READ_ONCE(live_settings.policy)]);
}

static const struct kernel_param_ops policy_ops = { .set = set_policy, .get = get_policy };

/* Bytes, or with one of K, M, G. */
static int set_bytes(const char *text, const struct kernel_param *param)
{
	char *end;
	u64 bytes = memparse(text, &end);

	if (end == text || (*end && *end != '\n'))
		return -EINVAL;
	WRITE_ONCE(*(u64 *)param->arg, bytes);
	live_reserve_changed();
	return 0;
}

static int get_bytes(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%llu\n", READ_ONCE(*(u64 *)param->arg));
}

static const struct kernel_param_ops bytes_ops = { .set = set_bytes, .get = get_bytes };

module_param_cb(policy, &policy_ops, NULL, 0644);
MODULE_PARM_DESC(policy,
		 "background (default): a reserve ahead of need; lazy: none; eager: everything");
module_param_cb(keep, &bytes_ops, &live_settings.keep, 0644);
MODULE_PARM_DESC(keep, "Bytes that each zone keeps ready at least (default: 32M)");
module_param_cb(rate, &bytes_ops, &live_settings.rate, 0644);
MODULE_PARM_DESC(rate, "Bytes a second that the thread accepts at most (default: 0, no limit)");
