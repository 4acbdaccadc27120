/* SPDX-License-Identifier: MIT */
/*
 * usage: paced NAME OPERATIONS KIB PERIOD_US HOLD_MIB [UNTIL]
 *
 * A workload that minds latency: every PERIOD_US it takes KIB of memory and writes each page, and
 * gives back what it took first once it has more than HOLD_MIB. Ends after OPERATIONS, or when the
 * file UNTIL is there. Says how long operations took, from the moment they were due (response) and
 * from their begin (touch), in microseconds; and how much memory became accepted during one
 * (accepted), in KiB. On one CPU that is what it had to wait for, whatever the machine below is
 * busy with. What became accepted while no other process had the CPU (own), it has accepted itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct ring {
	char **piece;
	size_t first, count, room, size;
};

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void wait_until(uint64_t ns)
{
	struct timespec time = { .tv_sec = (time_t)(ns / 1000000000),
				 .tv_nsec = (long)(ns % 1000000000) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
		;
}

static uint32_t unaccepted_kib(void)
{
	static int fd = -1;
	char text[8192], *line;
	ssize_t size;

	if (fd < 0)
		fd = open("/proc/meminfo", O_RDONLY);
	size = pread(fd, text, sizeof(text) - 1, 0);
	text[size > 0 ? size : 0] = 0;
	line = strstr(text, "Unaccepted:");
	return line ? (uint32_t)strtoul(line + strlen("Unaccepted:"), NULL, 10) : 0;
}

/* How often another process has had the CPU instead. */
static long switches(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_nvcsw + usage.ru_nivcsw;
}

static void take(struct ring *ring)
{
	char *piece =
		mmap(NULL, ring->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (piece == MAP_FAILED) {
		perror("paced: mmap");
		exit(1);
	}
	madvise(piece, ring->size, MADV_NOHUGEPAGE);
	for (size_t at = 0; at < ring->size; at += 4096)
		*(volatile char *)(piece + at) = 1;
	ring->piece[(ring->first + ring->count++) % ring->room] = piece;
}

static void give(struct ring *ring)
{
	munmap(ring->piece[ring->first], ring->size);
	ring->first = (ring->first + 1) % ring->room;
	ring->count--;
}

static int compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

static void print(const char *name, const char *what, uint32_t *us, size_t count)
{
	size_t zeros = 0;

	qsort(us, count, sizeof(*us), compare);
	while (zeros < count && !us[zeros])
		zeros++;
	printf("paced: %s %s operations=%zu p50=%u p99=%u p99.9=%u max=%u above0=%zu\n", name, what,
	       count, us[count / 2], us[count * 99 / 100], us[count * 999 / 1000], us[count - 1],
	       count - zeros);
}

int main(int argc, char **argv)
{
	size_t operations, count = 0;
	struct ring ring = { 0 };
	uint32_t *response, *touch, *accepted, *own;
	uint64_t period, due;

	if (argc < 6)
		return 2;
	operations = strtoull(argv[2], NULL, 0);
	ring.size = strtoull(argv[3], NULL, 0) * 1024;
	period = strtoull(argv[4], NULL, 0) * 1000;
	ring.room = strtoull(argv[5], NULL, 0) * 1024 * 1024 / ring.size;
	ring.piece = calloc(ring.room, sizeof(*ring.piece));
	response = calloc(operations, sizeof(*response));
	touch = calloc(operations, sizeof(*touch));
	accepted = calloc(operations, sizeof(*accepted));
	own = calloc(operations, sizeof(*own));
	if (!ring.piece || !accepted || !own || !response || !touch || !operations)
		return 1;
	due = now();
	while (count < operations && !(argc > 6 && !access(argv[6], F_OK))) {
		uint64_t begin, end;
		uint32_t before;
		long switched;

		due += period;
		wait_until(due);
		switched = switches();
		before = unaccepted_kib();
		begin = now();
		take(&ring);
		end = now();
		accepted[count] = before - unaccepted_kib();
		own[count] = switches() == switched ? accepted[count] : 0;
		response[count] = (uint32_t)((end - due) / 1000);
		touch[count++] = (uint32_t)((end - begin) / 1000);
		if (ring.count == ring.room)
			give(&ring);
	}
	if (!count)
		return 1;
	print(argv[1], "response", response, count);
	print(argv[1], "touch", touch, count);
	print(argv[1], "accepted", accepted, count);
	print(argv[1], "own", own, count);
	return 0;
}
