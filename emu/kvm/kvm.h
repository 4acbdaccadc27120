/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_KVM_KVM_H
#define CVMEM_EMU_KVM_KVM_H

#include "emu/snp/snp.h"
#include "emu/tdx/seam/seam.h"
#include "emu/tdx/tdx.h"

/*
 * KVM's calls that give a VM memory, over the emulated TDX module and SNP firmware: what a VMM's
 * library can be tried against without /dev/kvm. Results are those of ioctl(2), with negative errno
 * values. Source: Linux, Documentation/virt/kvm/api.rst and x86/intel-tdx.rst.
 *
 * Two profiles. Linux, as of 7.2: KVM_PRE_FAULT_MEMORY of a confidential guest is refused before
 * the launch is finished, and KVM_TDX_INIT_MEM_REGION makes the tables that it needs. Seed, the
 * proposal of March 2024 (KVM_MAP_MEMORY): mapping comes first, also before the launch;
 * KVM_TDX_INIT_MEM_REGION adds pages alone, and refuses what was not mapped. An SNP guest has no
 * tables that its firmware walks: mapping before its launch is KVM's affair alone, and
 * KVM_SEV_SNP_LAUNCH_UPDATE does not ask for it.
 *
 * A VM that is not confidential has no page tables here: a page is mapped, or it is not.
 *
 * The calls may be made by several threads at once.
 */
enum emu_kvm_profile { EMU_KVM_LINUX, EMU_KVM_SEED };

/* The values of KVM_CREATE_VM on x86. */
enum emu_kvm_type {
	EMU_KVM_DEFAULT = 0,
	EMU_KVM_SW_PROTECTED = 1,
	EMU_KVM_SNP = 4,
	EMU_KVM_TDX = 5
};

/* File descriptors: the VM; vCPUs and guest_memfds, counted from these. */
enum { EMU_KVM_VM = 1000, EMU_KVM_VCPU = 1100, EMU_KVM_MEMFD = 1500 };

#define EMU_KVM_VCPUS  32
#define EMU_KVM_SLOTS  32
#define EMU_KVM_MEMFDS 16

struct emu_kvm_config {
	enum emu_kvm_profile profile;
	enum emu_kvm_type type;
	unsigned vcpus;		   /* at most EMU_KVM_VCPUS */
	const struct emu_ram *ram; /* all that slots may be made of */
	size_t ram_count;
	/* The content at an address of the VMM, for launch content. False: -EFAULT. */
	bool (*read_user)(void *ctx, uint64_t address, void *buffer, size_t size);
	/* The VMM can access the page at an address, as a slot without a guest_memfd has it. NULL:
	 * each. */
	bool (*host_mapped)(void *ctx, uint64_t address);
	/* A signal is pending for the calling thread. NULL: never. */
	bool (*signal)(void *ctx);
	/* As emu_seam_config.fault: what the module answers instead. */
	uint64_t (*seam_fault)(void *ctx, unsigned leaf);
	/* As emu_psp_config.fault: what the firmware, RMPUPDATE or PSMASH answer instead. */
	uint32_t (*psp_fault)(void *ctx, unsigned command);
	/*
	 * KVM_EXIT_HYPERCALL with KVM_HC_MAP_GPA_RANGE, and KVM_EXIT_MEMORY_FAULT: the VMM converts
	 * memory, by the calls below. On the guest's vCPU, no lock is held. False: it will not.
	 * NULL: never.
	 */
	bool (*convert)(void *ctx, uint64_t gpa, uint64_t size, bool to_private);
	/* SNP: where vCPUs other than the first begin, and EAX of CPUID leaf 1: both are measured.
	 */
	uint32_t ap_ip, fms;
	void *ctx;
};

struct emu_kvm;

/* The VM and its vCPUs exist. NULL: out of memory, or a configuration that breaks the rules. */
struct emu_kvm *emu_kvm_create(const struct emu_kvm_config *config,
			       const struct emu_backend *backend);
void emu_kvm_destroy(struct emu_kvm *kvm);

/* -EIO once the VM is dead: the guest has touched a pending page, or emu_kvm_release(). */
long emu_kvm_ioctl(struct emu_kvm *kvm, int fd, unsigned long request, void *argument);

/* fallocate(2) of a guest_memfd. */
long emu_kvm_fallocate(struct emu_kvm *kvm, int fd, int mode, uint64_t offset, uint64_t size);
/* The VMM's mapping at these addresses has changed: the guest's ends, as by Linux's MMU notifier.
 */
void emu_kvm_unmap_host(struct emu_kvm *kvm, uint64_t address, uint64_t size);

/* Of a TD; NULL: it is none. Its guest's EPT violations are handled by this KVM. */
struct emu_tdx *emu_kvm_tdx(struct emu_kvm *kvm);
/* Of an SNP guest; NULL: it is none. */
struct emu_snp *emu_kvm_snp(struct emu_kvm *kvm);

struct emu_kvm_stats {
	uint64_t pages_4k;   /* mapped for the guest */
	uint64_t violations; /* that the guest had */
};

void emu_kvm_stats(const struct emu_kvm *kvm, struct emu_kvm_stats *out);
/* The VM ends; the object stays. Returns: pages of the host that module or firmware keep. */
uint64_t emu_kvm_release(struct emu_kvm *kvm);
/* The page is mapped for the guest: an access of the kind that its attributes say is no exit. */
bool emu_kvm_is_mapped(const struct emu_kvm *kvm, uint64_t gpa);

#endif
