/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/kvm/vm.h"
#include "vmm/abi.h"

/* The library of vmm/ over the model of KVM, for an SNP guest. */

#define PAGE UINT64_C(0x1000)
#define M2   UINT64_C(0x200000)

/* By Python's hashlib, after "PAGE_INFO" in the firmware ABI: four pages at 2 MiB, two at 4 MiB
 * whose content is not measured, and the VMSAs of two vCPUs. */
static const char expected[] = "c4e8f56aa9d36374e2abec13fb783c26b066543c89e3fac2"
			       "3fddf9db0bd6a919dbb5dbcfc0f7ab045233ffa477d9325f";

struct launch {
	enum emu_kvm_profile profile;
	bool populate, populate_backwards, swapped;
};

static void map(struct vm *vm, uint64_t gpa, uint64_t size)
{
	uint64_t at;

	assert_int_equal(cvm_vmm_pre_fault(&vm->sys, EMU_KVM_VCPU, gpa, size, NULL, &at), 0);
}

static void launch(struct vm *vm, const struct launch *launch, char hex[97])
{
	struct emu_psp_info info;

	vm_start(vm, launch->profile, EMU_KVM_SNP);
	if (launch->populate) {
		map(vm, launch->populate_backwards ? 2 * M2 : M2, 4 * PAGE);
		map(vm, launch->populate_backwards ? M2 : 2 * M2, 4 * PAGE);
	}
	if (launch->swapped)
		assert_int_equal(vm_add(vm, 2 * M2, 2 * PAGE, CVM_VMM_CONTENT_UNMEASURED, NULL), 0);
	assert_int_equal(vm_add(vm, M2, 4 * PAGE, CVM_VMM_CONTENT, NULL), 0);
	if (!launch->swapped)
		assert_int_equal(vm_add(vm, 2 * M2, 2 * PAGE, CVM_VMM_CONTENT_UNMEASURED, NULL), 0);
	vm_finalize(vm);
	emu_psp_info(emu_snp_psp(emu_kvm_snp(vm->kvm)), &info);
	assert_int_equal(info.state, EMU_GSTATE_RUNNING);
	for (unsigned i = 0; i < SHA384_BYTES; i++)
		snprintf(hex + (size_t)2 * i, 3, "%02x", info.digest[i]);
}

static void test_measurement(void **state)
{
	static const struct launch same[] = {
		{ EMU_KVM_LINUX, false, false, false },
		{ EMU_KVM_SEED, false, false, false },
		{ EMU_KVM_SEED, true, false, false },
		{ EMU_KVM_SEED, true, true, false },
	};
	static const struct launch other = { EMU_KVM_SEED, true, false, true };
	char hex[97];
	struct vm vm;

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		launch(&vm, &same[i], hex);
		assert_string_equal(hex, expected);
		assert_int_equal(vm.memory[M2], 1);
		assert_int_equal(vm.memory[M2 + 4 * PAGE - 1], 4);
		assert_int_equal(emu_kvm_release(vm.kvm), 0);
		vm_finish(&vm);
	}
	launch(&vm, &other, hex);
	assert_string_not_equal(hex, expected);
	vm_finish(&vm);
}

/* Each refusal of KVM, and nothing changes by it. */
static void test_errors(void **state)
{
	struct abi_snp_update update = { .gfn = M2 / PAGE, .uaddr = VM_SOURCE, .size = PAGE };
	uint64_t start[8] = { VM_POLICY }, at;
	uint32_t error;
	struct vm vm;

	vm_start(&vm, EMU_KVM_LINUX, EMU_KVM_SNP);
	assert_int_equal(vm_sev(&vm, 22, NULL, NULL), -EINVAL);
	assert_int_equal(vm_snp_start(&vm, VM_POLICY, NULL), -EINVAL);
	assert_int_equal(vm_sev(&vm, 101, &update, NULL), -EINVAL);
	update.type = 2;
	assert_int_equal(vm_sev(&vm, 101, &update, NULL), -EINVAL);
	update.type = 1;
	update.uaddr++;
	assert_int_equal(vm_sev(&vm, 101, &update, NULL), -EINVAL);
	update.uaddr = PAGE;
	assert_int_equal(vm_sev(&vm, 101, &update, NULL), -EFAULT);
	update.uaddr = VM_SOURCE;
	update.flags = 1;
	assert_int_equal(vm_sev(&vm, 101, &update, NULL), -EINVAL);
	update.flags = 0;
	update.size = VM_RAM;
	assert_int_equal(vm_sev(&vm, 101, &update, NULL), -EINVAL);
	update.size = PAGE;
	assert_int_equal(cvm_vmm_set_private(&vm.sys, EMU_KVM_VM, M2, PAGE, false), 0);
	assert_int_equal(vm_sev(&vm, 101, &update, NULL), -EINVAL);
	assert_int_equal(cvm_vmm_set_private(&vm.sys, EMU_KVM_VM, M2, PAGE, true), 0);
	assert_int_equal(vm_sev(&vm, 101, &update, NULL), 0);
	assert_int_equal(update.gfn, M2 / PAGE + 1);
	assert_int_equal(update.size, 0);
	/* Assigned already. */
	update = (struct abi_snp_update){ M2 / PAGE, VM_SOURCE, PAGE, 1, 0, 0, 0, { 0 } };
	assert_int_equal(vm_sev(&vm, 101, &update, NULL), -EIO);
	assert_int_equal(cvm_vmm_pre_fault(&vm.sys, EMU_KVM_VCPU, M2, PAGE, NULL, &at),
			 CVM_VMM_ENOTSUP);
	vm_finalize(&vm);
	/* The firmware's own refusal. */
	update.gfn += 5;
	assert_int_equal(vm_sev(&vm, 101, &update, &error), -EIO);
	assert_int_equal(error, EMU_PSP_INVALID_GUEST_STATE);
	assert_int_equal(emu_machine_state(emu_snp_machine(emu_kvm_snp(vm.kvm)), M2 + 5 * PAGE),
			 EMU_PAGE_FREE);
	assert_int_equal(emu_kvm_release(vm.kvm), 0);
	vm_finish(&vm);

	vm_create(&vm, EMU_KVM_LINUX, EMU_KVM_SNP);
	assert_int_equal(vm_sev(&vm, 100, start, NULL), -EINVAL);
	assert_int_equal(vm_sev(&vm, 22, NULL, NULL), 0);
	assert_int_equal(vm_snp_start(&vm, 0, NULL), -EINVAL);
	assert_int_equal(vm_snp_start(&vm, VM_POLICY | 0xff00, &error), -EIO);
	assert_int_equal(error, EMU_PSP_POLICY_FAILURE);
	assert_int_equal(vm_snp_start(&vm, VM_POLICY, NULL), 0);
	assert_int_equal(emu_kvm_release(vm.kvm), 0);
	vm_finish(&vm);
}

/* Signals before a page: the library goes on, and the digest is the same. */
static void test_launch_is_resumed(void **state)
{
	struct emu_psp_info info;
	char hex[97];
	struct vm vm;

	vm_start(&vm, EMU_KVM_LINUX, EMU_KVM_SNP);
	vm.signals = 3;
	assert_int_equal(vm_add(&vm, M2, 4 * PAGE, CVM_VMM_CONTENT, NULL), 0);
	assert_int_equal(vm_add(&vm, 2 * M2, 2 * PAGE, CVM_VMM_CONTENT_UNMEASURED, NULL), 0);
	vm_finalize(&vm);
	emu_psp_info(emu_snp_psp(emu_kvm_snp(vm.kvm)), &info);
	for (unsigned i = 0; i < SHA384_BYTES; i++)
		snprintf(hex + (size_t)2 * i, 3, "%02x", info.digest[i]);
	assert_string_equal(hex, expected);
	vm_finish(&vm);
}

static uint64_t guest_validates_all(struct vm *vm)
{
	struct emu_kvm_stats stats;
	struct emu_stats accepted;

	for (uint64_t gpa = 0; gpa < VM_RAM; gpa += PAGE) {
		bool launched = gpa >= M2 && gpa < M2 + 4 * PAGE;

		assert_int_equal(vm_pvalidate(vm, gpa, 0), launched ? UINT64_C(1) << 32 : 0);
	}
	emu_machine_stats(emu_snp_machine(emu_kvm_snp(vm->kvm)), &accepted);
	assert_int_equal(accepted.accepted[0], VM_RAM / PAGE - 4);
	assert_int_equal(accepted.unaccepted_bytes, 0);
	emu_kvm_stats(vm->kvm, &stats);
	assert_int_equal(stats.pages_4k, VM_RAM / PAGE);
	return stats.violations;
}

static void test_population_saves_the_exits(void **state)
{
	for (unsigned populate = 0; populate < 2; populate++) {
		struct vm vm;

		vm_start(&vm, EMU_KVM_LINUX, EMU_KVM_SNP);
		assert_int_equal(vm_add(&vm, M2, 4 * PAGE, CVM_VMM_CONTENT, NULL), 0);
		vm_finalize(&vm);
		if (populate)
			assert_int_equal(vm_populate(&vm), 0);
		assert_int_equal(guest_validates_all(&vm), populate ? 0 : VM_RAM / PAGE - 4);
		assert_int_equal(emu_kvm_release(vm.kvm), 0);
		vm_finish(&vm);
	}
}

static void test_conversion(void **state)
{
	uint64_t at;
	struct vm vm;

	vm_start(&vm, EMU_KVM_LINUX, EMU_KVM_SNP);
	vm_finalize(&vm);
	assert_int_equal(vm_populate(&vm), 0);
	assert_int_equal(vm_pvalidate(&vm, M2, 0), 0);
	assert_int_equal(vm_pvalidate(&vm, M2, 0), UINT64_C(1) << 32);
	assert_int_equal(cvm_vmm_convert(&vm.sys, &vm.machine, &vm.caps, EMU_KVM_VCPU, M2, 2 * PAGE,
					 false, false, &at),
			 0);
	assert_int_equal(emu_machine_state(emu_snp_machine(emu_kvm_snp(vm.kvm)), M2),
			 EMU_PAGE_SHARED);
	assert_int_equal(cvm_vmm_convert(&vm.sys, &vm.machine, &vm.caps, EMU_KVM_VCPU, M2, 2 * PAGE,
					 true, false, &at),
			 0);
	assert_true(emu_kvm_is_mapped(vm.kvm, M2));
	assert_int_equal(vm_pvalidate(&vm, M2, 0), 0);
	vm_finish(&vm);
}

static unsigned next(unsigned *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* KVM's pages and the reverse map agree. */
static void agree(struct vm *vm)
{
	const struct emu_machine *machine = emu_snp_machine(emu_kvm_snp(vm->kvm));
	struct emu_kvm_stats stats;
	uint64_t assigned = 0, shared = 0;

	for (uint64_t gpa = 0; gpa < VM_RAM; gpa += PAGE) {
		enum emu_page_state state = emu_machine_state(machine, gpa);

		assigned += state == EMU_PAGE_PENDING || state == EMU_PAGE_MAPPED;
		shared += state == EMU_PAGE_SHARED && emu_kvm_is_mapped(vm->kvm, gpa);
	}
	emu_kvm_stats(vm->kvm, &stats);
	assert_int_equal(stats.pages_4k, assigned + shared);
	/* The context and two VMSAs. */
	assert_int_equal(emu_psp_assigned(emu_snp_psp(emu_kvm_snp(vm->kvm))), assigned + 3);
}

static uint64_t host_steps(const struct vm *vm)
{
	struct emu_psp_info info;
	uint64_t sum = 0;

	emu_psp_info(emu_snp_psp(emu_kvm_snp(vm->kvm)), &info);
	for (unsigned i = 0; i < EMU_PSP_COMMANDS; i++)
		sum += info.calls[i];
	return sum;
}

/* One step of the host, again until it has succeeded: it ends, and goes on where it was. */
static void step(struct vm *vm, unsigned what, uint64_t gpa, uint64_t size)
{
	uint64_t at = gpa, from;
	unsigned tries = 0;
	int error;

	do {
		from = at;
		assert_true(tries++ < 100000);
		if (!what)
			error = cvm_vmm_pre_fault(&vm->sys, EMU_KVM_VCPU, from, gpa + size - from,
						  NULL, &at);
		else
			error = cvm_vmm_convert(&vm->sys, &vm->machine, &vm->caps, EMU_KVM_VCPU,
						from, gpa + size - from, what == 1, false, &at);
		assert_true(at >= from && at <= gpa + size);
		assert_true(!error || error == CVM_VMM_EAGAIN);
	} while (error);
	for (uint64_t page = gpa; page < gpa + size; page += PAGE)
		assert_true(emu_kvm_is_mapped(vm->kvm, page));
}

/* Calls of the library and accepts of the guest, with entries that are in use and signals that
 * come. A million steps take six seconds. */
static void run_random(enum emu_kvm_profile profile)
{
	uint64_t wanted = vm_steps_wanted(50000), steps = 0;
	unsigned seed = 1;

	for (; steps < wanted; seed++) {
		bool accepted[VM_RAM / PAGE] = { false };
		unsigned random = seed;
		struct vm vm;

		vm_start(&vm, profile, EMU_KVM_SNP);
		vm_finalize(&vm);
		vm.random = seed;
		for (unsigned i = 0; i < 150; i++) {
			uint64_t page = next(&random) % (VM_RAM / PAGE);
			uint64_t count = 1 + next(&random) % 64;
			unsigned what = next(&random) % 4;

			if (count > VM_RAM / PAGE - page)
				count = VM_RAM / PAGE - page;
			if (what < 3)
				step(&vm, what, page * PAGE, count * PAGE);
			for (uint64_t at = page; at < page + count; at++) {
				bool shared =
					emu_machine_state(emu_snp_machine(emu_kvm_snp(vm.kvm)),
							  at * PAGE) == EMU_PAGE_SHARED;

				if (what == 3 && !shared) {
					/* Validated again is what the guest would stop at. */
					assert_int_equal(vm_pvalidate(&vm, at * PAGE, 0),
							 accepted[at] ? UINT64_C(1) << 32 : 0);
					accepted[at] = true;
				}
				accepted[at] &= !shared;
			}
			agree(&vm);
		}
		steps += host_steps(&vm);
		vm.random = 0;
		assert_int_equal(emu_kvm_release(vm.kvm), 0);
		vm_finish(&vm);
	}
	vm_steps_done(profile, steps, seed - 1);
}

static void test_random(void **state)
{
	run_random(EMU_KVM_LINUX);
	run_random(EMU_KVM_SEED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_measurement),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_launch_is_resumed),
		cmocka_unit_test(test_population_saves_the_exits),
		cmocka_unit_test(test_conversion),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
