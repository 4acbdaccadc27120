/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/vmm/kernel.h"
#include "vmm/abi.h"

#define PAGE UINT64_C(0x1000)
#define M2   UINT64_C(0x200000)

static int run(struct kernel *kernel, uint64_t gpa, uint64_t size, uint64_t *at)
{
	return cvm_vmm_pre_fault(&kernel->sys, KERNEL_VCPU, gpa, size, NULL, at);
}

static void test_parts(void **state)
{
	struct kernel kernel;
	uint64_t at;

	kernel_init(&kernel);
	kernel_slot(&kernel, 0, 4 * M2, true);
	kernel.batch = 7;
	assert_int_equal(run(&kernel, M2, M2, &at), 0);
	assert_int_equal(at, 2 * M2);
	assert_int_equal(kernel_pages(&kernel, 0, 4 * M2, PAGE_MAPPED), 512);
	assert_int_equal(kernel_pages(&kernel, M2, 2 * M2, PAGE_MAPPED), 512);
	assert_int_equal(kernel.calls, 74); /* 73 times 7, and 1 */
	assert_int_equal(kernel.relaxed, 0);

	assert_int_equal(run(&kernel, 0, 0, &at), 0);
	assert_int_equal(run(&kernel, 1, PAGE, &at), CVM_VMM_EINVAL);
	assert_int_equal(run(&kernel, -PAGE, 2 * PAGE, &at), CVM_VMM_EINVAL);
	assert_int_equal(kernel.calls, 74);
}

/* The kernel returns 0 in front of a hole, and the error only at it. */
static void test_hole(void **state)
{
	struct kernel kernel;
	uint64_t at;

	kernel_init(&kernel);
	kernel_slot(&kernel, 0, M2 + 5 * PAGE, true);
	assert_int_equal(run(&kernel, M2, M2, &at), CVM_VMM_EHOLE);
	assert_int_equal(at, M2 + 5 * PAGE);
	assert_int_equal(run(&kernel, 3 * M2, M2, &at), CVM_VMM_EHOLE);
	assert_int_equal(at, 3 * M2);
	/* The slot is there now. */
	kernel_slot(&kernel, 0, 4 * M2, true);
	assert_int_equal(run(&kernel, 3 * M2, M2, &at), 0);
}

struct script {
	const int *answer; /* errno values, ended by -1 */
	unsigned at;
};

static long scripted(void *ctx, const char *call, uint64_t gpa)
{
	struct script *script = ctx;

	return script->answer[script->at] < 0 ? 0 : -script->answer[script->at++];
}

static void test_transient(void **state)
{
	static const int answer[] = { EINTR, EAGAIN, EBUSY, EINTR, -1 };
	struct script script = { answer, 0 };
	struct kernel kernel;
	uint64_t at;

	kernel_init(&kernel);
	kernel_slot(&kernel, 0, M2, true);
	kernel.fault = scripted;
	kernel.fault_ctx = &script;
	assert_int_equal(run(&kernel, 0, M2, &at), 0);
	assert_int_equal(kernel.relaxed, 4);
	assert_int_equal(kernel.calls, 5);
}

static long always(void *ctx, const char *call, uint64_t gpa)
{
	return -*(int *)ctx;
}

static void test_errors(void **state)
{
	static const struct {
		int number, error;
	} rows[] = {
		{ ENOENT, CVM_VMM_EHOLE },	 { EFAULT, CVM_VMM_EFAULT },
		{ ENOMEM, CVM_VMM_ENOMEM },	 { EAGAIN, CVM_VMM_EAGAIN },
		{ EOPNOTSUPP, CVM_VMM_ENOTSUP }, { ENOTTY, CVM_VMM_ENOTSUP },
		{ EINVAL, CVM_VMM_EINVAL },	 { EIO, CVM_VMM_EIO },
		{ EHWPOISON, CVM_VMM_EIO },	 { EINTR, CVM_VMM_EAGAIN },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kernel kernel;
		int number = rows[i].number;
		uint64_t at;

		kernel_init(&kernel);
		kernel_slot(&kernel, 0, M2, true);
		kernel.fault = always;
		kernel.fault_ctx = &number;
		assert_int_equal(run(&kernel, PAGE, M2, &at), rows[i].error);
		assert_int_equal(at, PAGE);
		assert_int_equal(kernel.calls, rows[i].error == CVM_VMM_EAGAIN ? CVM_VMM_TRIES : 1);
	}
}

/* 0 without progress, for ever; and a kernel that goes where it should not. */
static long stuck(void *ctx, int fd, unsigned long request, void *argument)
{
	struct abi_pre_fault *range = argument;

	range->gpa += *(uint64_t *)ctx;
	return 0;
}

static void test_no_progress(void **state)
{
	uint64_t step = 0, at;
	struct cvm_vmm_sys sys = { .ioctl = stuck, .ctx = &step };

	assert_int_equal(cvm_vmm_pre_fault(&sys, 0, M2, M2, NULL, &at), CVM_VMM_EAGAIN);
	assert_int_equal(at, M2);
	step = -PAGE;
	assert_int_equal(cvm_vmm_pre_fault(&sys, 0, M2, M2, NULL, &at), CVM_VMM_EIO);
	step = 2 * M2;
	assert_int_equal(cvm_vmm_pre_fault(&sys, 0, M2, M2, NULL, &at), CVM_VMM_EIO);
	assert_int_equal(at, M2);
}

static long cancels(void *ctx, const char *call, uint64_t gpa)
{
	*(uint32_t *)ctx = 1;
	return -EINTR;
}

static void test_cancelled(void **state)
{
	uint32_t cancelled = 0;
	struct kernel kernel;
	uint64_t at;

	kernel_init(&kernel);
	kernel_slot(&kernel, 0, M2, true);
	kernel.fault = cancels;
	kernel.fault_ctx = &cancelled;
	assert_int_equal(cvm_vmm_pre_fault(&kernel.sys, KERNEL_VCPU, 0, M2, &cancelled, &at),
			 CVM_VMM_ECANCELED);
	assert_int_equal(kernel.calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),	    cmocka_unit_test(test_hole),
		cmocka_unit_test(test_transient),   cmocka_unit_test(test_errors),
		cmocka_unit_test(test_no_progress), cmocka_unit_test(test_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
