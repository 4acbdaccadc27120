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

static uint32_t psp_fault(void *ctx, unsigned command)
{
	struct emu_kvm *kvm = ctx;

	return kvm->config.psp_fault ? kvm->config.psp_fault(kvm->config.ctx, command) : 0;
}

/* KVM_EXIT_HYPERCALL. The calls that the VMM makes take the lock. */
static bool convert(void *ctx, uint64_t start, uint64_t end, bool to_private)
{
	struct emu_kvm *kvm = ctx;

	return kvm->config.convert &&
	       kvm->config.convert(kvm->config.ctx, start, end - start, to_private);
}

/* A private page of a slot is mapped. A failure that is none tomorrow: the guest tries again. */
static bool map_page(struct emu_kvm *kvm, uint64_t gpa)
{
	uint8_t *page = &kvm->page[gpa / KVM_PAGE];
	long result;

	if (*page & PAGE_MAPPED)
		return kvm->tdx && !emu_kvm_tdp_restore(kvm, gpa);
	result = emu_kvm_private_map(kvm, gpa);
	if (!result) {
		*page |= PAGE_MAPPED;
		kvm->mapped++;
	}
	return !result || result == -EBUSY;
}

/* The guest touched private memory that is not mapped. */
static bool handle_fault(struct emu_kvm *kvm, uint64_t gpa, bool pending)
{
	bool handled = false, is_private;

	pthread_mutex_lock(&kvm->lock);
	kvm->violations++;
	kvm->dead |= pending;
	is_private = kvm->page[gpa / KVM_PAGE] & PAGE_PRIVATE;
	if (is_private && !pending && !kvm->dead && emu_kvm_slot_at(kvm, gpa))
		handled = map_page(kvm, gpa);
	pthread_mutex_unlock(&kvm->lock);
	if (is_private || pending)
		return handled;
	/* KVM_EXIT_MEMORY_FAULT: its attributes say that it is shared. */
	return convert(kvm, gpa, gpa + KVM_PAGE, true);
}

/* tdx_handle_ept_violation(): one that is pending ends the VM. */
static bool violation(void *ctx, unsigned vcpu, const struct emu_tdx_exit *exit)
{
	return handle_fault(ctx, exit->gpa, (exit->extended & 15) == PENDING_PAGE);
}

static bool npf(void *ctx, uint64_t gpa, bool large)
{
	return handle_fault(ctx, gpa & -KVM_PAGE, false);
}

static bool create_snp(struct emu_kvm *kvm, const struct emu_backend *backend)
{
	struct emu_snp_config config = {
		.vcpus = kvm->config.vcpus,
		.ram = kvm->config.ram,
		.ram_count = kvm->config.ram_count,
		.npf = npf,
		.convert = convert,
		.read_host = emu_kvm_snp_read_host,
		.psp_fault = psp_fault,
		.host_ctx = kvm,
	};

	kvm->snp = emu_snp_create(&config, backend);
	if (!kvm->snp)
		return false;
	kvm->psp = emu_snp_psp(kvm->snp);
	kvm->machine = emu_snp_machine(kvm->snp);
	kvm->context = (kvm->end + (UINT64_C(1) << 21) - 1) & -(UINT64_C(1) << 21);
	return true;
}

static bool create_td(struct emu_kvm *kvm, const struct emu_backend *backend)
{
	struct emu_tdx_config config = {
		.vcpus = kvm->config.vcpus,
		.gpa_width = 48,
		.ram = kvm->config.ram,
		.ram_count = kvm->config.ram_count,
		.attributes = 1 << 28, /* SEPT_VE_DISABLE, which Linux guests ask for */
		.map_gpa_chunk = UINT64_C(1) << 21, /* TDX_MAP_GPA_MAX_LEN */
		.violation = violation,
		.convert = convert,
		.read_host = read_host,
		.seam_fault = seam_fault,
		.host_ctx = kvm,
	};

	kvm->tdx = emu_tdx_create(&config, backend);
	if (!kvm->tdx)
		return false;
	kvm->seam = emu_tdx_seam(kvm->tdx);
	kvm->machine = emu_tdx_machine(kvm->tdx);
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
	if (!kvm->page || (config->type == EMU_KVM_TDX && !create_td(kvm, backend)) ||
	    (config->type == EMU_KVM_SNP && !create_snp(kvm, backend))) {
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
	emu_snp_destroy(kvm->snp);
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
		return kvm->snp ? emu_kvm_sev_command(kvm, argument)
				: emu_kvm_tdx_command(kvm, -1, argument);
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
		return kvm->snp ? -ENOTTY : emu_kvm_tdx_command(kvm, vcpu, argument);
	default:
		return -ENOTTY;
	}
}

long emu_kvm_ioctl(struct emu_kvm *kvm, int fd, unsigned long request, void *argument)
{
	int vcpu = fd - EMU_KVM_VCPU;
	bool is_vcpu = vcpu >= 0 && vcpu < (int)kvm->config.vcpus;
	long result;

	if (fd != EMU_KVM_VM && !is_vcpu)
		return -EBADF;
	pthread_mutex_lock(&kvm->lock);
	/* kvm_vm_ioctl() and kvm_vcpu_ioctl() look at vm_dead before the request. */
	if (kvm->dead)
		result = -EIO;
	else if (is_vcpu)
		result = vcpu_ioctl(kvm, vcpu, request, argument);
	else
		result = vm_ioctl(kvm, request, argument);
	pthread_mutex_unlock(&kvm->lock);
	return result;
}

struct emu_tdx *emu_kvm_tdx(struct emu_kvm *kvm)
{
	return kvm->tdx;
}

struct emu_snp *emu_kvm_snp(struct emu_kvm *kvm)
{
	return kvm->snp;
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
