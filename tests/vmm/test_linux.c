/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "cvmem/vmm.h"

/* The table over the real system calls: results are theirs, errors are negative errno values. */

static const struct cvm_vmm_sys *const sys = &cvm_vmm_linux;

static void test_memory(void **state)
{
	unsigned char *page =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(page != MAP_FAILED);
	page[0] = 1;
	assert_int_equal(sys->madvise(sys->ctx, (uintptr_t)page, 4096, MADV_DONTNEED), 0);
	assert_int_equal(page[0], 0);
	assert_int_equal(sys->madvise(sys->ctx, (uintptr_t)page + 1, 4096, MADV_DONTNEED), -EINVAL);
	munmap(page, 4096);
	assert_int_equal(sys->madvise(sys->ctx, (uintptr_t)page, 4096, MADV_DONTNEED), -ENOMEM);
}

static void test_files(void **state)
{
	int fd = memfd_create("test", 0), value;

	assert_true(fd >= 0);
	assert_int_equal(sys->fallocate(sys->ctx, fd, 0, 4096, 4096), 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), 8192);
	assert_int_equal(sys->fallocate(sys->ctx, fd, 0, 0, 0), -EINVAL);
	/* No terminal. */
	assert_int_equal(sys->ioctl(sys->ctx, fd, 0x5401, &value), -ENOTTY);
	close(fd);
	assert_int_equal(sys->ioctl(sys->ctx, fd, 0x5401, &value), -EBADF);
	sys->relax(sys->ctx);
}

/* A file that is no VM has no capability, and cannot be populated. */
static void test_no_vm(void **state)
{
	struct cvm_vmm_caps caps;
	uint64_t at;
	int fd = memfd_create("test", 0);

	assert_true(fd >= 0);
	assert_int_equal(cvm_vmm_probe(sys, fd, &caps), 0);
	assert_false(caps.pre_fault || caps.guest_memfd || caps.attributes || caps.exit_info);
	assert_int_equal(cvm_vmm_pre_fault(sys, fd, 0, 4096, NULL, &at), CVM_VMM_ENOTSUP);
	close(fd);
}

static long set_nothing(void *ctx, int fd, unsigned long request, void *argument)
{
	return 0;
}

/* Of a huge page Linux gives back all or nothing; each part of it can be converted. */
static void test_huge_page(void **state)
{
	const size_t size = 2 << 20;
	struct cvm_vmm_sys fake = *sys;
	const struct cvm_vmm_caps caps = { .attributes = true };
	struct cvm_vmm_region region = { .size = size };
	const struct cvm_vmm_machine machine = { .region = &region, .regions = 1 };
	unsigned char *page =
		mmap(NULL, size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | 21 << MAP_HUGE_SHIFT, -1, 0);
	uint64_t at;

	if (page == MAP_FAILED)
		skip();
	fake.ioctl = set_nothing;
	region.host = (uintptr_t)page;
	page[4096] = 1;
	assert_int_equal(sys->madvise(sys->ctx, (uintptr_t)page + 4096, 4096, MADV_DONTNEED),
			 -EINVAL);
	assert_int_equal(cvm_vmm_convert(&fake, &machine, &caps, -1, 4096, 4096, true, false, &at),
			 0);
	assert_int_equal(at, 8192);
	assert_int_equal(page[4096], 1);
	assert_int_equal(cvm_vmm_convert(&fake, &machine, &caps, -1, 0, size, true, false, &at), 0);
	assert_int_equal(page[4096], 0);
	munmap(page, size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_no_vm),
		cmocka_unit_test(test_huge_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
