/* SPDX-License-Identifier: MIT */
#include "tools/warm/hold.h"

#include <errno.h>
#include <linux/mempolicy.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tools/common/screen.h"
#include "tools/guest/tree.h"

#define MIB (UINT64_C(1) << 20)

/* A slab is address space that is populated in parts. */
static const size_t slab_size = 64 * MIB;
/* The amount touched between two reads of the clock: half of the block that Linux accepts. */
static const size_t piece_size = 2 * MIB;

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

enum { NODE_BITS = 1024 };

static bool chosen(const char *path, const char *word)
{
	char *text = tree_read("", path);
	bool yes = text && strstr(text, word);

	free(text);
	return yes;
}

/*
 * Documentation/admin-guide/mm/transhuge.rst. With enabled=always, and madvise() not called, a
 * fault compacts only with defrag=always; with madvise(MADV_HUGEPAGE) only with defrag=defer or
 * never it does not.
 */
enum hold_pages hold_pages_here(void)
{
	static const char enabled[] = "/sys/kernel/mm/transparent_hugepage/enabled";
	static const char defrag[] = "/sys/kernel/mm/transparent_hugepage/defrag";

	if (chosen(enabled, "[always]") && !chosen(defrag, "[always]"))
		return HOLD_AS_THEY_COME;
	if (chosen(enabled, "[madvise]") &&
	    (chosen(defrag, "[never]") || chosen(defrag, "[defer]")))
		return HOLD_HUGE;
	return HOLD_SMALL;
}

static char *align(char *start, size_t to)
{
	return (char *)(((uintptr_t)start + to - 1) & ~(uintptr_t)(to - 1));
}

/* Preferred, not bound: a process that is bound to a node is killed when the node is full. */
static void prefer(char *start, unsigned node)
{
	unsigned long mask[NODE_BITS / (8 * sizeof(long))] = { 0 };

	if (node >= NODE_BITS)
		return;
	mask[node / (8 * sizeof(long))] |= 1UL << node % (8 * sizeof(long));
	/* Without NUMA there is no such call, and only one node. */
	syscall(SYS_mbind, start, slab_size, MPOL_PREFERRED, mask, NODE_BITS, 0);
}

static bool add_slab(struct hold *hold, enum hold_pages pages, unsigned node)
{
	size_t size = slab_size + piece_size;
	char *map, *start;

	if (hold->slabs == hold->room) {
		size_t room = hold->room ? 2 * hold->room : 16;
		struct hold_slab *grown = reallocarray(hold->slab, room, sizeof(*grown));

		if (!grown)
			return false;
		hold->slab = grown;
		hold->room = room;
	}
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		   -1, 0);
	if (map == MAP_FAILED)
		return false;
	start = align(map, piece_size);
	if (start > map)
		munmap(map, (size_t)(start - map));
	munmap(start + slab_size, (size_t)(map + size - start) - slab_size);
	prefer(start, node);
	if (pages == HOLD_SMALL)
		madvise(start, slab_size, MADV_NOHUGEPAGE);
	else if (pages == HOLD_HUGE)
		madvise(start, slab_size, MADV_HUGEPAGE);
	hold->slab[hold->slabs++] =
		(struct hold_slab){ .start = start, .small = pages == HOLD_SMALL };
	return true;
}

/*
 * One call for many pages, which reports a lack of memory. After EINTR and EAGAIN a part is
 * populated already; repeating it costs nothing.
 */
static bool touch(char *start, size_t size)
{
	while (madvise(start, size, MADV_POPULATE_WRITE)) {
		if (errno == EINTR || errno == EAGAIN)
			continue;
		return false;
	}
	/* Memory that the kernel cannot reclaim without writing it is not held. */
	return !madvise(start, size, MADV_FREE);
}

/* A slab with room. There is at most one of each kind, near the end of the list. */
static struct hold_slab *find_slab(struct hold *hold, bool small)
{
	for (size_t i = hold->slabs; i-- > 0 && i + 4 > hold->slabs;) {
		struct hold_slab *slab = &hold->slab[i];

		if (slab->small == small && slab->used < slab_size)
			return slab;
	}
	return NULL;
}

/* Takes one piece. 0: the kernel gives no memory. */
static size_t take_piece(struct hold *hold, enum hold_pages pages, unsigned node, uint64_t most)
{
	struct hold_slab *slab = find_slab(hold, pages == HOLD_SMALL);
	size_t size;

	if (!slab) {
		if (!add_slab(hold, pages, node))
			return 0;
		slab = &hold->slab[hold->slabs - 1];
	}
	/* To the next boundary of a huge page. */
	size = piece_size - slab->used % piece_size;
	if (size > most)
		size = most;
	if (!touch(slab->start + slab->used, size)) {
		madvise(slab->start + slab->used, size, MADV_DONTNEED);
		return 0;
	}
	slab->used += size;
	hold->bytes += size;
	return size;
}

uint64_t hold_take(struct hold *hold, enum hold_pages pages, unsigned node, uint64_t bytes,
		   uint64_t small, uint64_t deadline_ns, bool *refused)
{
	uint64_t taken = 0;

	bytes &= ~UINT64_C(4095);
	small &= ~UINT64_C(4095);
	if (small > bytes)
		small = bytes;
	while (taken < bytes && (!taken || screen_now() < deadline_ns)) {
		bool as_small = taken < small || bytes - taken < piece_size;
		size_t size;

		/*
		 * A remainder smaller than a huge page is not taken: the kernel would split the
		 * huge page, which is all zero, and free the rest of it.
		 */
		if (as_small && taken && taken >= small)
			break;
		if (as_small)
			size = take_piece(hold, HOLD_SMALL, node,
					  (taken < small ? small : bytes) - taken);
		else
			size = take_piece(hold, pages, node, bytes - taken);
		if (!size) {
			*refused = true;
			break;
		}
		taken += size;
	}
	return taken;
}

void hold_give(struct hold *hold, uint64_t bytes)
{
	while (bytes && hold->slabs) {
		struct hold_slab *slab = &hold->slab[hold->slabs - 1];
		size_t size = slab->used;

		if (bytes < slab->used) {
			/* Whole huge pages: a part of one stays. */
			size_t keep = (slab->used - bytes) & ~(piece_size - 1);

			size = slab->used - keep;
			madvise(slab->start + keep, size, MADV_DONTNEED);
			slab->used = keep;
		} else {
			munmap(slab->start, slab_size);
			hold->slabs--;
		}
		hold->bytes -= size;
		bytes -= size < bytes ? size : bytes;
	}
}

void hold_free(struct hold *hold)
{
	hold_give(hold, UINT64_MAX);
	free(hold->slab);
	*hold = (struct hold){ 0 };
}
