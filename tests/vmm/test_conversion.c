/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/vmm/kernel.h"

#define PAGE UINT64_C(0x1000)
#define M2   UINT64_C(0x200000)

static const struct cvm_vmm_region region[] = {
	{ .gpa = 0,
	  .size = 4 * M2,
	  .backing = CVM_VMM_PRIVATE_MAPPING,
	  .host = KERNEL_HOST,
	  .memfd = KERNEL_MEMFD,
	  .is_private = true },
	{ .gpa = 4 * M2,
	  .size = M2,
	  .backing = CVM_VMM_SHARED_MAPPING,
	  .host = KERNEL_HOST + 4 * M2,
	  .memfd = KERNEL_MEMFD,
	  .memfd_offset = 4 * M2,
	  .is_private = true },
	/* firmware, which has no private memory */
	{ .gpa = 6 * M2, .size = M2, .host = KERNEL_HOST + 6 * M2, .memfd = -1 },
};

struct vm {
	struct kernel kernel;
	struct cvm_vmm_caps caps;
	struct cvm_vmm_machine machine;
};

static void start(struct vm *vm)
{
	kernel_init(&vm->kernel);
	kernel_full(&vm->kernel, &vm->caps);
	kernel_slot(&vm->kernel, 0, 5 * M2, true);
	kernel_slot(&vm->kernel, 6 * M2, 7 * M2, true);
	vm->machine = (struct cvm_vmm_machine){ .type = CVM_VMM_TDX,
						.vm_fd = KERNEL_VM,
						.launched = true,
						.region = region,
						.regions = 3 };
}

static int convert(struct vm *vm, uint64_t gpa, uint64_t size, bool to_private, uint64_t *at)
{
	return cvm_vmm_convert(&vm->kernel.sys, &vm->machine, &vm->caps, KERNEL_VCPU, gpa, size,
			       to_private, false, at);
}

static void test_there_and_back(void **state)
{
	struct vm vm;
	uint64_t at;

	start(&vm);
	assert_int_equal(convert(&vm, PAGE, 5 * M2 - PAGE, true, &at), 0);
	assert_int_equal(at, 5 * M2);
	assert_int_equal(kernel_pages(&vm.kernel, 0, 5 * M2, PAGE_PRIVATE | PAGE_MAPPED),
			 5 * 512 - 1);
	assert_int_equal(kernel_pages(&vm.kernel, 0, 5 * M2, PAGE_HOST), 0);

	/* Shared memory is populated on the host before it is mapped. */
	vm.kernel.logged = 0;
	assert_int_equal(convert(&vm, M2, M2, false, &at), 0);
	assert_int_equal(kernel_pages(&vm.kernel, M2, 2 * M2, PAGE_HOST | PAGE_MAPPED), 512);
	assert_int_equal(kernel_pages(&vm.kernel, M2, 2 * M2, PAGE_PRIVATE), 0);
	assert_string_equal(vm.kernel.log[0].call, "attributes");
	assert_string_equal(vm.kernel.log[1].call, "punch");
	assert_int_equal(vm.kernel.log[1].flags, 3);
	assert_string_equal(vm.kernel.log[2].call, "populate");
	assert_string_equal(vm.kernel.log[3].call, "pre_fault");
	assert_int_equal(vm.kernel.logged, 4);

	/* Its memory is given back as its kind asks for. */
	vm.kernel.logged = 0;
	assert_int_equal(convert(&vm, M2, M2, true, &at), 0);
	assert_string_equal(vm.kernel.log[1].call, "dontneed");
	assert_int_equal(convert(&vm, 4 * M2, M2, true, &at), 0);
	assert_string_equal(vm.kernel.log[4].call, "remove");
	assert_null(vm.kernel.wrong);
}

static void test_keep(void **state)
{
	struct vm vm;
	uint64_t at;

	start(&vm);
	assert_int_equal(cvm_vmm_convert(&vm.kernel.sys, &vm.machine, &vm.caps, KERNEL_VCPU, 0, M2,
					 true, true, &at),
			 0);
	assert_int_equal(vm.kernel.logged, 2);
	assert_string_equal(vm.kernel.log[1].call, "pre_fault");
}

/* The attributes are changed when the missing slot is found: no hole, of which nothing is. */
static void test_missing_slot(void **state)
{
	struct vm vm;
	uint64_t at;

	start(&vm);
	kernel_slot(&vm.kernel, M2, 2 * M2, false);
	assert_int_equal(convert(&vm, 0, 4 * M2, false, &at), CVM_VMM_EFAULT);
	assert_int_equal(at, M2);
	assert_int_equal(kernel_pages(&vm.kernel, 0, M2, PAGE_HOST | PAGE_MAPPED), 512);
}

/* A mapped guest_memfd is both kinds of memory: what has become private is not given back. */
static void test_mapped_memfd(void **state)
{
	struct cvm_vmm_region mapped = region[0];
	struct vm vm;
	uint64_t at;

	start(&vm);
	mapped.backing = CVM_VMM_GUEST_MEMFD;
	vm.machine.region = &mapped;
	vm.machine.regions = 1;
	assert_int_equal(convert(&vm, 0, M2, true, &at), 0);
	for (unsigned i = 0; i < vm.kernel.logged; i++)
		assert_string_not_equal(vm.kernel.log[i].call, "punch");
	assert_int_equal(kernel_pages(&vm.kernel, 0, M2, PAGE_PRIVATE | PAGE_MAPPED), 512);
}

static void test_refused(void **state)
{
	struct vm vm;
	uint64_t at;

	start(&vm);
	/* The third region has no private memory, and in front of it is nothing. */
	assert_int_equal(convert(&vm, 4 * M2, 2 * M2, true, &at), CVM_VMM_EHOLE);
	assert_int_equal(at, 5 * M2);
	assert_int_equal(convert(&vm, 6 * M2, PAGE, true, &at), CVM_VMM_EHOLE);
	assert_int_equal(at, 6 * M2);
	assert_int_equal(convert(&vm, 0, 0, true, &at), CVM_VMM_EINVAL);
	assert_int_equal(convert(&vm, 1, PAGE, true, &at), CVM_VMM_EINVAL);
	assert_int_equal(vm.kernel.calls, 0);
	vm.caps.attributes = false;
	assert_int_equal(convert(&vm, 0, M2, true, &at), CVM_VMM_ENOTSUP);
}

static long no_memory_at_3(void *ctx, const char *call, uint64_t gpa)
{
	return !strcmp(call, "pre_fault") && gpa >= 3 * M2 ? -ENOMEM : 0;
}

static long not_supported(void *ctx, const char *call, uint64_t gpa)
{
	return strcmp(call, "pre_fault") ? 0 : -EOPNOTSUPP;
}

static void test_goes_on(void **state)
{
	struct vm vm;
	uint64_t at;

	start(&vm);
	vm.kernel.fault = no_memory_at_3;
	assert_int_equal(convert(&vm, M2, 3 * M2, true, &at), CVM_VMM_ENOMEM);
	assert_int_equal(at, 3 * M2);
	vm.kernel.fault = NULL;
	assert_int_equal(convert(&vm, at, 4 * M2 - at, true, &at), 0);
	assert_int_equal(kernel_pages(&vm.kernel, M2, 4 * M2, PAGE_PRIVATE | PAGE_MAPPED), 3 * 512);

	/* A kernel that cannot map still converts. */
	start(&vm);
	vm.kernel.fault = not_supported;
	assert_int_equal(convert(&vm, 0, M2, true, &at), 0);
	assert_int_equal(kernel_pages(&vm.kernel, 0, M2, PAGE_PRIVATE), 512);
	assert_int_equal(at, M2);
}

/* As Linux's madvise() answers for hugetlbfs. */
static long of_huge_pages(void *ctx, const char *call, uint64_t gpa)
{
	return !strcmp(call, "dontneed") && gpa % M2 ? -EINVAL : 0;
}

/* A part of a huge page cannot be given back, and is converted. */
static void test_part_of_a_huge_page(void **state)
{
	struct vm vm;
	uint64_t at;

	start(&vm);
	vm.kernel.fault = of_huge_pages;
	assert_int_equal(convert(&vm, M2 + PAGE, 2 * M2, true, &at), 0);
	assert_int_equal(at, 3 * M2 + PAGE);
	assert_int_equal(kernel_pages(&vm.kernel, 0, 4 * M2, PAGE_PRIVATE | PAGE_MAPPED), 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_keep),
		cmocka_unit_test(test_missing_slot),
		cmocka_unit_test(test_mapped_memfd),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_goes_on),
		cmocka_unit_test(test_part_of_a_huge_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
