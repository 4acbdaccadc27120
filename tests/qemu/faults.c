/* SPDX-License-Identifier: MIT */
/*
 * usage: faults ORDER COUNT PACE_US
 *
 * Touches COUNT pages of 4 KiB << ORDER that no one has touched before (0: ordinary pages; 9: huge
 * ones, by madvise()), each PACE_US microseconds after the one before, or at once. Says in one line
 * how long the faults took, as ports/linux/probe does for allocations; how many of the pages were
 * huge; and how many pages of 4 KiB Linux has counted as accepted meanwhile. A process that it
 * leaves behind keeps the memory, so that the next run needs other.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define HUGE_ORDER 9u
#define HUGE_SIZE  (4096ull << HUGE_ORDER)

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* The number behind the word that a line of the file begins with; -1: there is no such line. */
static long long value(const char *path, const char *name)
{
	FILE *file = fopen(path, "r");
	long long found = -1;
	char line[256];

	while (file && found < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)))
			found = strtoll(line + strlen(name), NULL, 10);
	if (file)
		fclose(file);
	return found;
}

static char *map(unsigned int order, size_t size)
{
	char *pages = mmap(NULL, size + HUGE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		return NULL;
	pages += -(uintptr_t)pages & (HUGE_SIZE - 1);
	madvise(pages, size, order == HUGE_ORDER ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	return pages;
}

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

/* Of the sorted times. */
static unsigned long long percentile(const uint64_t *ns, size_t count, unsigned int thousandths)
{
	size_t at = count * thousandths / 1000;

	return ns[at < count ? at : count - 1];
}

int main(int argc, char **argv)
{
	unsigned int order, pace_us;
	long long before, after;
	uint64_t began, *ns;
	size_t count;
	char *pages;

	if (argc != 4)
		return 2;
	order = (unsigned int)strtoul(argv[1], NULL, 0);
	count = strtoul(argv[2], NULL, 0);
	pace_us = (unsigned int)strtoul(argv[3], NULL, 0);
	if ((order && order != HUGE_ORDER) || !count)
		return 2;
	ns = malloc(count * sizeof(*ns));
	pages = map(order, count * 4096 << order);
	if (!ns || !pages)
		return 1;
	/* Its own pages are there. */
	memset(ns, 0xff, count * sizeof(*ns));
	before = value("/proc/vmstat", "nr_unaccepted ");
	began = now();
	for (size_t i = 0; i < count; i++) {
		uint64_t start = now();

		*(volatile char *)(pages + (i * 4096 << order)) = 1;
		ns[i] = now() - start;
		if (pace_us)
			usleep(pace_us);
	}
	began = now() - began;
	after = value("/proc/vmstat", "nr_unaccepted ");
	qsort(ns, count, sizeof(*ns), compare);
	printf("threads 1 order %u blocks %zu pace_us %u ns %llu p50 %llu p90 %llu p99 %llu p999 "
	       "%llu max %llu accepted_pages %lld huge_pages %lld\n",
	       order, count, pace_us, (unsigned long long)began, percentile(ns, count, 500),
	       percentile(ns, count, 900), percentile(ns, count, 990), percentile(ns, count, 999),
	       percentile(ns, count, 1000), before - after,
	       value("/proc/self/smaps_rollup", "AnonHugePages:") / (long long)(HUGE_SIZE / 1024));
	fflush(stdout);
	if (fork())
		return 0;
	/* Who waits for the end of the output is not to wait for this process. */
	fclose(stdout);
	for (;;)
		pause();
}
