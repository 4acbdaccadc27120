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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_no_vm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
