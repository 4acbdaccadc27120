// SPDX-License-Identifier: MIT
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/moduleparam.h>
#include <linux/seq_file.h>
#include <linux/vmalloc.h>

#include "live.h"

/* The record of what was accepted, in the form of `cvmem vm --trace` (docs/vm.md, "The trace"). */

static unsigned int most_events;
module_param_named(events, most_events, uint, 0444);
MODULE_PARM_DESC(events, "How many of the latest accepts are recorded (default: 0, none)");

static struct cvm_events ring;
static void *storage;

/* NULL: nothing is recorded. */
struct cvm_events *live_events_init(void)
{
	size_t bytes;

	if (!most_events)
		return NULL;
	bytes = roundup_pow_of_two(min(most_events, 1u << 20)) * sizeof(struct cvm_event);
	storage = vzalloc(bytes);
	if (!storage || cvm_events_init(&ring, storage, bytes)) {
		pr_warn("cvmem: no memory for %u events: nothing is recorded\n", most_events);
		return NULL;
	}
	return &ring;
}

void live_events_exit(void)
{
	vfree(storage);
}

static int events_show(struct seq_file *file, void *data)
{
	struct cvm_event event;
	uint64_t sequence = 1;

	seq_printf(file, "cvmem-trace 1 %s %u\n", live_acceptor.config.platform->name,
		   num_possible_cpus());
	while (storage && cvm_events_next(&ring, &sequence, &event))
		seq_printf(file, "%llu %u kernel accept %#llx %#llx\n", event.time, event.cpu,
			   event.start, event.end - event.start);
	seq_puts(file, "end\n");
	return 0;
}

DEFINE_SHOW_ATTRIBUTE(events);

void live_events_init_debugfs(struct dentry *folder)
{
	debugfs_create_file("events", 0400, folder, NULL, &events_fops);
}
