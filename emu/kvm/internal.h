/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_KVM_INTERNAL_H
#define CVMEM_EMU_KVM_INTERNAL_H

#include <errno.h>
#include <pthread.h>

#include "emu/internal.h"
#include "emu/kvm/kvm.h"

#define KVM_PAGE UINT64_C(4096)

/* include/uapi/linux/kvm.h; Linux 7.2. */
struct kvm_abi_slot {
	uint32_t slot, flags;
	uint64_t gpa, size, host, memfd_offset;
	uint32_t memfd, pad1;
	uint64_t pad2[14];
};

struct kvm_abi_attributes {
	uint64_t address, size, attributes, flags;
};

struct kvm_abi_memfd {
	uint64_t size, flags, reserved[6];
};

struct kvm_abi_range {
	uint64_t gpa, size, flags, padding[5];
};

struct kvm_abi_tdx_cmd {
	uint32_t id, flags;
	uint64_t data, hw_error;
};

struct kvm_abi_tdx_region {
	uint64_t source, gpa, pages;
};

struct kvm_abi_sev_cmd {
	uint32_t id, pad0;
	uint64_t data;
	uint32_t error, sev_fd;
};

struct kvm_abi_snp_start {
	uint64_t policy;
	uint8_t gosvw[16];
	uint16_t flags;
	uint8_t pad0[6];
	uint64_t pad1[4];
};

struct kvm_abi_snp_update {
	uint64_t gfn, uaddr, size;
	uint8_t type, pad0;
	uint16_t flags;
	uint32_t pad1;
	uint64_t pad2[4];
};

struct kvm_abi_snp_finish {
	uint64_t id_block, id_auth;
	uint8_t id_block_en, auth_key_en, vcek_disabled;
	uint8_t host_data[32];
	uint8_t pad0[3];
	uint16_t flags;
	uint64_t pad1[4];
};

#define KVM_ABI_CHECK_EXTENSION	 0xae03UL
#define KVM_ABI_SET_SLOT	 0x4020ae46UL
#define KVM_ABI_SET_SLOT2	 0x40a0ae49UL
#define KVM_ABI_ENCRYPT_OP	 0xc008aebaUL
#define KVM_ABI_SET_ATTRIBUTES	 0x4020aed2UL
#define KVM_ABI_CREATE_MEMFD	 0xc040aed4UL
#define KVM_ABI_PRE_FAULT_MEMORY 0xc040aed5UL

#define KVM_ABI_PRIVATE UINT64_C(8)

struct kvm_memfd {
	uint64_t size, flags;
};

struct kvm_slot {
	bool used;
	uint32_t flags;
	uint64_t gpa, size, host, offset;
	int memfd; /* index, or -1 */
};

/* A page of the VM. */
enum { PAGE_PRIVATE = 1, PAGE_MAPPED = 2, PAGE_POPULATED = 4 };

struct emu_kvm {
	struct emu_kvm_config config;
	struct emu_tdx *tdx; /* one of the two, or none, */
	struct emu_snp *snp;
	struct emu_machine *machine; /* and what both have */
	struct emu_seam *seam;
	struct emu_psp *psp;
	pthread_mutex_t lock; /* of all below, and of sequences of SEAMCALLs: KVM's mmu_lock */
	uint64_t end;	      /* of RAM */
	uint8_t *page;	      /* flags */
	uint64_t tdr, next;   /* host pages of the TD: the TDR, and those not used yet */
	bool initialized, finalized, dead;
	bool vcpu_ready[EMU_KVM_VCPUS];
	uint64_t tdvpr[EMU_KVM_VCPUS];
	/* SNP: the guest context, and behind it the VMSAs; how many of these are the guest's; the
	 * address of the content that is being launched. */
	uint64_t context, source;
	bool launching; /* the context exists */
	unsigned vmsas;
	struct kvm_slot slot[EMU_KVM_SLOTS];
	struct kvm_memfd memfd[EMU_KVM_MEMFDS];
	unsigned memfds;
	uint64_t mapped, violations;
};

/* Private memory is mapped by the module or the firmware. */
static inline bool kvm_is_confidential(const struct emu_kvm *kvm)
{
	return kvm->tdx || kvm->snp;
}

static inline bool kvm_has_private(const struct emu_kvm *kvm)
{
	return kvm->config.type != EMU_KVM_DEFAULT;
}

/* Aligned, not empty, and it does not wrap. */
static inline bool kvm_is_range(uint64_t start, uint64_t size)
{
	return size && (start | size) % KVM_PAGE == 0 && start + size > start;
}

/* slots.c */
long emu_kvm_set_slot(struct emu_kvm *kvm, const struct kvm_abi_slot *slot, bool two);
const struct kvm_slot *emu_kvm_slot_at(const struct emu_kvm *kvm, uint64_t gpa);

/* memfd.c */
long emu_kvm_create_memfd(struct emu_kvm *kvm, const struct kvm_abi_memfd *memfd);

/* attributes.c */
long emu_kvm_set_attributes(struct emu_kvm *kvm, const struct kvm_abi_attributes *attributes);

/* pre_fault.c */
long emu_kvm_pre_fault(struct emu_kvm *kvm, struct kvm_abi_range *range);

/* tdx.c: commands of KVM_MEMORY_ENCRYPT_OP; vcpu -1: by the VM's file descriptor. */
long emu_kvm_tdx_command(struct emu_kvm *kvm, int vcpu, struct kvm_abi_tdx_cmd *command);

/* sev.c: the same of an SNP guest, by the VM's file descriptor. */
long emu_kvm_sev_command(struct emu_kvm *kvm, struct kvm_abi_sev_cmd *command);
void emu_kvm_snp_read_host(void *ctx, uint64_t spa, void *buffer, size_t size);
void emu_kvm_snp_release(struct emu_kvm *kvm);

/* private.c: private memory, with the lock held; 0 or an errno value. */
long emu_kvm_private_map(struct emu_kvm *kvm, uint64_t gpa);
long emu_kvm_private_zap(struct emu_kvm *kvm, uint64_t gpa);
long emu_kvm_rmpupdate(struct emu_kvm *kvm, uint64_t spa, const struct emu_rmp_update *update);
/* A page that is not mapped as private memory is the guest's as shared memory, or no more. */
void emu_kvm_set_shared(struct emu_kvm *kvm, uint64_t gpa, bool shared);

/* tdp.c: the secure EPT, with the lock held. A page as the guest's next access needs it, pending;
 * the tables for it alone; it is taken away. 0 or an errno value. */
long emu_kvm_tdp_map(struct emu_kvm *kvm, uint64_t gpa);
long emu_kvm_tdp_tables(struct emu_kvm *kvm, uint64_t gpa);
long emu_kvm_tdp_zap(struct emu_kvm *kvm, uint64_t gpa);
/* It is mapped: undo a zap that failed in its middle. */
long emu_kvm_tdp_restore(struct emu_kvm *kvm, uint64_t gpa);
/* RAX of a SEAMCALL with these operands, the TDR in the register where it belongs. rdx: what it
 * returned there, or NULL. */
uint64_t emu_kvm_seamcall(struct emu_kvm *kvm, unsigned leaf, uint64_t rcx, uint64_t r8,
			  uint64_t r9, uint64_t *rdx);
uint64_t emu_kvm_new_page(struct emu_kvm *kvm);
/* What KVM returns for a status: -EBUSY for a lock that is held, else -EIO. */
long emu_kvm_errno(uint64_t status);

#endif
