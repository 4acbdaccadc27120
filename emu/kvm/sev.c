/* SPDX-License-Identifier: MIT */
#include "emu/kvm/internal.h"

#include "emu/snp/psp/launch_digest.h"

/*
 * KVM_MEMORY_ENCRYPT_OP of an SNP guest: Documentation/virt/kvm/x86/amd-memory-encryption.rst. The
 * host's page for the guest's page N is N. Behind RAM come the guest context and the VMSAs.
 */
enum { SEV_INIT2 = 22, LAUNCH_START = 100, LAUNCH_UPDATE, LAUNCH_FINISH };

/* Guest policy: bit 17 is one, KVM knows bits up to 19. */
#define POLICY_ONE   (UINT64_C(1) << 17)
#define POLICY_KNOWN ((UINT64_C(1) << 20) - 1)

#define ID_BLOCK	96
#define ID_BLOCK_POLICY 88

static uint64_t vmsa_of(const struct emu_kvm *kvm, unsigned vcpu)
{
	return kvm->context + (1 + vcpu) * KVM_PAGE;
}

void emu_kvm_snp_read_host(void *ctx, uint64_t spa, void *buffer, size_t size)
{
	struct emu_kvm *kvm = ctx;

	if (spa < kvm->end)
		kvm->config.read_user(kvm->config.ctx, kvm->source, buffer, size);
	else
		emu_launch_vmsa(buffer, spa == vmsa_of(kvm, 0) ? 0xfffffff0 : kvm->config.ap_ip,
				kvm->config.fms);
}

static long command(struct emu_kvm *kvm, unsigned number, void *buffer, uint32_t *error)
{
	*error = emu_psp_command(kvm->psp, number, buffer);
	return *error ? -EIO : 0;
}

/* A page for the firmware. */
static long give(struct emu_kvm *kvm, uint64_t spa)
{
	const struct emu_rmp_update firmware = { .assigned = true, .immutable = true };

	return emu_kvm_rmpupdate(kvm, spa, &firmware);
}

static long take_back(struct emu_kvm *kvm, uint64_t spa)
{
	const struct emu_rmp_update none = { .assigned = false };
	struct emu_snp_address address = { spa };

	emu_psp_command(kvm->psp, EMU_SNP_PAGE_RECLAIM, &address);
	return emu_kvm_rmpupdate(kvm, spa, &none);
}

static long init2(struct emu_kvm *kvm)
{
	if (kvm->initialized)
		return -EINVAL;
	kvm->initialized = true;
	return 0;
}

static void abandon(struct emu_kvm *kvm)
{
	struct emu_snp_address context = { kvm->context };

	emu_psp_command(kvm->psp, EMU_SNP_DECOMMISSION, &context);
	take_back(kvm, kvm->context);
	kvm->launching = false;
}

static long launch_start(struct emu_kvm *kvm, const struct kvm_abi_snp_start *start,
			 uint32_t *error)
{
	struct emu_snp_address context = { kvm->context };
	struct emu_snp_launch_start launch = { kvm->context, start->policy };
	struct emu_snp_activate activate = { kvm->context, EMU_SNP_ASID };
	long result;

	if (!kvm->initialized || kvm->launching || start->flags || !(start->policy & POLICY_ONE) ||
	    start->policy & ~POLICY_KNOWN)
		return -EINVAL;
	result = give(kvm, kvm->context);
	if (result)
		return result;
	kvm->launching = true;
	result = command(kvm, EMU_SNP_GCTX_CREATE, &context, error);
	if (!result)
		result = command(kvm, EMU_SNP_LAUNCH_START, &launch, error);
	if (!result)
		result = command(kvm, EMU_SNP_ACTIVATE, &activate, error);
	if (result)
		abandon(kvm);
	return result;
}

/* sev_gmem_post_populate(): a page that the firmware refuses is the host's again. */
static long add(struct emu_kvm *kvm, uint64_t spa, uint64_t gpa, unsigned type, uint32_t *error)
{
	const struct emu_rmp_update pre_guest = {
		.gpa = gpa, .assigned = true, .immutable = true, .asid = EMU_SNP_ASID
	};
	struct emu_snp_launch_update update = { .context = kvm->context, .spa = spa, .type = type };
	long result = emu_kvm_rmpupdate(kvm, spa, &pre_guest);

	if (result)
		return result;
	result = command(kvm, EMU_SNP_LAUNCH_UPDATE, &update, error);
	if (result)
		take_back(kvm, spa);
	return result;
}

static long add_page(struct emu_kvm *kvm, const struct kvm_abi_snp_update *update, uint32_t *error)
{
	uint64_t gpa = update->gfn * KVM_PAGE;
	uint8_t *page = &kvm->page[gpa / KVM_PAGE], probe;
	long result;

	if (!(*page & PAGE_PRIVATE))
		return -EINVAL;
	/* -EEXIST, which KVM makes -EIO of. */
	if (*page & PAGE_MAPPED)
		return -EIO;
	if (update->type != EMU_SNP_PAGE_ZERO &&
	    !kvm->config.read_user(kvm->config.ctx, update->uaddr, &probe, 1))
		return -EFAULT;
	kvm->source = update->uaddr;
	result = add(kvm, gpa, gpa, update->type, error);
	if (!result) {
		*page |= PAGE_MAPPED;
		kvm->mapped++;
	}
	return result;
}

static bool is_type(unsigned type)
{
	return type == EMU_SNP_PAGE_NORMAL ||
	       (type >= EMU_SNP_PAGE_ZERO && type <= EMU_SNP_PAGE_CPUID);
}

/* The range lies in one slot that has a guest_memfd. */
static bool is_in_slot(const struct emu_kvm *kvm, uint64_t gpa, uint64_t size)
{
	const struct kvm_slot *slot = emu_kvm_slot_at(kvm, gpa);

	return slot && slot->memfd >= 0 && size <= slot->gpa + slot->size - gpa;
}

static long launch_update(struct emu_kvm *kvm, struct kvm_abi_snp_update *update, uint32_t *error)
{
	bool any = false;
	long result = 0;

	if (!kvm->launching || !update->size || update->size % KVM_PAGE || update->flags ||
	    !is_type(update->type) || update->gfn >= kvm->end / KVM_PAGE)
		return -EINVAL;
	if (update->type != EMU_SNP_PAGE_ZERO && update->uaddr % KVM_PAGE)
		return -EINVAL;
	if (!is_in_slot(kvm, update->gfn * KVM_PAGE, update->size))
		return -EINVAL;
	while (update->size) {
		if (kvm->config.signal && kvm->config.signal(kvm->config.ctx)) {
			result = -EIO;
			break;
		}
		result = add_page(kvm, update, error);
		if (result)
			break;
		any = true;
		update->gfn++;
		update->size -= KVM_PAGE;
		if (update->type != EMU_SNP_PAGE_ZERO)
			update->uaddr += KVM_PAGE;
	}
	/* A part that is done is success, with the rest in the arguments. */
	return any ? 0 : result;
}

static long read_id_block(struct emu_kvm *kvm, const struct kvm_abi_snp_finish *finish,
			  uint8_t *block, struct emu_snp_launch_finish *command)
{
	if (!finish->id_block_en)
		return 0;
	if (!kvm->config.read_user(kvm->config.ctx, finish->id_block, block, ID_BLOCK))
		return -EFAULT;
	command->id_digest = block;
	for (unsigned i = 0; i < 8; i++)
		command->id_policy |= (uint64_t)block[ID_BLOCK_POLICY + i] << 8 * i;
	return 0;
}

/* The vCPUs are part of the measurement. One that was added before an error stays. */
static long add_vmsas(struct emu_kvm *kvm, uint32_t *error)
{
	for (; kvm->vmsas < kvm->config.vcpus; kvm->vmsas++) {
		long result = add(kvm, vmsa_of(kvm, kvm->vmsas), EMU_LAUNCH_VMSA_GPA,
				  EMU_SNP_PAGE_VMSA, error);

		if (result)
			return result;
	}
	return 0;
}

static long launch_finish(struct emu_kvm *kvm, const struct kvm_abi_snp_finish *finish,
			  uint32_t *error)
{
	struct emu_snp_launch_finish buffer = { .context = kvm->context };
	uint8_t block[ID_BLOCK];
	long result;

	if (!kvm->launching || kvm->finalized || finish->flags)
		return -EINVAL;
	result = read_id_block(kvm, finish, block, &buffer);
	if (!result)
		result = add_vmsas(kvm, error);
	if (!result)
		result = command(kvm, EMU_SNP_LAUNCH_FINISH, &buffer, error);
	kvm->finalized = !result;
	return result;
}

long emu_kvm_sev_command(struct emu_kvm *kvm, struct kvm_abi_sev_cmd *command)
{
	void *data = (void *)(uintptr_t)command->data;

	command->error = 0;
	if (command->id == SEV_INIT2)
		return init2(kvm);
	/* /dev/sev, by which the firmware is reached. */
	if ((int)command->sev_fd < 0)
		return -EBADF;
	switch (command->id) {
	case LAUNCH_START:
		return launch_start(kvm, data, &command->error);
	case LAUNCH_UPDATE:
		return launch_update(kvm, data, &command->error);
	case LAUNCH_FINISH:
		return launch_finish(kvm, data, &command->error);
	default:
		return -EINVAL;
	}
}

void emu_kvm_snp_release(struct emu_kvm *kvm)
{
	for (unsigned i = 0; i < kvm->vmsas; i++)
		take_back(kvm, vmsa_of(kvm, i));
	kvm->vmsas = 0;
	if (kvm->launching)
		abandon(kvm);
}
