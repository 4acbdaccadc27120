/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/vmm/kernel.h"

/*
 * What each kind of memory needs. The rules are those that were measured on KVM: a read fault on an
 * untouched private mapping maps the zero page; on shared memory and on guest_memfd it allocates.
 */

struct given {
	enum cvm_vmm_type type;
	bool launched;
	enum cvm_vmm_backing backing;
	bool is_private, mapped, backed, set;
	bool pre_fault, populate, attributes;
	enum cvm_vmm_reason attribute, host, stage2;
};

enum { NO, YES };

#define DO	 CVM_VMM_DO
#define DONE	 CVM_VMM_DONE
#define KIND	 CVM_VMM_NOT_THIS_KIND
#define STAGE2	 CVM_VMM_BY_STAGE2
#define NONE	 CVM_VMM_NO_CAPABILITY
#define UNMAPPED CVM_VMM_NO_MAPPING
#define LATER	 CVM_VMM_NOT_LAUNCHED
#define DOUBLE	 CVM_VMM_WOULD_DOUBLE

static const struct given rows[] = {
	/* ordinary VM:                                    private mapped backed set  pre pop attr
	 */
	{ CVM_VMM_ORDINARY, NO, CVM_VMM_PRIVATE_MAPPING, NO, YES, NO, NO, YES, YES, NO, KIND, DO,
	  DO },
	{ CVM_VMM_ORDINARY, NO, CVM_VMM_PRIVATE_MAPPING, NO, YES, YES, NO, YES, YES, NO, KIND, DONE,
	  DO },
	{ CVM_VMM_ORDINARY, NO, CVM_VMM_PRIVATE_MAPPING, NO, YES, NO, NO, YES, NO, NO, KIND, NONE,
	  DOUBLE },
	{ CVM_VMM_ORDINARY, NO, CVM_VMM_PRIVATE_MAPPING, NO, NO, NO, NO, YES, YES, NO, KIND,
	  UNMAPPED, DOUBLE },
	{ CVM_VMM_ORDINARY, NO, CVM_VMM_PRIVATE_MAPPING, NO, YES, NO, NO, NO, YES, NO, KIND, DO,
	  NONE },
	{ CVM_VMM_ORDINARY, NO, CVM_VMM_SHARED_MAPPING, NO, YES, NO, NO, YES, YES, NO, KIND, STAGE2,
	  DO },
	{ CVM_VMM_ORDINARY, NO, CVM_VMM_SHARED_MAPPING, NO, YES, NO, NO, NO, YES, NO, KIND, DO,
	  NONE },
	{ CVM_VMM_ORDINARY, NO, CVM_VMM_GUEST_MEMFD, NO, NO, NO, NO, YES, NO, NO, KIND, STAGE2,
	  DO },
	{ CVM_VMM_ORDINARY, NO, CVM_VMM_GUEST_MEMFD, NO, NO, NO, NO, NO, NO, NO, KIND, DO, NONE },
	/* private memory */
	{ CVM_VMM_SW_PROTECTED, NO, CVM_VMM_SHARED_MAPPING, YES, YES, NO, NO, YES, YES, YES, DO,
	  STAGE2, DO },
	{ CVM_VMM_SW_PROTECTED, NO, CVM_VMM_SHARED_MAPPING, YES, YES, NO, YES, YES, YES, YES, DONE,
	  STAGE2, DO },
	{ CVM_VMM_SW_PROTECTED, NO, CVM_VMM_SHARED_MAPPING, YES, YES, NO, NO, YES, YES, NO, NONE,
	  DO, NONE },
	{ CVM_VMM_SW_PROTECTED, NO, CVM_VMM_PRIVATE_MAPPING, NO, YES, NO, NO, YES, YES, YES, KIND,
	  DO, DO },
	{ CVM_VMM_TDX, NO, CVM_VMM_SHARED_MAPPING, YES, YES, NO, NO, YES, YES, YES, DO, DO, LATER },
	{ CVM_VMM_TDX, YES, CVM_VMM_SHARED_MAPPING, YES, YES, NO, NO, YES, YES, YES, DO, STAGE2,
	  DO },
	{ CVM_VMM_SNP, NO, CVM_VMM_PRIVATE_MAPPING, YES, YES, YES, YES, YES, YES, YES, DONE, DONE,
	  LATER },
	{ CVM_VMM_SNP, YES, CVM_VMM_PRIVATE_MAPPING, YES, YES, YES, YES, YES, YES, YES, DONE, DONE,
	  DO },
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct given *row = &rows[i];
		struct cvm_vmm_region region = { .gpa = 0x200000,
						 .size = 0x100000,
						 .backing = row->backing,
						 .host = row->mapped ? 0x7000000 : 0,
						 .memfd = KERNEL_MEMFD,
						 .is_private = row->is_private,
						 .is_backed = row->backed,
						 .is_set = row->set };
		struct cvm_vmm_machine machine = { .type = row->type,
						   .launched = row->launched,
						   .region = &region,
						   .regions = 1 };
		struct cvm_vmm_caps caps = { .pre_fault = row->pre_fault,
					     .populate_write = row->populate,
					     .guest_memfd = true,
					     .attributes = row->attributes };
		struct cvm_vmm_plan plan;

		assert_int_equal(cvm_vmm_plan(&machine, &caps, &plan, NULL), 0);
		if (plan.why[0] != row->attribute || plan.why[1] != row->host ||
		    plan.why[2] != row->stage2)
			fail_msg("row %zu: %d %d %d", i, plan.why[0], plan.why[1], plan.why[2]);
	}
}

static void test_rules(void **state)
{
	struct cvm_vmm_region region[3] = {
		{ .gpa = 0, .size = 0x1000, .host = 0x1000, .memfd = -1 },
		{ .gpa = 0x1000, .size = 0x1000, .host = 0x1000, .memfd = -1 },
		{ .gpa = 0x2000, .size = 0x1000, .host = 0x1000, .memfd = -1 },
	};
	struct cvm_vmm_machine machine = { .region = region, .regions = 3 };
	struct cvm_vmm_caps caps = { .pre_fault = true, .populate_write = true };
	struct cvm_vmm_plan plan[3];
	size_t wrong = 7;

	assert_int_equal(cvm_vmm_plan(&machine, &caps, plan, &wrong), 0);
	assert_int_equal(wrong, 7);
	region[2].gpa = 0x1000; /* overlaps */
	assert_int_equal(cvm_vmm_plan(&machine, &caps, plan, &wrong), CVM_VMM_EINVAL);
	assert_int_equal(wrong, 2);
	region[2].gpa = 0x2800;
	assert_int_equal(cvm_vmm_plan(&machine, &caps, plan, NULL), CVM_VMM_EINVAL);
	region[2].gpa = 0x2000;
	region[1].size = 0;
	assert_int_equal(cvm_vmm_plan(&machine, &caps, plan, &wrong), CVM_VMM_EINVAL);
	assert_int_equal(wrong, 1);
	region[1].size = 0x1000;
	region[0].is_private = true; /* of an ordinary VM */
	assert_int_equal(cvm_vmm_plan(&machine, &caps, plan, &wrong), CVM_VMM_EINVAL);
	assert_int_equal(wrong, 0);
	machine.type = CVM_VMM_TDX; /* without a guest_memfd */
	assert_int_equal(cvm_vmm_plan(&machine, &caps, plan, &wrong), CVM_VMM_EINVAL);
	region[0].memfd = 3;
	assert_int_equal(cvm_vmm_plan(&machine, &caps, plan, &wrong), 0);
	region[2].gpa = -UINT64_C(0x1000); /* its end is no address */
	region[2].size = 0x2000;
	assert_int_equal(cvm_vmm_plan(&machine, &caps, plan, &wrong), CVM_VMM_EINVAL);
}

static void test_texts(void **state)
{
	for (int i = 0; i < CVM_VMM_REASONS; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(cvm_vmm_reason_text((enum cvm_vmm_reason)i),
						cvm_vmm_reason_text((enum cvm_vmm_reason)j));
	for (int i = CVM_VMM_EIO; i <= CVM_VMM_OK; i++)
		for (int j = CVM_VMM_EIO; j < i; j++)
			assert_string_not_equal(cvm_vmm_strerror(i), cvm_vmm_strerror(j));
	assert_string_equal(cvm_vmm_strerror(1), "unknown error");
	assert_string_equal(cvm_vmm_reason_text(CVM_VMM_REASONS), "?");
	assert_string_equal(cvm_vmm_step_name(CVM_VMM_STEP_STAGE2), "stage 2");
}

static void test_probe(void **state)
{
	struct kernel kernel;
	struct cvm_vmm_caps caps;

	kernel_init(&kernel);
	kernel_full(&kernel, &caps);
	assert_true(caps.pre_fault && caps.guest_memfd && caps.attributes && caps.exit_info);
	assert_true(caps.populate_write);
	assert_int_equal(caps.memfd_flags, 1);
	kernel.populate_write = false;
	kernel.caps[233] = 0; /* of a VM without private memory */
	kernel.caps[236] = 0;
	assert_int_equal(cvm_vmm_probe(&kernel.sys, KERNEL_VM, &caps), 0);
	assert_false(caps.pre_fault || caps.attributes || caps.populate_write);
	assert_int_equal(kernel.calls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
