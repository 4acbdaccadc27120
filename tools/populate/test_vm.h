/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_POPULATE_TEST_VM_H
#define TOOLS_POPULATE_TEST_VM_H

#include "tools/populate/measure.h"

/* Memory of the VM that is measured begins here; below it is the guest's code. */
#define TEST_GPA (UINT64_C(512) << 20)

struct test_vm {
	int kvm, fd, vcpu[POPULATE_MAX_VCPUS];
	unsigned vcpus;
	void *code, *run; /* pages of the guest's code; struct kvm_run of the first vCPU */
	size_t run_bytes;
	void *memory; /* MAP_FAILED: none */
	uint64_t bytes;
	int file; /* memfd or guest_memfd; -1 */
	struct cvm_vmm_caps caps;
	struct cvm_vmm_region region;
	struct cvm_vmm_machine machine;
};

/* A VM without memory. NULL, or what failed, with errno. */
const char *test_vm_create(struct test_vm *vm, unsigned vcpus);
void test_vm_destroy(struct test_vm *vm);

/* backing.c: its memory. NULL, or why there is none of this kind. */
const char *backing_make(struct test_vm *vm, enum backing backing, uint64_t bytes);

/* Its guest writes to each page, and then reads it. False: KVM failed. */
bool test_vm_run(struct test_vm *vm, bool *content, double *seconds);

double seconds_now(void);

#endif
