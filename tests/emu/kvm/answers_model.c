/* SPDX-License-Identifier: MIT */
#include "tests/emu/kvm/answers.h"

#include "emu/kvm/kvm.h"

struct model {
	struct emu_kvm *kvm;
	uintptr_t protected_page;
	unsigned signals; /* not 0: every third question for a signal is answered by yes */
};

static bool signal_pending(void *ctx)
{
	struct model *model = ctx;

	return model->signals && model->signals++ % 3 == 0;
}

static bool is_mapped(void *ctx, uint64_t address)
{
	const struct model *model = ctx;

	return address != model->protected_page;
}

static long sys_ioctl(void *ctx, int fd, unsigned long request, void *argument)
{
	struct model *model = ctx;

	return emu_kvm_ioctl(model->kvm, fd, request, argument);
}

static long sys_fallocate(void *ctx, int fd, int mode, uint64_t offset, uint64_t size)
{
	struct model *model = ctx;

	return emu_kvm_fallocate(model->kvm, fd, mode, offset, size);
}

/* As the kernel's MMU notifier: what is mapped for the guest there is not any more. */
static void protect(void *ctx, uintptr_t page)
{
	struct model *model = ctx;

	model->protected_page = page;
	emu_kvm_unmap_host(model->kvm, page, 4096);
}

static void signals(void *ctx, bool come)
{
	struct model *model = ctx;

	model->signals = come;
}

bool answers_of_model(struct answers *answers)
{
	static const struct emu_ram ram = { 0, ANSWERS_RAM };
	static const struct emu_backend none;
	struct model model = { 0 };
	struct emu_kvm_config config = { .profile = EMU_KVM_LINUX,
					 .type = EMU_KVM_DEFAULT,
					 .vcpus = 1,
					 .ram = &ram,
					 .ram_count = 1,
					 .signal = signal_pending,
					 .host_mapped = is_mapped,
					 .ctx = &model };
	struct cvm_vmm_sys sys = { .ioctl = sys_ioctl, .fallocate = sys_fallocate, .ctx = &model };
	struct answers_machine machine = { .sys = &sys,
					   .vm = EMU_KVM_VM,
					   .vcpu = EMU_KVM_VCPU,
					   .host = 0x7f0000000000,
					   .protect = protect,
					   .signals = signals,
					   .ctx = &model };

	model.kvm = emu_kvm_create(&config, &none);
	if (!model.kvm)
		return false;
	answers_collect(&machine, answers);
	emu_kvm_destroy(model.kvm);
	return true;
}
