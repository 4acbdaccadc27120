/* SPDX-License-Identifier: MIT */
#include "tools/boot/host.h"

#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "hosted/hosted.h"

uint64_t boot_host_now(void *ctx)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void boot_host_relax(void *ctx, enum cvm_wait what, uint64_t gpa)
{
	hosted_relax(NULL);
}

void boot_host_wait(void *ctx, const uint32_t *word, uint32_t value)
{
	const struct timespec limit = { .tv_nsec = 100000000 };

	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, &limit, NULL, 0);
	hosted_relax(NULL);
}

void boot_host_wake(void *ctx, uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}
