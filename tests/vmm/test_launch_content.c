/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/vmm/kernel.h"

#define PAGE UINT64_C(0x1000)

static struct kernel kernel;
static struct cvm_vmm_machine machine;

static int add(enum cvm_vmm_type type, struct cvm_vmm_content *content, uint64_t *firmware)
{
	machine.type = type;
	machine.vm_fd = KERNEL_VM;
	return cvm_vmm_launch_add(&kernel.sys, &machine, KERNEL_VCPU, 7, content, firmware);
}

static int start(void **state)
{
	kernel_init(&kernel);
	kernel_slot(&kernel, 0, 64 * PAGE, true);
	machine.launched = false;
	return 0;
}

/* A signal after three pages: the library goes on, in order. */
static void test_tdx(void **state)
{
	struct cvm_vmm_content content = { 4 * PAGE, 8 * PAGE, 0x10000, CVM_VMM_CONTENT };

	assert_int_equal(add(CVM_VMM_TDX, &content, NULL), 0);
	assert_int_equal(content.size, 0);
	assert_int_equal(content.gpa, 12 * PAGE);
	assert_int_equal(content.source, 0x18000);
	assert_int_equal(kernel.logged, 8);
	for (unsigned i = 0; i < 8; i++) {
		assert_string_equal(kernel.log[i].call, "init_mem_region");
		assert_int_equal(kernel.log[i].gpa, (4 + i) * PAGE);
		assert_int_equal(kernel.log[i].size, 0x10000 + i * PAGE);
		assert_int_equal(kernel.log[i].flags, 1); /* measured */
	}
	content = (struct cvm_vmm_content){ 0, PAGE, 0x10000, CVM_VMM_CONTENT_UNMEASURED };
	assert_int_equal(add(CVM_VMM_TDX, &content, NULL), 0);
	assert_int_equal(kernel.log[8].flags, 0);
}

/* What is missing is there later, and only the rest is added. */
static void test_resumes(void **state)
{
	struct cvm_vmm_content content = { 60 * PAGE, 8 * PAGE, 0x10000, CVM_VMM_CONTENT };

	assert_int_equal(add(CVM_VMM_TDX, &content, NULL), CVM_VMM_EHOLE);
	assert_int_equal(content.gpa, 64 * PAGE);
	assert_int_equal(content.size, 4 * PAGE);
	kernel_slot(&kernel, 64 * PAGE, 68 * PAGE, true);
	assert_int_equal(add(CVM_VMM_TDX, &content, NULL), 0);
	assert_int_equal(kernel_pages(&kernel, 60 * PAGE, 68 * PAGE, PAGE_CONTENT), 8);
	assert_int_equal(kernel.logged, 9);
}

static long fault(void *ctx, const char *call, uint64_t gpa)
{
	return gpa == *(uint64_t *)ctx ? -EIO : 0;
}

static void test_snp(void **state)
{
	static const struct {
		enum cvm_vmm_content_kind kind;
		unsigned type;
	} kinds[] = {
		{ CVM_VMM_CONTENT, 1 },	      { CVM_VMM_CONTENT_UNMEASURED, 4 },
		{ CVM_VMM_CONTENT_ZERO, 3 },  { CVM_VMM_CONTENT_SECRETS, 5 },
		{ CVM_VMM_CONTENT_CPUID, 6 },
	};
	struct cvm_vmm_content content;
	uint64_t firmware = 1, bad = 8 * PAGE;

	for (unsigned i = 0; i < 5; i++) {
		content = (struct cvm_vmm_content){ i * PAGE, PAGE, 0x10000, kinds[i].kind };
		if (kinds[i].kind == CVM_VMM_CONTENT_ZERO)
			content.source = 0;
		assert_int_equal(add(CVM_VMM_SNP, &content, &firmware), 0);
		assert_int_equal(kernel.log[i].flags, kinds[i].type);
		assert_int_equal(firmware, 0);
	}
	kernel.fault = fault;
	kernel.fault_ctx = &bad;
	content = (struct cvm_vmm_content){ 6 * PAGE, 4 * PAGE, 0x10000, CVM_VMM_CONTENT };
	assert_int_equal(add(CVM_VMM_SNP, &content, &firmware), CVM_VMM_EIO);
	assert_int_equal(firmware, 0x1a);
	assert_int_equal(content.gpa, 8 * PAGE);
	assert_int_equal(content.source, 0x12000);
	kernel.fault = NULL;
	assert_int_equal(add(CVM_VMM_SNP, &content, &firmware), 0);
	assert_int_equal(kernel_pages(&kernel, 6 * PAGE, 10 * PAGE, PAGE_CONTENT), 4);
}

struct signals {
	uint64_t gpa;
	unsigned left;
};

static long interrupt(void *ctx, const char *call, uint64_t gpa)
{
	struct signals *signals = ctx;

	if (gpa != signals->gpa || !signals->left)
		return 0;
	signals->left--;
	return -EINTR;
}

/* Before the first page Linux says EIO, and nothing of a signal; not for ever. */
static void test_snp_signals(void **state)
{
	struct signals signals = { 4 * PAGE, 3 };
	struct cvm_vmm_content content = { 4 * PAGE, 4 * PAGE, 0x10000, CVM_VMM_CONTENT };

	kernel.fault = interrupt;
	kernel.fault_ctx = &signals;
	assert_int_equal(add(CVM_VMM_SNP, &content, NULL), 0);
	assert_int_equal(signals.left, 0);
	assert_int_equal(kernel_pages(&kernel, 4 * PAGE, 8 * PAGE, PAGE_CONTENT), 4);

	/* After a page it ends the call, which is gone on with. */
	signals = (struct signals){ 10 * PAGE, 4 };
	content = (struct cvm_vmm_content){ 8 * PAGE, 4 * PAGE, 0x10000, CVM_VMM_CONTENT };
	assert_int_equal(add(CVM_VMM_SNP, &content, NULL), 0);
	assert_int_equal(signals.left, 0);
	assert_int_equal(kernel_pages(&kernel, 8 * PAGE, 12 * PAGE, PAGE_CONTENT), 4);

	signals = (struct signals){ 12 * PAGE, 1000 };
	content = (struct cvm_vmm_content){ 12 * PAGE, PAGE, 0x10000, CVM_VMM_CONTENT };
	assert_int_equal(add(CVM_VMM_SNP, &content, NULL), CVM_VMM_EIO);
	assert_int_equal(content.size, PAGE);
}

/* Linux warns in its log of a page without a source. */
static void test_no_source(void **state)
{
	static const enum cvm_vmm_content_kind kinds[] = { CVM_VMM_CONTENT,
							   CVM_VMM_CONTENT_UNMEASURED,
							   CVM_VMM_CONTENT_SECRETS,
							   CVM_VMM_CONTENT_CPUID };

	for (unsigned i = 0; i < 4; i++) {
		struct cvm_vmm_content content = { 0, PAGE, 0, kinds[i] };

		assert_int_equal(add(CVM_VMM_SNP, &content, NULL), CVM_VMM_EFAULT);
		if (i < 2)
			assert_int_equal(add(CVM_VMM_TDX, &content, NULL), CVM_VMM_EFAULT);
	}
	assert_int_equal(kernel.calls, 0);
}

static void test_refused(void **state)
{
	struct cvm_vmm_content content = { 0, PAGE, 0x10000, CVM_VMM_CONTENT };

	assert_int_equal(add(CVM_VMM_ORDINARY, &content, NULL), CVM_VMM_ENOTSUP);
	assert_int_equal(add(CVM_VMM_SW_PROTECTED, &content, NULL), CVM_VMM_ENOTSUP);
	content.kind = CVM_VMM_CONTENT_CPUID;
	assert_int_equal(add(CVM_VMM_TDX, &content, NULL), CVM_VMM_ENOTSUP);
	content.kind = CVM_VMM_CONTENT;
	content.source = 0x10800;
	assert_int_equal(add(CVM_VMM_TDX, &content, NULL), CVM_VMM_EINVAL);
	content.source = 0x10000;
	machine.launched = true;
	assert_int_equal(add(CVM_VMM_TDX, &content, NULL), CVM_VMM_EINVAL);
	assert_int_equal(kernel.calls, 0);
}

static void test_slots(void **state)
{
	struct cvm_vmm_region region = {
		.gpa = 32 * 0x200000, .size = PAGE, .host = KERNEL_HOST, .memfd = -1
	};
	struct cvm_vmm_caps caps = { 0 };
	int fd = -1;

	region.gpa = 100 * PAGE;
	assert_int_equal(cvm_vmm_set_slot(&kernel.sys, KERNEL_VM, &caps, 0, 0, &region), 0);
	assert_string_equal(kernel.log[0].call, "slot");
	region.memfd = KERNEL_MEMFD;
	assert_int_equal(cvm_vmm_set_slot(&kernel.sys, KERNEL_VM, &caps, 0, 0, &region),
			 CVM_VMM_ENOTSUP);
	assert_int_equal(cvm_vmm_create_memfd(&kernel.sys, KERNEL_VM, &caps, PAGE, 0, &fd),
			 CVM_VMM_ENOTSUP);
	kernel_full(&kernel, &caps);
	assert_int_equal(cvm_vmm_create_memfd(&kernel.sys, KERNEL_VM, &caps, PAGE,
					      CVM_VMM_MEMFD_INIT_SHARED, &fd),
			 CVM_VMM_ENOTSUP);
	assert_int_equal(cvm_vmm_create_memfd(&kernel.sys, KERNEL_VM, &caps, 1, 0, &fd),
			 CVM_VMM_EINVAL);
	assert_int_equal(fd, -1);
	assert_int_equal(
		cvm_vmm_create_memfd(&kernel.sys, KERNEL_VM, &caps, PAGE, CVM_VMM_MEMFD_MMAP, &fd),
		0);
	assert_int_equal(fd, KERNEL_MEMFD);
	assert_int_equal(cvm_vmm_set_slot(&kernel.sys, KERNEL_VM, &caps, 0, 2, &region), 0);
	assert_string_equal(kernel.log[2].call, "slot2");
	assert_int_equal(kernel.log[2].flags, 6);
	assert_int_equal(cvm_vmm_set_private(&kernel.sys, KERNEL_VM, 0, 0, true), CVM_VMM_EINVAL);
	assert_int_equal(cvm_vmm_set_private(&kernel.sys, KERNEL_VM, -PAGE, 2 * PAGE, true),
			 CVM_VMM_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_tdx, start),
		cmocka_unit_test_setup(test_resumes, start),
		cmocka_unit_test_setup(test_snp, start),
		cmocka_unit_test_setup(test_snp_signals, start),
		cmocka_unit_test_setup(test_no_source, start),
		cmocka_unit_test_setup(test_refused, start),
		cmocka_unit_test_setup(test_slots, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
