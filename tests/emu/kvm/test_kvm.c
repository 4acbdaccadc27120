/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emu/tdx/internal.h"
#include "tests/emu/kvm/vm.h"

/* The library of vmm/ over the model of KVM: launch, measurement, population, and then the guest.
 */

#define PAGE UINT64_C(0x1000)
#define M2   UINT64_C(0x200000)

/* By Python's hashlib, after the layouts in the TDX module's specification: four measured pages at
 * 2 MiB, and two at 4 MiB whose content is not measured. */
static const char expected[] = "bfde3811df56023db02e915490b8f3e790c01e874f407438"
			       "02f7ce409b187641a76e786dc24efcf2693f7e44e046a66e";

/* What differs between launches, and must not or must show in the measurement. */
struct launch {
	enum emu_kvm_profile profile;
	bool populate_backwards, extra, swapped;
};

static void map(struct vm *vm, uint64_t gpa, uint64_t size)
{
	uint64_t at;

	assert_int_equal(cvm_vmm_pre_fault(&vm->sys, EMU_KVM_VCPU, gpa, size, NULL, &at), 0);
}

static void launch(struct vm *vm, const struct launch *launch, char hex[97])
{
	struct emu_seam_info info;

	vm_start(vm, launch->profile, EMU_KVM_TDX);
	if (launch->profile == EMU_KVM_SEED) {
		map(vm, launch->populate_backwards ? 2 * M2 : M2, 4 * PAGE);
		map(vm, launch->populate_backwards ? M2 : 2 * M2, 4 * PAGE);
		if (launch->extra)
			map(vm, 3 * M2, M2);
	}
	if (launch->swapped)
		assert_int_equal(vm_add(vm, 2 * M2, 2 * PAGE, CVM_VMM_CONTENT_UNMEASURED, NULL), 0);
	assert_int_equal(vm_add(vm, M2, 4 * PAGE, CVM_VMM_CONTENT, NULL), 0);
	if (!launch->swapped)
		assert_int_equal(vm_add(vm, 2 * M2, 2 * PAGE, CVM_VMM_CONTENT_UNMEASURED, NULL), 0);
	vm_finalize(vm);
	emu_seam_info(emu_tdx_seam(emu_kvm_tdx(vm->kvm)), &info);
	for (unsigned i = 0; i < SHA384_BYTES; i++)
		snprintf(hex + (size_t)2 * i, 3, "%02x", info.mrtd[i]);
}

static void test_measurement(void **state)
{
	static const struct launch same[] = {
		{ EMU_KVM_LINUX, false, false, false },
		{ EMU_KVM_SEED, false, false, false },
		{ EMU_KVM_SEED, true, false, false },
		{ EMU_KVM_SEED, true, true, false },
	};
	static const struct launch other = { EMU_KVM_SEED, false, false, true };
	char hex[97];
	struct vm vm;

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		launch(&vm, &same[i], hex);
		assert_string_equal(hex, expected);
		assert_int_equal(vm.memory[M2], 1);
		assert_int_equal(vm.memory[M2 + 4 * PAGE - 1], 4);
		vm_finish(&vm);
	}
	launch(&vm, &other, hex);
	assert_string_not_equal(hex, expected);
	vm_finish(&vm);
}

/* Seed: what was not mapped is refused, by its address; and the launch goes on where it was. */
static void test_seed_refuses_a_region_that_is_not_populated(void **state)
{
	uint64_t at;
	struct vm vm;

	vm_start(&vm, EMU_KVM_SEED, EMU_KVM_TDX);
	map(&vm, M2, 3 * PAGE);
	assert_int_equal(vm_add(&vm, M2, 4 * PAGE, CVM_VMM_CONTENT, &at), CVM_VMM_EHOLE);
	assert_int_equal(at, M2 + 3 * PAGE);
	map(&vm, M2 + 3 * PAGE, PAGE);
	assert_int_equal(vm_add(&vm, at, PAGE, CVM_VMM_CONTENT, &at), 0);
	vm_finish(&vm);

	/* Linux maps by itself, and does not map before. */
	vm_start(&vm, EMU_KVM_LINUX, EMU_KVM_TDX);
	assert_int_equal(cvm_vmm_pre_fault(&vm.sys, EMU_KVM_VCPU, M2, PAGE, NULL, &at),
			 CVM_VMM_ENOTSUP);
	assert_int_equal(vm_add(&vm, M2, 4 * PAGE, CVM_VMM_CONTENT, &at), 0);
	vm_finish(&vm);
}

/* The guest accepts all memory: exits without population, and none with it; the same pages. */
static uint64_t guest_accepts_all(struct vm *vm)
{
	struct emu_kvm_stats stats;
	struct emu_stats accepted;

	for (uint64_t gpa = 0; gpa < VM_RAM; gpa += PAGE) {
		bool launched = gpa >= M2 && gpa < M2 + 4 * PAGE;
		uint64_t status = vm_accept(vm, gpa, 0);

		if (status != (launched ? UINT64_C(0x00000B0A00000000) : 0))
			fail_msg("accept of 0x%lx: 0x%lx", gpa, status);
	}
	emu_machine_stats(emu_tdx_machine(emu_kvm_tdx(vm->kvm)), &accepted);
	assert_int_equal(accepted.accepted[0], VM_RAM / PAGE - 4);
	assert_int_equal(accepted.unaccepted_bytes, 0);
	emu_kvm_stats(vm->kvm, &stats);
	assert_int_equal(stats.pages_4k, VM_RAM / PAGE);
	return stats.violations;
}

static void test_population_saves_the_exits(void **state)
{
	for (unsigned profile = EMU_KVM_LINUX; profile <= EMU_KVM_SEED; profile++) {
		for (unsigned populate = 0; populate < 2; populate++) {
			struct vm vm;

			vm_start(&vm, profile, EMU_KVM_TDX);
			if (profile == EMU_KVM_SEED)
				map(&vm, M2, 4 * PAGE);
			assert_int_equal(vm_add(&vm, M2, 4 * PAGE, CVM_VMM_CONTENT, NULL), 0);
			vm_finalize(&vm);
			if (populate)
				assert_int_equal(vm_populate(&vm), 0);
			assert_int_equal(guest_accepts_all(&vm), populate ? 0 : VM_RAM / PAGE - 4);
			vm_finish(&vm);
		}
	}
}

/* Converted to shared and back: the guest has to accept again, and that is no double accept. */
static void test_conversion(void **state)
{
	uint64_t at;
	struct vm vm;

	vm_start(&vm, EMU_KVM_LINUX, EMU_KVM_TDX);
	vm_finalize(&vm);
	assert_int_equal(vm_populate(&vm), 0);
	assert_int_equal(vm_accept(&vm, M2, 0), 0);
	assert_int_equal(vm_accept(&vm, M2, 0), 0x00000B0A00000000);
	assert_int_equal(cvm_vmm_convert(&vm.sys, &vm.machine, &vm.caps, EMU_KVM_VCPU, M2, 2 * PAGE,
					 false, false, &at),
			 0);
	assert_int_equal(cvm_vmm_convert(&vm.sys, &vm.machine, &vm.caps, EMU_KVM_VCPU, M2, 2 * PAGE,
					 true, false, &at),
			 0);
	assert_true(emu_kvm_is_mapped(vm.kvm, M2));
	assert_int_equal(vm_accept(&vm, M2, 0), 0);
	vm_finish(&vm);
}

/* Random calls of the library with a module that is busy and signals that come: each ends, and can
 * be done again until it has succeeded; then KVM's pages and the module's agree. */
static unsigned next(unsigned *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void agree(struct vm *vm)
{
	const struct emu_machine *machine = emu_tdx_machine(emu_kvm_tdx(vm->kvm));
	struct emu_seam_info info;
	struct emu_kvm_stats stats;
	uint64_t pages = 0;

	for (uint64_t gpa = 0; gpa < VM_RAM; gpa += PAGE) {
		enum emu_page_state state = emu_machine_state(machine, gpa);

		pages += state != EMU_PAGE_FREE && state != EMU_PAGE_SHARED;
	}
	emu_kvm_stats(vm->kvm, &stats);
	emu_seam_info(emu_tdx_seam(emu_kvm_tdx(vm->kvm)), &info);
	/* Each page of RAM, and the tables: 4 for the regions, 2 above; TDCX, one vCPU. */
	assert_true(info.children >= pages + EMU_SEAM_TDCX + 1);
	assert_true(info.children <= pages + EMU_SEAM_TDCX + 1 + 6);
	assert_true(stats.pages_4k >= pages);
}

static uint64_t seamcalls(const struct vm *vm)
{
	struct emu_seam_info info;
	uint64_t sum = 0;

	emu_seam_info(emu_tdx_seam(emu_kvm_tdx(vm->kvm)), &info);
	for (unsigned i = 0; i < EMU_SEAM_LEAVES; i++)
		sum += info.calls[i];
	return sum;
}

/* Calls of the library, with locks that are held and signals that come. */
static void run_random(enum emu_kvm_profile profile)
{
	uint64_t wanted = vm_steps_wanted(500000), calls = 0;
	unsigned seed = 1;

	for (; calls < wanted; seed++) {
		unsigned random = seed;
		struct vm vm;

		vm_start(&vm, profile, EMU_KVM_TDX);
		vm_finalize(&vm);
		vm.random = seed;
		for (unsigned step = 0; step < 150; step++) {
			uint64_t gpa = next(&random) % (VM_RAM / PAGE) * PAGE, at = gpa;
			uint64_t size = (1 + next(&random) % 64) * PAGE;
			unsigned what = next(&random) % 3, tries = 0;
			int error;

			if (size > VM_RAM - gpa)
				size = VM_RAM - gpa;
			do {
				uint64_t from = at;

				assert_true(tries++ < 100000);
				if (what == 0)
					error = cvm_vmm_pre_fault(&vm.sys, EMU_KVM_VCPU, from,
								  gpa + size - from, NULL, &at);
				else
					error = cvm_vmm_convert(
						&vm.sys, &vm.machine, &vm.caps, EMU_KVM_VCPU, from,
						gpa + size - from, what == 1, false, &at);
				assert_true(at >= from && at <= gpa + size);
				assert_true(!error || error == CVM_VMM_EAGAIN);
			} while (error);
			for (uint64_t page = gpa; page < gpa + size; page += PAGE)
				assert_true(emu_kvm_is_mapped(vm.kvm, page));
			agree(&vm);
		}
		calls += seamcalls(&vm);
		vm.random = 0;
		assert_int_equal(emu_kvm_release(vm.kvm), 0);
		vm_finish(&vm);
	}
	vm_steps_done(profile, calls, seed - 1);
}

static void test_random(void **state)
{
	run_random(EMU_KVM_LINUX);
	run_random(EMU_KVM_SEED);
}

/* A conversion that fails between blocking and removing: the guest goes on with its page. */
static uint64_t remove_is_busy(void *ctx, unsigned leaf)
{
	return leaf == EMU_TDH_MEM_PAGE_REMOVE ? UINT64_C(0x8000020000000001) : 0;
}

static void test_half_a_zap(void **state)
{
	uint64_t at;
	struct vm vm;

	vm_start(&vm, EMU_KVM_LINUX, EMU_KVM_TDX);
	vm_finalize(&vm);
	assert_int_equal(vm_populate(&vm), 0);
	vm.fault = remove_is_busy;
	assert_int_equal(cvm_vmm_convert(&vm.sys, &vm.machine, &vm.caps, EMU_KVM_VCPU, M2, PAGE,
					 false, false, &at),
			 CVM_VMM_EAGAIN);
	assert_int_equal(at, M2);
	assert_int_equal(emu_machine_state(emu_tdx_machine(emu_kvm_tdx(vm.kvm)), M2),
			 EMU_PAGE_FREE);
	assert_int_equal(vm_accept(&vm, M2, 0), 0);
	assert_int_equal(emu_machine_state(emu_tdx_machine(emu_kvm_tdx(vm.kvm)), M2),
			 EMU_PAGE_MAPPED);
	vm_finish(&vm);
}

/* KVM_CHECK_EXTENSION, SET_USER_MEMORY_REGION, the same with a guest_memfd, MEMORY_ENCRYPT_OP,
 * SET_MEMORY_ATTRIBUTES, CREATE_GUEST_MEMFD and one that no KVM has; of a vCPU PRE_FAULT_MEMORY. */
static void expect_dead(struct vm *vm)
{
	static const unsigned long requests[] = { 0xae03,     0x4020ae46, 0x40a0ae49, 0xc008aeba,
						  0x4020aed2, 0xc040aed4, 0xaeff };
	uint64_t argument[64] = { 0 };

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		assert_int_equal(vm_ioctl(vm, EMU_KVM_VM, requests[i], argument), -EIO);
	assert_int_equal(vm_ioctl(vm, EMU_KVM_VCPU, 0xc040aed5, argument), -EIO);
	assert_int_equal(vm_ioctl(vm, EMU_KVM_VCPU, 0xc008aeba, argument), -EIO);
	assert_int_equal(vm_ioctl(vm, EMU_KVM_VM - 1, 0xae03, argument), -EBADF);
}

/* Linux, virt/kvm/kvm_main.c: a VM with vm_dead answers every call of its own and of its vCPUs with
 * -EIO. A TD is dead when its guest touches a page that is pending. */
static void test_dead(void **state)
{
	struct vm vm;

	vm_start(&vm, EMU_KVM_LINUX, EMU_KVM_TDX);
	vm_finalize(&vm);
	assert_int_equal(vm_populate(&vm), 0);
	assert_int_equal(emu_tdx_operand_walk(emu_kvm_tdx(vm.kvm), 0, M2, EMU_TDX_READ), EMU_STOP);
	expect_dead(&vm);
	vm_finish(&vm);

	vm_start(&vm, EMU_KVM_LINUX, EMU_KVM_SNP);
	assert_int_equal(emu_kvm_release(vm.kvm), 0);
	expect_dead(&vm);
	vm_finish(&vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_measurement),
		cmocka_unit_test(test_seed_refuses_a_region_that_is_not_populated),
		cmocka_unit_test(test_population_saves_the_exits),
		cmocka_unit_test(test_conversion),
		cmocka_unit_test(test_half_a_zap),
		cmocka_unit_test(test_dead),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
