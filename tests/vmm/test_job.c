/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/vmm/kernel.h"

#define PAGE UINT64_C(0x1000)
#define M2   UINT64_C(0x200000)

/* Two nodes; the second has more. The last region is private and has no mapping. */
static const struct cvm_vmm_region regions[] = {
	{ .gpa = 0, .size = 3 * M2 - PAGE, .host = KERNEL_HOST, .memfd = -1, .node = 0 },
	{ .gpa = 4 * M2, .size = 9 * M2, .host = KERNEL_HOST + 4 * M2, .memfd = -1, .node = 1 },
	{ .gpa = 16 * M2 + 5 * PAGE,
	  .size = 2 * M2,
	  .backing = CVM_VMM_GUEST_MEMFD,
	  .memfd = KERNEL_MEMFD,
	  .memfd_offset = 16 * M2 + 5 * PAGE,
	  .is_private = true,
	  .node = 1 },
};

#define TOTAL (14 * M2 - PAGE)

struct vm {
	struct kernel kernel;
	struct cvm_vmm_caps caps;
	struct cvm_vmm_machine machine;
	struct cvm_vmm_plan plan[3];
	uint64_t storage[64];
	struct cvm_vmm_job_config config;
	struct cvm_vmm_job job;
	uint64_t reported, reports;
	bool meanwhile;
};

static void progress(void *ctx, uint64_t done, uint64_t total)
{
	struct vm *vm = ctx;

	__atomic_fetch_add(&vm->reports, 1, __ATOMIC_RELAXED);
	if (done == total)
		__atomic_store_n(&vm->reported, done, __ATOMIC_RELAXED);
}

static void start(struct vm *vm, uint64_t first)
{
	memset(vm, 0, sizeof(*vm));
	kernel_init(&vm->kernel);
	kernel_full(&vm->kernel, &vm->caps);
	for (unsigned i = 0; i < 3; i++)
		kernel_slot(&vm->kernel, regions[i].gpa, regions[i].gpa + regions[i].size, true);
	vm->machine = (struct cvm_vmm_machine){
		.type = CVM_VMM_SW_PROTECTED, .vm_fd = KERNEL_VM, .region = regions, .regions = 3
	};
	assert_int_equal(cvm_vmm_plan(&vm->machine, &vm->caps, vm->plan, NULL), 0);
	vm->config = (struct cvm_vmm_job_config){ .sys = &vm->kernel.sys,
						  .machine = &vm->machine,
						  .plan = vm->plan,
						  .piece = M2,
						  .first = first,
						  .storage = vm->storage,
						  .storage_size = sizeof(vm->storage),
						  .progress = progress,
						  .ctx = vm };
	assert_true(cvm_vmm_job_storage(&vm->machine, M2) <= sizeof(vm->storage));
	assert_int_equal(cvm_vmm_job_init(&vm->job, &vm->config), 0);
}

static int run(struct vm *vm, int vcpu, int node, uint64_t budget)
{
	struct cvm_vmm_worker worker = { vcpu < 0 ? -1 : KERNEL_VCPU + vcpu, node, budget };

	return cvm_vmm_job_run(&vm->job, &worker);
}

/* All that the plan says has been done to every page. */
static void expect_finished(struct vm *vm)
{
	struct cvm_vmm_progress p;

	cvm_vmm_job_progress(&vm->job, &p);
	assert_int_equal(p.total, TOTAL);
	assert_int_equal(p.done, TOTAL);
	assert_int_equal(p.prepared, TOTAL);
	assert_int_equal(vm->reported, TOTAL);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(
			kernel_pages(&vm->kernel, regions[i].gpa, regions[i].gpa + regions[i].size,
				     PAGE_MAPPED |
					     (regions[i].is_private ? PAGE_PRIVATE : PAGE_HOST)),
			regions[i].size / PAGE);
	assert_int_equal(kernel_pages(&vm->kernel, 0, 32 * M2, PAGE_MAPPED), TOTAL / PAGE);
	assert_null(vm->kernel.wrong);
}

static void test_one_worker(void **state)
{
	struct vm vm;

	start(&vm, 0);
	assert_int_equal(run(&vm, 0, CVM_VMM_ANY_NODE, 0), 0);
	expect_finished(&vm);
	/* 3, 9 and 3: the last begins and ends within pieces. */
	assert_int_equal(vm.reports, 15);
	/* The host before the guest, for each piece. */
	assert_string_equal(vm.kernel.log[0].call, "populate");
	assert_string_equal(vm.kernel.log[1].call, "pre_fault");
	assert_int_equal(vm.kernel.log[0].gpa, vm.kernel.log[1].gpa);
	assert_int_equal(run(&vm, 0, 0, 0), 0);
	assert_int_equal(vm.reports, 15);
}

static void test_order(void **state)
{
	struct vm vm;

	/* The node that has most. */
	start(&vm, 0);
	assert_int_equal(run(&vm, 0, CVM_VMM_ANY_NODE, M2), 1);
	assert_int_equal(vm.kernel.log[0].gpa, 4 * M2);
	/* The worker's own. */
	start(&vm, 0);
	assert_int_equal(run(&vm, 0, 0, M2), 1);
	assert_int_equal(vm.kernel.log[0].gpa, 0);
	assert_int_equal(run(&vm, 0, 0, 2 * M2), 1);
	assert_int_equal(kernel_pages(&vm.kernel, 4 * M2, 32 * M2, PAGE_MAPPED), 512);
	/* What the guest needs first, from the lowest address on. */
	start(&vm, 4 * M2 - PAGE);
	assert_int_equal(run(&vm, 0, 1, 4 * M2 - PAGE), 1);
	assert_int_equal(kernel_pages(&vm.kernel, 0, 3 * M2 - PAGE, PAGE_MAPPED), 3 * 512 - 1);
	assert_int_equal(kernel_pages(&vm.kernel, 4 * M2, 5 * M2, PAGE_MAPPED), 512);
	assert_int_equal(run(&vm, 0, 1, 0), 0);
	expect_finished(&vm);
}

/* A thread without a vCPU does what needs none; one with a vCPU the rest. */
static void test_without_a_vcpu(void **state)
{
	struct cvm_vmm_progress p;
	struct vm vm;

	start(&vm, 0);
	assert_int_equal(run(&vm, -1, CVM_VMM_ANY_NODE, 0), 0);
	cvm_vmm_job_progress(&vm.job, &p);
	assert_int_equal(p.prepared, TOTAL);
	assert_int_equal(p.done, 0);
	assert_int_equal(p.calls[CVM_VMM_STEP_STAGE2], 0);
	assert_int_equal(kernel_pages(&vm.kernel, 0, 32 * M2, PAGE_MAPPED), 0);
	assert_int_equal(run(&vm, 1, CVM_VMM_ANY_NODE, 0), 0);
	expect_finished(&vm);
}

static long hole_in_2(void *ctx, const char *call, uint64_t gpa)
{
	return !strcmp(call, "pre_fault") && gpa == 17 * M2 ? -ENOENT : 0;
}

static void test_error_and_resume(void **state)
{
	struct cvm_vmm_progress p;
	struct vm vm;

	start(&vm, 0);
	vm.kernel.fault = hole_in_2;
	assert_int_equal(run(&vm, 0, CVM_VMM_ANY_NODE, 0), CVM_VMM_EHOLE);
	cvm_vmm_job_progress(&vm.job, &p);
	assert_int_equal(p.error, CVM_VMM_EHOLE);
	assert_int_equal(p.error_at, 17 * M2);
	/* The others end as well. */
	assert_int_equal(run(&vm, 1, 0, 0), CVM_VMM_ECANCELED);
	cvm_vmm_job_resume(&vm.job);
	assert_int_equal(run(&vm, 1, 0, 0), CVM_VMM_EHOLE);
	vm.kernel.fault = NULL;
	cvm_vmm_job_resume(&vm.job);
	assert_int_equal(run(&vm, 1, 0, 0), 0);
	expect_finished(&vm);
	cvm_vmm_job_progress(&vm.job, &p);
	assert_int_equal(p.error, 0);
	/* Its attributes were set once. */
	assert_int_equal(p.calls[CVM_VMM_STEP_ATTRIBUTES], 3);
}

static void test_cancel(void **state)
{
	struct vm vm;

	start(&vm, 0);
	assert_int_equal(run(&vm, 0, CVM_VMM_ANY_NODE, M2), 1);
	cvm_vmm_job_cancel(&vm.job);
	assert_int_equal(run(&vm, 0, CVM_VMM_ANY_NODE, 0), CVM_VMM_ECANCELED);
	assert_int_equal(vm.reports, 1);
	cvm_vmm_job_resume(&vm.job);
	assert_int_equal(run(&vm, 0, CVM_VMM_ANY_NODE, 0), 0);
	expect_finished(&vm);
}

static void test_rules(void **state)
{
	struct vm vm;

	start(&vm, 0);
	vm.config.storage_size = cvm_vmm_job_storage(&vm.machine, M2) - 1;
	assert_int_equal(cvm_vmm_job_init(&vm.job, &vm.config), CVM_VMM_EINVAL);
	vm.config.storage_size++;
	assert_int_equal(cvm_vmm_job_init(&vm.job, &vm.config), 0);
	vm.config.piece = M2 + PAGE;
	assert_int_equal(cvm_vmm_job_init(&vm.job, &vm.config), CVM_VMM_EINVAL);
	/* Nothing to do. */
	start(&vm, 0);
	for (unsigned i = 0; i < 3; i++)
		for (unsigned j = 0; j < CVM_VMM_STEPS; j++)
			vm.plan[i].why[j] = CVM_VMM_DONE;
	assert_int_equal(cvm_vmm_job_init(&vm.job, &vm.config), 0);
	assert_int_equal(run(&vm, 0, 0, 0), 0);
	assert_int_equal(vm.kernel.calls, 0);
}

/* By default at most 256 pieces of a region, up to the largest size. */
static void test_default_piece(void **state)
{
	static const struct {
		uint64_t size, piece;
	} rows[] = {
		{ 4096, M2 },	       { 4 * M2, M2 },	       { 256 * M2, M2 },
		{ 600 * M2, 4 * M2 },  { 1025 * M2, 8 * M2 },  { 2048 * M2, 8 * M2 },
		{ 4096 * M2, 8 * M2 }, { 65536 * M2, 8 * M2 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cvm_vmm_region region = { .size = rows[i].size, .memfd = -1 };
		struct cvm_vmm_machine machine = { .region = &region, .regions = 1 };

		assert_int_equal(cvm_vmm_job_storage(&machine, 0),
				 cvm_vmm_job_storage(&machine, rows[i].piece));
	}
}

/* A piece that would end behind the last address ends with its region. */
static void test_last_address(void **state)
{
	static const uint64_t pieces[] = { M2, UINT64_C(1) << 63 };
	const struct cvm_vmm_caps caps = { .populate_write = true };
	const struct cvm_vmm_region region = {
		.gpa = -M2, .size = M2 - PAGE, .host = KERNEL_HOST, .memfd = -1
	};
	struct cvm_vmm_progress p;
	struct vm vm;

	for (unsigned i = 0; i < 2; i++) {
		start(&vm, 0);
		vm.machine = (struct cvm_vmm_machine){ .vm_fd = KERNEL_VM,
						       .region = &region,
						       .regions = 1 };
		assert_int_equal(cvm_vmm_plan(&vm.machine, &caps, vm.plan, NULL), 0);
		vm.config.piece = pieces[i];
		assert_int_equal(cvm_vmm_job_init(&vm.job, &vm.config), 0);
		assert_int_equal(run(&vm, -1, 0, 4 * M2), 0);
		cvm_vmm_job_progress(&vm.job, &p);
		assert_int_equal(p.done, M2 - PAGE);
		assert_int_equal(kernel_pages(&vm.kernel, 0, 2 * M2, PAGE_HOST), 511);
	}
}

static void test_default_shared(void **state)
{
	struct cvm_vmm_progress p;
	struct vm vm;

	start(&vm, 0);
	vm.config.piece = 0;
	assert_int_equal(cvm_vmm_job_init(&vm.job, &vm.config), 0);
	/* A worker that takes one piece leaves the rest to another one. */
	assert_int_equal(run(&vm, 0, CVM_VMM_ANY_NODE, 1), 1);
	cvm_vmm_job_progress(&vm.job, &p);
	assert_int_equal(p.done, M2);
	assert_int_equal(run(&vm, 1, CVM_VMM_ANY_NODE, 0), 0);
	expect_finished(&vm);
}

/* While one thread prepares the last piece, which it maps by itself, another one has ended. */
static long meanwhile(void *ctx, const char *call, uint64_t gpa)
{
	struct vm *vm = ctx;

	if (strcmp(call, "populate") || gpa != 2 * M2 || vm->meanwhile)
		return 0;
	vm->meanwhile = true;
	assert_int_equal(run(vm, 1, CVM_VMM_ANY_NODE, 0), 0);
	assert_int_equal(vm->kernel.relaxed, 0);
	return 0;
}

static void test_nothing_to_wait_for(void **state)
{
	struct vm vm;

	start(&vm, 0);
	vm.kernel.fault = meanwhile;
	vm.kernel.fault_ctx = &vm;
	assert_int_equal(run(&vm, 0, CVM_VMM_ANY_NODE, 0), 0);
	assert_true(vm.meanwhile);
	expect_finished(&vm);
}

/* Four threads, one of them without a vCPU, against a kernel that answers anything at random. */
struct thread {
	struct vm *vm;
	int vcpu;
	unsigned resumed;
	pthread_barrier_t *barrier;
	unsigned seed;
	int result;
};

static __thread unsigned random_state;

static long at_random(void *ctx, const char *call, uint64_t gpa)
{
	static const int errors[] = { EINTR, EAGAIN, EBUSY, ENOMEM, ENOENT, EFAULT };

	random_state = random_state * 1103515245 + 12345;
	if (random_state >> 16 & 7)
		return 0;
	/* Errors that end the work are rarer. */
	return -errors[(random_state >> 20) % ((random_state >> 24) % 8 ? 3 : 6)];
}

static void *work(void *arg)
{
	struct thread *thread = arg;

	random_state = thread->seed;
	pthread_barrier_wait(thread->barrier);
	thread->result = run(thread->vm, thread->vcpu, thread->vcpu & 1, 0);
	return NULL;
}

static bool is_complete(const struct vm *vm)
{
	struct cvm_vmm_progress p;

	cvm_vmm_job_progress(&vm->job, &p);
	return p.done == p.total;
}

static void test_threads(void **state)
{
	for (unsigned seed = 0; seed < 40; seed++) {
		struct thread thread[4];
		pthread_barrier_t barrier;
		pthread_t id[4];
		unsigned rounds = 0;
		struct vm vm;

		start(&vm, seed % 3 * M2);
		vm.kernel.batch = 1 + seed % 600;
		vm.kernel.fault = seed % 4 ? at_random : NULL;
		pthread_barrier_init(&barrier, NULL, 4);
		/* It ends, and can be resumed, whatever went wrong. */
		do {
			cvm_vmm_job_resume(&vm.job);
			for (unsigned i = 0; i < 4; i++) {
				thread[i] = (struct thread){ .vm = &vm,
							     .vcpu = (int)i - 1,
							     .barrier = &barrier,
							     .seed = seed * 1000 + rounds * 4 + i };
				assert_int_equal(pthread_create(&id[i], NULL, work, &thread[i]), 0);
			}
			for (unsigned i = 0; i < 4; i++)
				pthread_join(id[i], NULL);
			assert_true(rounds++ < 10000);
		} while (!is_complete(&vm));
		if (!(seed % 4))
			assert_int_equal(rounds, 1);
		pthread_barrier_destroy(&barrier);
		expect_finished(&vm);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_worker),     cmocka_unit_test(test_order),
		cmocka_unit_test(test_without_a_vcpu), cmocka_unit_test(test_error_and_resume),
		cmocka_unit_test(test_cancel),	       cmocka_unit_test(test_rules),
		cmocka_unit_test(test_default_piece),  cmocka_unit_test(test_last_address),
		cmocka_unit_test(test_default_shared), cmocka_unit_test(test_nothing_to_wait_for),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
