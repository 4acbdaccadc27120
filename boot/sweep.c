/* SPDX-License-Identifier: MIT */
#include "boot/spoiled.h"
#include "boot/stages.h"

/*
 * Every page: at the shell all vCPUs take all memory that is left, in blocks as large as there are,
 * write its own address to each cache line, and when nothing is left read all of it back. A page
 * that two addresses lead to, or that loses its content, shows.
 */

#define LARGEST	    9
#define LINE_WORDS  8
#define SMALL_SPARE (UINT64_C(1) << 16) /* blocks below 2 MiB */

struct sweep {
	struct kernel *kernel;
	uint64_t *block; /* address | order */
	uint64_t room, count, next, bad;
};

static uint64_t words_of(uint64_t block)
{
	return UINT64_C(512) << (block & 31);
}

static volatile uint64_t *block_at(const struct sweep *sweep, uint64_t block)
{
	return boot_va(sweep->kernel->boot, block & -UINT64_C(4096));
}

static void fill_block(const struct sweep *sweep, uint64_t block)
{
	volatile uint64_t *word = block_at(sweep, block);

	for (uint64_t i = 0; i < words_of(block); i += LINE_WORDS)
		word[i] = (block & -UINT64_C(4096)) + 8 * i;
}

static void take_all(struct boot *boot, unsigned vcpu, void *arg)
{
	struct sweep *sweep = arg;
	unsigned order = LARGEST;
	uint64_t gpa;

	for (;;) {
		int error = cvm_pages_alloc(&sweep->kernel->pages, order, &gpa);
		uint64_t at;

		if (error == CVM_ENOMEM && !order--)
			return;
		if (error == CVM_ENOMEM)
			continue;
		if (error) {
			boot_fail(boot, error, "every page is taken");
			return;
		}
		at = __atomic_fetch_add(&sweep->count, 1, __ATOMIC_RELAXED);
		if (at >= sweep->room) {
			boot_fail(boot, CVM_ENOSPC, "free memory is in too many pieces");
			return;
		}
		sweep->block[at] = gpa | order;
		fill_block(sweep, sweep->block[at]);
		__atomic_fetch_add(&boot->report.every_page, UINT64_C(4096) << order,
				   __ATOMIC_RELAXED);
	}
}

static void check_all(struct boot *boot, unsigned vcpu, void *arg)
{
	struct sweep *sweep = arg;
	uint64_t at;

	while ((at = __atomic_fetch_add(&sweep->next, 1, __ATOMIC_RELAXED)) < sweep->count) {
		uint64_t block = sweep->block[at];
		volatile uint64_t *word = block_at(sweep, block);
		struct spoiled spoiled = { 0 };

		for (uint64_t i = 0; i < words_of(block); i += LINE_WORDS) {
			uint64_t gpa = (block & -UINT64_C(4096)) + 8 * i;

			if (word[i] != gpa)
				spoiled_word(&spoiled, gpa);
		}
		__atomic_fetch_add(&boot->report.corrupted, spoiled.pages, __ATOMIC_RELAXED);
	}
}

int sweep_run(struct kernel *kernel)
{
	struct boot *boot = kernel->boot;
	struct sweep sweep = { .kernel = kernel };
	struct cvm_pages_stats stats;
	unsigned order = 0;
	uint64_t gpa;
	int error;

	if (!boot->config->every_page)
		return 0;
	cvm_pages_get_stats(&kernel->pages, &stats);
	sweep.room = stats.total / 512 + SMALL_SPARE;
	while (UINT64_C(4096) << order < sweep.room * 8)
		order++;
	error = cvm_pages_alloc(&kernel->pages, order, &gpa);
	if (error)
		return boot_fail(boot, error, "there is no room to remember every page");
	sweep.block = boot_va(boot, gpa);
	smp_on_all(boot, take_all, &sweep);
	if (!boot->failed)
		smp_on_all(boot, check_all, &sweep);
	return boot->failed ? boot->report.error : 0;
}
