/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/kvm/vm.h"
#include "vmm/abi.h"

/* The errors of KVM's calls, as Linux's api.rst lists them and its selftests assert them. */

#define PAGE UINT64_C(0x1000)
#define M2   UINT64_C(0x200000)

static long pre_fault(struct vm *vm, uint64_t gpa, uint64_t size, uint64_t flags, uint64_t *left)
{
	struct abi_pre_fault range = { .gpa = gpa, .size = size, .flags = flags };
	long result = vm_ioctl(vm, EMU_KVM_VCPU, ABI_PRE_FAULT_MEMORY, &range);

	*left = range.size;
	return result;
}

/* tools/testing/selftests/kvm/pre_fault_memory_test.c: a slot of 2 MiB and one page. */
static void test_pre_fault(void **state)
{
	struct cvm_vmm_region region = { .size = M2 + PAGE, .host = 0x10000, .memfd = -1 };
	uint64_t left;
	struct vm vm;

	for (unsigned type = EMU_KVM_DEFAULT; type <= EMU_KVM_SW_PROTECTED; type++) {
		vm_create(&vm, EMU_KVM_LINUX, type);
		assert_int_equal(cvm_vmm_set_slot(&vm.sys, EMU_KVM_VM, &vm.caps, 0, 0, &region), 0);
		assert_int_equal(pre_fault(&vm, 0, M2, 0, &left), 0);
		assert_int_equal(left, 0);
		assert_int_equal(pre_fault(&vm, M2, 2 * PAGE, 0, &left), 0);
		assert_int_equal(left, PAGE);
		assert_int_equal(pre_fault(&vm, M2 + PAGE, PAGE, 0, &left), -ENOENT);
		assert_int_equal(left, PAGE);
		/* Arguments. */
		assert_int_equal(pre_fault(&vm, 0, PAGE, 1, &left), -EINVAL);
		assert_int_equal(pre_fault(&vm, 1, PAGE, 0, &left), -EINVAL);
		assert_int_equal(pre_fault(&vm, 0, PAGE + 1, 0, &left), -EINVAL);
		assert_int_equal(pre_fault(&vm, 0, 0, 0, &left), -EINVAL);
		assert_int_equal(pre_fault(&vm, -PAGE, PAGE, 0, &left), -EINVAL);
		/* Signals: before the first page, and behind it. */
		vm.signals = 1;
		assert_int_equal(pre_fault(&vm, 0, M2, 0, &left), -EINTR);
		assert_int_equal(left, M2);
		assert_int_equal(vm_ioctl(&vm, EMU_KVM_VM, ABI_PRE_FAULT_MEMORY, &left), -ENOTTY);
		vm_finish(&vm);
	}
}

static void test_memfd(void **state)
{
	static const struct {
		uint64_t size, flags;
		bool ordinary, has_private;
	} rows[] = {
		{ PAGE, 0, true, true },       { PAGE, 1, true, true },	   { PAGE, 2, true, false },
		{ PAGE, 3, true, false },      { PAGE, 4, false, false },  { 0, 0, false, false },
		{ PAGE + 1, 0, false, false }, { -PAGE, 0, false, false },
	};

	for (unsigned type = EMU_KVM_DEFAULT; type <= EMU_KVM_SW_PROTECTED; type++) {
		struct vm vm;

		vm_create(&vm, EMU_KVM_LINUX, type);
		/* The flags are exactly those of the capability. */
		assert_int_equal(vm.caps.memfd_flags, type == EMU_KVM_DEFAULT ? 3 : 1);
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct abi_memfd memfd = { .size = rows[i].size, .flags = rows[i].flags };
			long fd = vm_ioctl(&vm, EMU_KVM_VM, ABI_CREATE_MEMFD, &memfd);

			if (type == EMU_KVM_DEFAULT ? rows[i].ordinary : rows[i].has_private)
				assert_true(fd >= EMU_KVM_MEMFD);
			else
				assert_int_equal(fd, -EINVAL);
		}
		vm_finish(&vm);
	}
}

static long slot(struct vm *vm, uint32_t number, uint32_t flags, uint64_t gpa, uint64_t size,
		 int memfd, uint64_t offset)
{
	struct abi_slot2 s = { .slot = number,
			       .flags = flags,
			       .gpa = gpa,
			       .size = size,
			       .host = 0x10000,
			       .memfd_offset = offset,
			       .memfd = (uint32_t)memfd };

	return vm_ioctl(vm, EMU_KVM_VM, memfd >= 0 ? ABI_SET_SLOT2 : ABI_SET_SLOT, &s);
}

static void test_slots(void **state)
{
	struct abi_memfd memfd = { .size = 2 * M2 };
	struct vm vm;
	int fd;

	vm_create(&vm, EMU_KVM_LINUX, EMU_KVM_SW_PROTECTED);
	fd = (int)vm_ioctl(&vm, EMU_KVM_VM, ABI_CREATE_MEMFD, &memfd);
	assert_int_equal(slot(&vm, 0, 4, 0, M2, fd, 0), 0);
	/* Overlaps: of addresses, and of the guest_memfd. */
	assert_int_equal(slot(&vm, 1, 4, M2 - PAGE, M2, fd, M2), -EEXIST);
	assert_int_equal(slot(&vm, 1, 4, M2, M2, fd, M2 - PAGE), -EEXIST);
	assert_int_equal(slot(&vm, 1, 4, M2, M2, fd, M2), 0);
	/* A guest_memfd that is too short, not aligned, or none. */
	assert_int_equal(slot(&vm, 2, 4, 2 * M2, M2, fd, M2 + PAGE), -EINVAL);
	assert_int_equal(slot(&vm, 2, 4, 2 * M2, PAGE, fd, 1), -EINVAL);
	assert_int_equal(slot(&vm, 2, 4, 2 * M2, PAGE, fd + 1, 0), -EBADF);
	assert_int_equal(slot(&vm, 2, 6, 2 * M2, PAGE, fd, 0), -EINVAL);
	assert_int_equal(slot(&vm, 2, 4, 2 * M2, PAGE, -1, 0), -EINVAL);
	assert_int_equal(slot(&vm, 2, 8, 2 * M2, PAGE, -1, 0), -EINVAL);
	assert_int_equal(slot(&vm, 99, 0, 2 * M2, PAGE, -1, 0), -EINVAL);
	/* Deleted, and there again. */
	assert_int_equal(slot(&vm, 1, 0, 0, 0, -1, 0), 0);
	assert_int_equal(slot(&vm, 1, 0, 0, 0, -1, 0), -EINVAL);
	assert_int_equal(slot(&vm, 2, 4, M2, M2, fd, M2), 0);
	vm_finish(&vm);
}

static long attributes(struct vm *vm, uint64_t address, uint64_t size, uint64_t value,
		       uint64_t flags)
{
	struct abi_attributes a = { address, size, value, flags };

	return vm_ioctl(vm, EMU_KVM_VM, ABI_SET_ATTRIBUTES, &a);
}

/* Of a file that is much larger than memory: what is in the hole is not mapped any more. */
static void test_holes(void **state)
{
	const int hole = ABI_FALLOC_KEEP_SIZE | ABI_FALLOC_PUNCH_HOLE;
	struct abi_memfd memfd = { .size = UINT64_C(1) << 62 };
	uint64_t offset = UINT64_C(1) << 61, left;
	struct vm vm;
	int fd;

	for (unsigned type = EMU_KVM_DEFAULT; type <= EMU_KVM_SW_PROTECTED; type++) {
		vm_create(&vm, EMU_KVM_LINUX, type);
		fd = (int)vm_ioctl(&vm, EMU_KVM_VM, ABI_CREATE_MEMFD, &memfd);
		assert_int_equal(slot(&vm, 0, 4, M2, M2, fd, offset), 0);
		if (type == EMU_KVM_SW_PROTECTED)
			assert_int_equal(attributes(&vm, M2, M2, 8, 0), 0);
		assert_int_equal(pre_fault(&vm, M2, M2, 0, &left), 0);
		assert_int_equal(emu_kvm_fallocate(vm.kvm, fd, hole, 0, offset + 2 * PAGE), 0);
		assert_false(emu_kvm_is_mapped(vm.kvm, M2 + PAGE));
		assert_true(emu_kvm_is_mapped(vm.kvm, M2 + 2 * PAGE));
		assert_int_equal(emu_kvm_fallocate(vm.kvm, fd, hole, offset + M2, M2), 0);
		assert_true(emu_kvm_is_mapped(vm.kvm, 2 * M2 - PAGE));
		assert_int_equal(emu_kvm_fallocate(vm.kvm, fd, hole, 0, memfd.size), 0);
		assert_false(emu_kvm_is_mapped(vm.kvm, 2 * M2 - PAGE));
		vm_finish(&vm);
	}
}

static void test_attributes(void **state)
{
	uint64_t left;
	struct vm vm;

	vm_create(&vm, EMU_KVM_LINUX, EMU_KVM_DEFAULT);
	assert_int_equal(attributes(&vm, 0, PAGE, 8, 0), -EINVAL);
	vm_finish(&vm);
	vm_start(&vm, EMU_KVM_LINUX, EMU_KVM_SW_PROTECTED);
	assert_int_equal(attributes(&vm, 0, PAGE, 8, 1), -EINVAL);
	assert_int_equal(attributes(&vm, 0, PAGE, 9, 0), -EINVAL);
	assert_int_equal(attributes(&vm, 0, 0, 8, 0), -EINVAL);
	assert_int_equal(attributes(&vm, 1, PAGE, 8, 0), -EINVAL);
	assert_int_equal(attributes(&vm, -PAGE, 2 * PAGE, 8, 0), -EINVAL);
	/* What changes sides is not mapped any more; what stays is. */
	assert_int_equal(pre_fault(&vm, 0, 2 * PAGE, 0, &left), 0);
	assert_int_equal(attributes(&vm, 0, PAGE, 0, 0), 0);
	assert_int_equal(attributes(&vm, PAGE, PAGE, 8, 0), 0);
	assert_false(emu_kvm_is_mapped(vm.kvm, 0));
	assert_true(emu_kvm_is_mapped(vm.kvm, PAGE));
	vm_finish(&vm);
}

static long add(struct vm *vm, uint64_t source, uint64_t gpa, uint64_t pages, unsigned flags,
		uint64_t *left)
{
	struct abi_tdx_region region = { source, gpa, pages };
	long result = vm_tdx(vm, EMU_KVM_VCPU, 3, flags, &region);

	*left = region.pages;
	return result;
}

static void test_tdx(void **state)
{
	struct abi_tdx_cmd command = { .id = 1, .hw_error = 1 };
	uint64_t left;
	struct vm vm;

	/* In the wrong order, and twice. */
	vm_create(&vm, EMU_KVM_LINUX, EMU_KVM_TDX);
	assert_int_equal(vm_tdx(&vm, EMU_KVM_VCPU, 2, 0, NULL), -EINVAL);
	assert_int_equal(vm_tdx(&vm, EMU_KVM_VM, 4, 0, NULL), -EINVAL);
	assert_int_equal(vm_ioctl(&vm, EMU_KVM_VM, ABI_ENCRYPT_OP, &command), -EINVAL);
	assert_int_equal(vm_tdx(&vm, EMU_KVM_VM, 1, 0, NULL), 0);
	assert_int_equal(vm_tdx(&vm, EMU_KVM_VM, 1, 0, NULL), -EINVAL);
	assert_int_equal(add(&vm, VM_SOURCE, 0, 1, 1, &left), -EINVAL);
	/* No vCPU: the module says so. */
	assert_int_equal(vm_tdx(&vm, EMU_KVM_VM, 4, 0, NULL), -EIO);
	vm_finish(&vm);

	vm_start(&vm, EMU_KVM_LINUX, EMU_KVM_TDX);
	assert_int_equal(pre_fault(&vm, 0, PAGE, 0, &left), -EOPNOTSUPP);
	assert_int_equal(add(&vm, VM_SOURCE, 0, 1, 2, &left), -EINVAL);
	assert_int_equal(add(&vm, VM_SOURCE + 1, 0, 1, 1, &left), -EINVAL);
	assert_int_equal(add(&vm, VM_SOURCE, 1, 1, 1, &left), -EINVAL);
	assert_int_equal(add(&vm, VM_SOURCE, 0, 0, 1, &left), -EINVAL);
	assert_int_equal(add(&vm, VM_SOURCE, -PAGE, 2, 1, &left), -EINVAL);
	assert_int_equal(add(&vm, 0, 0, 1, 1, &left), -EFAULT);
	/* Linux looks for a signal before each page. */
	vm.signals = 1;
	assert_int_equal(add(&vm, VM_SOURCE, PAGE, 1, 1, &left), -EINTR);
	assert_int_equal(left, 1);
	assert_int_equal(add(&vm, VM_SOURCE, PAGE, 1, 1, &left), 0);
	/* The second page is added already: the rest is written back. */
	assert_int_equal(add(&vm, VM_SOURCE, 0, 3, 1, &left), -EEXIST);
	assert_int_equal(left, 2);
	/* Shared. */
	assert_int_equal(attributes(&vm, M2, PAGE, 0, 0), 0);
	assert_int_equal(add(&vm, VM_SOURCE, M2, 1, 1, &left), -EFAULT);
	vm_finalize(&vm);
	assert_int_equal(add(&vm, VM_SOURCE, PAGE, 1, 1, &left), -EINVAL);
	assert_int_equal(vm_tdx(&vm, EMU_KVM_VM, 4, 0, NULL), -EINVAL);
	assert_int_equal(vm_tdx(&vm, EMU_KVM_VCPU + 1, 2, 0, NULL), -EINVAL);
	assert_int_equal(pre_fault(&vm, 0, PAGE, 0, &left), 0);
	assert_int_equal(vm_tdx(&vm, EMU_KVM_VCPU + 2, 2, 0, NULL), -EBADF);
	vm_finish(&vm);

	vm_start(&vm, EMU_KVM_LINUX, EMU_KVM_SW_PROTECTED);
	assert_int_equal(vm_tdx(&vm, EMU_KVM_VM, 1, 0, NULL), -ENOTTY);
	vm_finish(&vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pre_fault),  cmocka_unit_test(test_memfd),
		cmocka_unit_test(test_slots),	   cmocka_unit_test(test_holes),
		cmocka_unit_test(test_attributes), cmocka_unit_test(test_tdx),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
