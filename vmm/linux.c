/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "cvmem/vmm.h"

/* The one file that needs a C library; a program with its own table does not link it. */

static long answer(long result)
{
	return result < 0 ? -errno : result;
}

static long call_ioctl(void *ctx, int fd, unsigned long request, void *argument)
{
	(void)ctx;
	return answer(ioctl(fd, request, argument));
}

static long call_madvise(void *ctx, uintptr_t address, size_t size, int advice)
{
	(void)ctx;
	return answer(madvise((void *)address, size, advice));
}

static long call_fallocate(void *ctx, int fd, int mode, uint64_t offset, uint64_t size)
{
	(void)ctx;
	return answer(fallocate(fd, mode, (off_t)offset, (off_t)size));
}

static void relax(void *ctx)
{
	(void)ctx;
	sched_yield();
}

const struct cvm_vmm_sys cvm_vmm_linux = {
	.ioctl = call_ioctl,
	.madvise = call_madvise,
	.fallocate = call_fallocate,
	.relax = relax,
};
