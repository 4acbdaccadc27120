/* SPDX-License-Identifier: MIT */
#include "emu/kvm/internal.h"

#include <stdlib.h>

static void read_host(void *ctx, uint64_t hpa, void *buffer, size_t size)
{
	struct emu_kvm *kvm = ctx;

	kvm->config.read_user(kvm->config.ctx, hpa, buffer, size);
}

static uint64_t seam_fault(void *ctx, unsigned leaf)
{
	struct emu_kvm *kvm = ctx;

	return kvm->config.seam_fault ? kvm->config.seam_fault(kvm->config.ctx, leaf) : 0;
}

/* Extended exit qualification, 3:0: the guest touched a page that it has not accepted. */
#define PENDING_PAGE 6

/* tdx_handle_ept_violation(): a private page of a slot is added; one that is pending ends the VM.
 */
static bool violation(void *ctx, unsigned vcpu, const struct emu_tdx_exit *exit)
{
	struct emu_kvm *kvm = ctx;
	bool handled = false;
	uint8_t *page;

	pthread_mutex_lock(&kvm->lock);
	kvm->violations++;
	page = &kvm->page[exit->gpa / KVM_PAGE];
	if ((exit->extended & 15) == PENDING_PAGE) {
		kvm->dead = true;
	} else if (*page & PAGE_PRIVATE && emu_kvm_slot_at(kvm, exit->gpa)) {
		handled = !(*page & PAGE_MAPPED ? emu_kvm_tdp_restore(kvm, exit->gpa)
						: emu_kvm_tdp_map(kvm, exit->gpa));
		if (handled && !(*page & PAGE_MAPPED)) {
			*page |= PAGE_MAPPED;
			kvm->mapped++;
		}
	}
	pthread_mutex_unlock(&kvm->lock);
	return handled;
}

static bool create_td(struct emu_kvm *kvm, const struct emu_backend *backend)
{
	struct emu_tdx_config config = {
		.vcpus = kvm->config.vcpus,
		.gpa_width = 48,
		.ram = kvm->config.ram,
		.ram_count = kvm->config.ram_count,
		.attributes = 1 << 28, /* SEPT_VE_DISABLE, which Linux guests ask for */
		.violation = violation,
		.read_host = read_host,
		.seam_fault = seam_fault,
		.host_ctx = kvm,
	};

	kvm->tdx = emu_tdx_create(&config, backend);
	if (!kvm->tdx)
		return false;
	kvm->seam = emu_tdx_seam(kvm->tdx);
	kvm->tdr = (kvm->end + (UINT64_C(1) << 21) - 1) & -(UINT64_C(1) << 21);
	kvm->next = kvm->tdr + KVM_PAGE;
	return true;
}

struct emu_kvm *emu_kvm_create(const struct emu_kvm_config *config,
			       const struct emu_backend *backend)
{
	struct emu_kvm *kvm;

	if (!config->vcpus || config->vcpus > EMU_KVM_VCPUS || !config->ram_count ||
	    emu_ram_check(config->ram, config->ram_count))
		return NULL;
	kvm = calloc(1, sizeof(*kvm));
	if (!kvm)
		return NULL;
	pthread_mutex_init(&kvm->lock, NULL);
	kvm->config = *config;
	kvm->end = config->ram[config->ram_count - 1].end;
	kvm->page = calloc(kvm->end / KVM_PAGE, 1);
	if (!kvm->page || (config->type == EMU_KVM_TDX && !create_td(kvm, backend))) {
		emu_kvm_destroy(kvm);
		return NULL;
	}
	return kvm;
}

void emu_kvm_destroy(struct emu_kvm *kvm)
{
	if (!kvm)
		return;
	emu_tdx_destroy(kvm->tdx);
	pthread_mutex_destroy(&kvm->lock);
	free(kvm->page);
	free(kvm);
}

static long check_extension(const struct emu_kvm *kvm, uintptr_t number)
{
	switch (number) {
	case 232: /* MEMORY_FAULT_INFO */
	case 234: /* GUEST_MEMFD */
	case 236: /* PRE_FAULT_MEMORY */
		return 1;
	case 233: /* MEMORY_ATTRIBUTES */
		return kvm_has_private(kvm) ? (long)KVM_ABI_PRIVATE : 0;
	case 244: /* GUEST_MEMFD_FLAGS */
		return kvm_has_private(kvm) ? 1 : 3;
	default:
		return 0;
	}
}

static long vm_ioctl(struct emu_kvm *kvm, unsigned long request, void *argument)
{
	switch (request) {
	case KVM_ABI_CHECK_EXTENSION:
		return check_extension(kvm, (uintptr_t)argument);
	case KVM_ABI_SET_SLOT:
		return emu_kvm_set_slot(kvm, argument, false);
	case KVM_ABI_SET_SLOT2:
		return emu_kvm_set_slot(kvm, argument, true);
	case KVM_ABI_SET_ATTRIBUTES:
		return emu_kvm_set_attributes(kvm, argument);
	case KVM_ABI_CREATE_MEMFD:
		return emu_kvm_create_memfd(kvm, argument);
	case KVM_ABI_ENCRYPT_OP:
		return emu_kvm_tdx_command(kvm, -1, argument);
	default:
		return -ENOTTY;
	}
}

static long vcpu_ioctl(struct emu_kvm *kvm, int vcpu, unsigned long request, void *argument)
{
	switch (request) {
	case KVM_ABI_PRE_FAULT_MEMORY:
		return emu_kvm_pre_fault(kvm, argument);
	case KVM_ABI_ENCRYPT_OP:
		return emu_kvm_tdx_command(kvm, vcpu, argument);
	default:
		return -ENOTTY;
	}
}

long emu_kvm_ioctl(struct emu_kvm *kvm, int fd, unsigned long request, void *argument)
{
	int vcpu = fd - EMU_KVM_VCPU;
	long result = -EBADF;

	pthread_mutex_lock(&kvm->lock);
	if (fd == EMU_KVM_VM)
		result = vm_ioctl(kvm, request, argument);
	else if (vcpu >= 0 && vcpu < (int)kvm->config.vcpus)
		result = vcpu_ioctl(kvm, vcpu, request, argument);
	pthread_mutex_unlock(&kvm->lock);
	return result;
}

struct emu_tdx *emu_kvm_tdx(struct emu_kvm *kvm)
{
	return kvm->tdx;
}

void emu_kvm_stats(const struct emu_kvm *kvm, struct emu_kvm_stats *out)
{
	out->pages_4k = kvm->mapped;
	out->violations = kvm->violations;
}

bool emu_kvm_is_mapped(const struct emu_kvm *kvm, uint64_t gpa)
{
	return gpa < kvm->end && kvm->page[gpa / KVM_PAGE] & PAGE_MAPPED;
}
