/* SPDX-License-Identifier: MIT */
#include "tests/emu/kvm/vm.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/abi.h"

static const struct emu_ram ram[] = { { 0, VM_RAM } };
static struct vm *only; /* the backend's context is the fake's */

static void read_private(void *ctx, uint64_t gpa, void *buffer, size_t size)
{
	memcpy(buffer, only->memory + gpa, size);
}

static void write_private(void *ctx, uint64_t gpa, const void *buffer, size_t size)
{
	memcpy(only->memory + gpa, buffer, size);
}

static bool read_user(void *ctx, uint64_t address, void *buffer, size_t size)
{
	if (address < VM_SOURCE)
		return false;
	memset(buffer, (int)((address - VM_SOURCE) / 4096 + 1), size);
	return true;
}

static unsigned draw(struct vm *vm)
{
	vm->random = vm->random * 1103515245 + 12345;
	return vm->random >> 16;
}

static bool signal_pending(void *ctx)
{
	struct vm *vm = ctx;

	if (vm->signals) {
		vm->signals--;
		return true;
	}
	return vm->random && draw(vm) % 16 == 0;
}

/* A lock that the guest has, for any leaf but those that measure: these are never tried again. */
static uint64_t seam_fault(void *ctx, unsigned leaf)
{
	struct vm *vm = ctx;

	if (vm->fault)
		return vm->fault(vm, leaf);
	if (!vm->random || leaf == EMU_TDH_MR_EXTEND || draw(vm) % 8)
		return 0;
	return UINT64_C(0x8000020000000001);
}

/* Another processor has the entry. Commands of the firmware are never tried again. */
static uint32_t psp_fault(void *ctx, unsigned command)
{
	struct vm *vm = ctx;

	if (!vm->random || command != EMU_RMPUPDATE || draw(vm) % 8)
		return 0;
	return EMU_RMP_FAIL_INUSE;
}

static long sys_ioctl(void *ctx, int fd, unsigned long request, void *argument)
{
	return vm_ioctl(ctx, fd, request, argument);
}

static long sys_madvise(void *ctx, uintptr_t address, size_t size, int advice)
{
	return 0;
}

static long sys_fallocate(void *ctx, int fd, int mode, uint64_t offset, uint64_t size)
{
	return 0;
}

long vm_ioctl(struct vm *vm, int fd, unsigned long request, void *argument)
{
	vm->ioctls++;
	return emu_kvm_ioctl(vm->kvm, fd, request, argument);
}

long vm_sev(struct vm *vm, unsigned id, void *data, uint32_t *error)
{
	struct abi_sev_cmd command = { .id = id, .data = (uintptr_t)data, .sev_fd = VM_SEV_FD };
	long result = vm_ioctl(vm, EMU_KVM_VM, ABI_ENCRYPT_OP, &command);

	if (error)
		*error = command.error;
	return result;
}

long vm_snp_start(struct vm *vm, uint64_t policy, uint32_t *error)
{
	uint64_t start[8] = { policy };

	return vm_sev(vm, 100, start, error);
}

long vm_tdx(struct vm *vm, int fd, unsigned id, unsigned flags, void *data)
{
	struct abi_tdx_cmd command = { .id = id, .flags = flags, .data = (uintptr_t)data };

	return vm_ioctl(vm, fd, ABI_ENCRYPT_OP, &command);
}

void vm_create(struct vm *vm, enum emu_kvm_profile profile, enum emu_kvm_type type)
{
	struct emu_kvm_config config = { .profile = profile,
					 .type = type,
					 .vcpus = 2,
					 .ram = ram,
					 .ram_count = 1,
					 .read_user = read_user,
					 .signal = signal_pending,
					 .seam_fault = seam_fault,
					 .psp_fault = psp_fault,
					 .ap_ip = VM_AP_IP,
					 .fms = VM_FMS,
					 .ctx = vm };

	memset(vm, 0, sizeof(*vm));
	only = vm;
	vm->fake = fake_create();
	vm->backend = vm->fake->backend;
	vm->backend.read_private = read_private;
	vm->backend.write_private = write_private;
	vm->memory = calloc(1, VM_RAM);
	vm->kvm = emu_kvm_create(&config, &vm->backend);
	assert_non_null(vm->memory);
	assert_non_null(vm->kvm);
	vm->sys = (struct cvm_vmm_sys){
		.ioctl = sys_ioctl, .madvise = sys_madvise, .fallocate = sys_fallocate, .ctx = vm
	};
	assert_int_equal(cvm_vmm_probe(&vm->sys, EMU_KVM_VM, &vm->caps), 0);
}

static enum cvm_vmm_type type_of(enum emu_kvm_type type)
{
	return type == EMU_KVM_TDX	      ? CVM_VMM_TDX
	       : type == EMU_KVM_SNP	      ? CVM_VMM_SNP
	       : type == EMU_KVM_SW_PROTECTED ? CVM_VMM_SW_PROTECTED
					      : CVM_VMM_ORDINARY;
}

void vm_start(struct vm *vm, enum emu_kvm_profile profile, enum emu_kvm_type type)
{
	bool is_private = type != EMU_KVM_DEFAULT;
	int memfd = -1;

	vm_create(vm, profile, type);
	if (is_private)
		assert_int_equal(
			cvm_vmm_create_memfd(&vm->sys, EMU_KVM_VM, &vm->caps, VM_RAM, 0, &memfd),
			0);
	vm->region = (struct cvm_vmm_region){ .size = VM_RAM,
					      .backing = CVM_VMM_SHARED_MAPPING,
					      .host = 0x7f0000000000,
					      .memfd = memfd,
					      .is_private = is_private,
					      .node = CVM_VMM_ANY_NODE };
	vm->machine = (struct cvm_vmm_machine){
		.type = type_of(type), .vm_fd = EMU_KVM_VM, .region = &vm->region, .regions = 1
	};
	assert_int_equal(cvm_vmm_set_slot(&vm->sys, EMU_KVM_VM, &vm->caps, 0, 0, &vm->region), 0);
	if (is_private)
		assert_int_equal(cvm_vmm_set_private(&vm->sys, EMU_KVM_VM, 0, VM_RAM, true), 0);
	if (type == EMU_KVM_SNP) {
		assert_int_equal(vm_sev(vm, 22, NULL, NULL), 0);
		assert_int_equal(vm_snp_start(vm, VM_POLICY, NULL), 0);
	}
	if (type != EMU_KVM_TDX)
		return;
	assert_int_equal(vm_tdx(vm, EMU_KVM_VM, 1, 0, NULL), 0);
	assert_int_equal(vm_tdx(vm, EMU_KVM_VCPU, 2, 0, NULL), 0);
}

void vm_finish(struct vm *vm)
{
	emu_kvm_destroy(vm->kvm);
	assert_null(vm->fake->wrong);
	fake_destroy(vm->fake);
	free(vm->memory);
	only = NULL;
}

int vm_add(struct vm *vm, uint64_t gpa, uint64_t size, enum cvm_vmm_content_kind kind,
	   uint64_t *stopped_at)
{
	struct cvm_vmm_content content = { gpa, size, VM_SOURCE, kind };
	int error =
		cvm_vmm_launch_add(&vm->sys, &vm->machine, EMU_KVM_VCPU, VM_SEV_FD, &content, NULL);

	if (stopped_at)
		*stopped_at = content.gpa;
	return error;
}

void vm_finalize(struct vm *vm)
{
	uint64_t finish[16] = { 0 };

	if (vm->machine.type == CVM_VMM_SNP)
		assert_int_equal(vm_sev(vm, 102, finish, NULL), 0);
	else
		assert_int_equal(vm_tdx(vm, EMU_KVM_VM, 4, 0, NULL), 0);
	vm->machine.launched = true;
}

uint64_t vm_accept(struct vm *vm, uint64_t gpa, unsigned level)
{
	uint64_t gpr[EMU_GPRS] = { [EMU_RAX] = 6, [EMU_RCX] = gpa | level };

	emu_tdx_tdcall(emu_kvm_tdx(vm->kvm), 0, gpr);
	return gpr[EMU_RAX];
}

uint64_t vm_pvalidate(struct vm *vm, uint64_t gpa, uint32_t size)
{
	uint32_t eax = 99;
	bool cf = false;

	assert_int_equal(emu_snp_pvalidate(emu_kvm_snp(vm->kvm), 0, gpa, true, size, 1, &eax, &cf),
			 EMU_NEXT);
	return eax | (uint64_t)cf << 32;
}

int vm_populate(struct vm *vm)
{
	uint64_t storage[64];
	struct cvm_vmm_plan plan;
	struct cvm_vmm_job_config config = { .sys = &vm->sys,
					     .machine = &vm->machine,
					     .plan = &plan,
					     .storage = storage,
					     .storage_size = sizeof(storage) };
	struct cvm_vmm_worker worker = { EMU_KVM_VCPU, CVM_VMM_ANY_NODE, 0 };
	struct cvm_vmm_job job;

	assert_int_equal(cvm_vmm_plan(&vm->machine, &vm->caps, &plan, NULL), 0);
	assert_int_equal(cvm_vmm_job_init(&job, &config), 0);
	return cvm_vmm_job_run(&job, &worker);
}

uint64_t vm_steps_wanted(uint64_t wanted)
{
	const char *text = getenv("HOST_STEPS");

	return text ? strtoull(text, NULL, 10) : wanted;
}

void vm_steps_done(enum emu_kvm_profile profile, uint64_t steps, unsigned vms)
{
	print_message("profile %s: %" PRIu64 " steps of the host in %u VMs\n",
		      profile == EMU_KVM_SEED ? "seed" : "linux", steps, vms);
}
