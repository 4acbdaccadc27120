/* SPDX-License-Identifier: MIT */
#include "tools/populate/test_vm.h"

#include <sys/mman.h>
#include <unistd.h>

#define M2 (UINT64_C(2) << 20)

#ifndef MFD_HUGETLB
#define MFD_HUGETLB 4u
#endif

const char *backing_name(enum backing backing)
{
	static const char *const names[BACKINGS] = { "anonymous", "thp", "memfd", "hugetlb",
						     "guest-memfd" };

	return names[backing];
}

/* Aligned to 2 MiB, so that pages of that size are possible. */
static void *map(uint64_t bytes, int flags, int fd)
{
	char *room = mmap(NULL, (size_t)(bytes + M2), PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *at;

	if (room == MAP_FAILED)
		return MAP_FAILED;
	at = (char *)(((uintptr_t)room + M2 - 1) & -(uintptr_t)M2);
	if (at != room)
		munmap(room, (size_t)(at - room));
	munmap(at + bytes, (size_t)(room + M2 - at));
	return mmap(at, (size_t)bytes, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0);
}

static const char *make_memfd(struct test_vm *vm, unsigned flags)
{
	vm->file = memfd_create("cvmem-populate", MFD_CLOEXEC | flags);
	if (vm->file < 0 || ftruncate(vm->file, (off_t)vm->bytes))
		return flags ? "the kernel has no hugetlbfs" : "memfd_create() failed";
	vm->memory = map(vm->bytes, MAP_SHARED, vm->file);
	if (vm->memory == MAP_FAILED)
		return flags ? "too few free huge pages (vm.nr_hugepages)" : "mmap() failed";
	return NULL;
}

static const char *make_anonymous(struct test_vm *vm, int advice)
{
	vm->memory = map(vm->bytes, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (vm->memory == MAP_FAILED)
		return "mmap() failed";
	if (madvise(vm->memory, (size_t)vm->bytes, advice) && advice == MADV_HUGEPAGE)
		return "the kernel has no transparent huge pages";
	return NULL;
}

static const char *make_guest_memfd(struct test_vm *vm)
{
	if (cvm_vmm_create_memfd(&cvm_vmm_linux, vm->fd, &vm->caps, vm->bytes,
				 CVM_VMM_MEMFD_MMAP | CVM_VMM_MEMFD_INIT_SHARED, &vm->file)) {
		vm->file = -1;
		return "the kernel has no guest_memfd that an ordinary VM can use";
	}
	vm->memory = map(vm->bytes, MAP_SHARED, vm->file);
	return vm->memory == MAP_FAILED ? "a guest_memfd cannot be mapped" : NULL;
}

static const char *make(struct test_vm *vm, enum backing backing)
{
	switch (backing) {
	case BACKING_ANONYMOUS:
		return make_anonymous(vm, MADV_NOHUGEPAGE);
	case BACKING_THP:
		return make_anonymous(vm, MADV_HUGEPAGE);
	case BACKING_MEMFD:
		return make_memfd(vm, 0);
	case BACKING_HUGETLB:
		return make_memfd(vm, MFD_HUGETLB);
	default:
		return make_guest_memfd(vm);
	}
}

const char *backing_make(struct test_vm *vm, enum backing backing, uint64_t bytes)
{
	bool memfd = backing == BACKING_GUEST_MEMFD;
	const char *problem;

	vm->bytes = bytes;
	problem = make(vm, backing);
	if (problem)
		return problem;
	vm->region = (struct cvm_vmm_region){
		.gpa = TEST_GPA,
		.size = bytes,
		.backing = memfd ? CVM_VMM_GUEST_MEMFD
			   : backing == BACKING_ANONYMOUS || backing == BACKING_THP
				   ? CVM_VMM_PRIVATE_MAPPING
				   : CVM_VMM_SHARED_MAPPING,
		.host = (uintptr_t)vm->memory,
		.memfd = memfd ? vm->file : -1,
		.node = CVM_VMM_ANY_NODE,
	};
	vm->machine = (struct cvm_vmm_machine){
		.type = CVM_VMM_ORDINARY, .vm_fd = vm->fd, .region = &vm->region, .regions = 1
	};
	if (cvm_vmm_set_slot(&cvm_vmm_linux, vm->fd, &vm->caps, 1, 0, &vm->region))
		return "KVM refuses a slot of this memory";
	return NULL;
}
