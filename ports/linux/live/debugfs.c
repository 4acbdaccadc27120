// SPDX-License-Identifier: MIT
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "live.h"

/* /sys/kernel/debug/cvmem/: counters as lines of "name value". */

static struct dentry *folder;

static int stats_show(struct seq_file *file, void *data)
{
	struct cvm_accept_stats stats;

	cvm_acceptor_get_stats(&live_acceptor, &stats);
	seq_printf(file, "scheme %s\n", live_scheme_is_library() ? "cvmem" : "linux");
	seq_printf(file, "platform %s\n", live_acceptor.config.platform->name);
	seq_printf(file, "unaccepted_bytes %llu\n", cvm_unaccepted_bytes(&live_acceptor));
	for (int cause = 0; cause < CVM_CAUSES; cause++)
		if (stats.bytes[cause])
			seq_printf(file, "accepted_%s_bytes %llu\n", cvm_cause_name(cause),
				   stats.bytes[cause]);
	seq_printf(file, "pages_4k %llu\n", stats.accepted[CVM_LEVEL_4K]);
	seq_printf(file, "pages_2m %llu\n", stats.accepted[CVM_LEVEL_2M]);
	seq_printf(file, "fallbacks %llu\n", stats.fallbacks[CVM_LEVEL_2M]);
	seq_printf(file, "units %llu\n", stats.units);
	seq_printf(file, "waits %llu\n", stats.waits);
	seq_printf(file, "already_accepted %llu\n", stats.already_accepted);
	seq_printf(file, "failed %llu\n", stats.failed);
	live_counters_show(file);
	live_reserve_show(file);
	return 0;
}

static int latency_show(struct seq_file *file, void *data)
{
	live_latency_show(file);
	return 0;
}

static int reset(void *data, u64 value)
{
	live_counters_reset();
	return 0;
}

DEFINE_SHOW_ATTRIBUTE(stats);
DEFINE_SHOW_ATTRIBUTE(latency);
DEFINE_DEBUGFS_ATTRIBUTE(reset_fops, NULL, reset, "%llu\n");

/* Without debugfs there are no counters to read, and no other consequence. */
struct dentry *live_debugfs_init(void)
{
	folder = debugfs_create_dir("cvmem", NULL);
	debugfs_create_file("stats", 0444, folder, NULL, &stats_fops);
	debugfs_create_file("latency", 0444, folder, NULL, &latency_fops);
	debugfs_create_file("reset", 0200, folder, NULL, &reset_fops);
	return folder;
}

void live_debugfs_exit(void)
{
	debugfs_remove(folder);
}
