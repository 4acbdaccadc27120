// SPDX-License-Identifier: MIT
#include <linux/cc_platform.h>
#include <linux/cvmem.h>
#include <linux/device/devres.h>
#include <linux/init.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/notifier.h>
#include <linux/pfn.h>
#include <linux/sched.h>

#include "ports/linux/live/live.h"

/*
 * Memory that is plugged in is in no table. Each of Linux's blocks of it is accepted as a whole
 * when it goes online, before Linux touches it. A note at the block's device says that it is
 * accepted. It ends with the device, when the memory is removed, so that a block that goes offline
 * and online again is not accepted twice. Blocks that are there at boot have that note from the
 * start, since the table is about them.
 */

static struct cvm_platform *platform;

static void end_note(struct device *device, void *note)
{
}

static int note_accepted(struct memory_block *block, void *unused)
{
	void *note = devres_alloc(end_note, 0, GFP_KERNEL);

	if (!note)
		return -ENOMEM;
	devres_add(&block->dev, note);
	return 0;
}

static int accept(u64 start, u64 end)
{
	while (start < end) {
		struct cvm_accept_result result = {};
		u64 next = min(end, start + PMD_SIZE);
		int error = platform->accept(platform, start, next, &result);

		if (error == CVM_EALREADY)
			panic("cvmem: plugged in memory at %#llx was accepted already\n",
			      result.where);
		if (error) {
			pr_err("cvmem: plugged in memory at %#llx: %s\n", result.where,
			       cvm_strerror(error));
			return -EIO;
		}
		start = next;
		cond_resched();
	}
	return 0;
}

static int go_online(struct memory_block *block, const struct memory_notify *range)
{
	u64 start = PFN_PHYS(range->start_pfn);
	void *note;
	int error;

	if (devres_find(&block->dev, end_note, NULL, NULL))
		return 0;
	note = devres_alloc(end_note, 0, GFP_KERNEL);
	if (!note)
		return -ENOMEM;
	error = accept(start, start + PFN_PHYS(range->nr_pages));
	if (error)
		devres_free(note);
	else
		devres_add(&block->dev, note);
	return error;
}

static int on_memory(struct notifier_block *notifier, unsigned long action, void *range)
{
	unsigned long first = ((struct memory_notify *)range)->start_pfn;
	struct memory_block *block;
	int error;

	if (action != MEM_GOING_ONLINE)
		return NOTIFY_OK;
	block = memory_block_get(PFN_PHYS(first) / memory_block_size_bytes());
	if (!block)
		return notifier_from_errno(-ENODEV);
	error = go_online(block, range);
	memory_block_put(block);
	return notifier_from_errno(error);
}

static struct notifier_block notifier = { .notifier_call = on_memory };

/* Before ACPI looks for memory. */
static int __init watch(void)
{
	int error;

	if (!static_branch_likely(&cvmem_chosen) || !cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT))
		return 0;
	/* Also where firmware has accepted all memory of the boot, and left no table. */
	platform = cvmem_accepts() ? live_acceptor.config.platform : live_platform_init();
	if (!platform)
		return -ENODEV;
	error = for_each_memory_block(NULL, note_accepted);
	return error ? error : register_memory_notifier(&notifier);
}
core_initcall(watch);
