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
 * when it goes online, before Linux touches it. A note at the block's device says up to which
 * address it is accepted. It ends with the device, when the memory is removed, so that a block that
 * goes offline and online again is not accepted twice, and one that could not be accepted to its
 * end goes on there. Blocks that are there at boot have a note about all of them from the start,
 * since the table is about them.
 */

static struct cvm_platform *platform;

static void end_note(struct device *device, void *accepted)
{
}

/* NULL: out of memory. */
static u64 *new_note(struct memory_block *block, u64 accepted)
{
	u64 *note = devres_alloc(end_note, sizeof(*note), GFP_KERNEL);

	if (!note)
		return NULL;
	*note = accepted;
	devres_add(&block->dev, note);
	return note;
}

static int note_all(struct memory_block *block, void *unused)
{
	return new_note(block, U64_MAX) ? 0 : -ENOMEM;
}

/* From *accepted on, which is moved also on an error. */
static int accept(u64 *accepted, u64 end)
{
	while (*accepted < end) {
		struct cvm_accept_result result = {};
		u64 next = min(end, ALIGN_DOWN(*accepted, PMD_SIZE) + PMD_SIZE);
		int error = platform->accept(platform, *accepted, next, &result);

		if (error == CVM_EALREADY)
			panic("cvmem: plugged in memory at %#llx was accepted already\n",
			      result.where);
		if (error) {
			*accepted += result.done;
			pr_err("cvmem: plugged in memory at %#llx: %s\n", result.where,
			       cvm_strerror(error));
			return -EIO;
		}
		*accepted = next;
		cond_resched();
	}
	return 0;
}

static int go_online(struct memory_block *block, const struct memory_notify *range)
{
	u64 start = PFN_PHYS(range->start_pfn);
	u64 *accepted = devres_find(&block->dev, end_note, NULL, NULL);

	if (!accepted)
		accepted = new_note(block, start);
	return accepted ? accept(accepted, start + PFN_PHYS(range->nr_pages)) : -ENOMEM;
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
	error = for_each_memory_block(NULL, note_all);
	return error ? error : register_memory_notifier(&notifier);
}
core_initcall(watch);
