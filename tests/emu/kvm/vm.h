/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_EMU_KVM_VM_H
#define CVMEM_TESTS_EMU_KVM_VM_H

#include "cvmem/vmm.h"
#include "emu/kvm/kvm.h"
#include "tests/emu/fake_backend.h"

/* A VM of 8 MiB over the model of KVM, with the system calls of vmm/ over it. */

#define VM_RAM	  UINT64_C(0x800000)
#define VM_SOURCE UINT64_C(0x10000000) /* page k of the source has k + 1 in all of its bytes */

#define VM_POLICY UINT64_C(0x30000)
#define VM_SEV_FD 3
#define VM_AP_IP  0x80b004
#define VM_FMS	  0x800f12

struct vm {
	struct fake_backend *fake;
	struct emu_backend backend;
	uint8_t *memory;
	struct emu_kvm *kvm;
	struct cvm_vmm_sys sys;
	struct cvm_vmm_caps caps;
	struct cvm_vmm_region region;
	struct cvm_vmm_machine machine;
	unsigned signals; /* pending for so many checks */
	unsigned random;  /* not 0: faults by it */
	uint64_t ioctls;
	uint64_t (*fault)(void *ctx, unsigned leaf); /* what the module answers, or NULL */
};

/* With one slot over all RAM, private if the type has that; a TD up to
 * KVM_TDX_INIT_VCPU, an SNP guest up to KVM_SEV_SNP_LAUNCH_START. */
void vm_start(struct vm *vm, enum emu_kvm_profile profile, enum emu_kvm_type type);
/* The VM exists, and nothing more. */
void vm_create(struct vm *vm, enum emu_kvm_profile profile, enum emu_kvm_type type);
void vm_finish(struct vm *vm);

long vm_ioctl(struct vm *vm, int fd, unsigned long request, void *argument);
/* KVM_MEMORY_ENCRYPT_OP */
long vm_tdx(struct vm *vm, int fd, unsigned id, unsigned flags, void *data);
/* The same of an SNP guest; error: the firmware's. And KVM_SEV_SNP_LAUNCH_START. */
long vm_sev(struct vm *vm, unsigned id, void *data, uint32_t *error);
long vm_snp_start(struct vm *vm, uint64_t policy, uint32_t *error);
/* Launch content by vmm/. */
int vm_add(struct vm *vm, uint64_t gpa, uint64_t size, enum cvm_vmm_content_kind kind,
	   uint64_t *stopped_at);
/* KVM_TDX_FINALIZE_VM, KVM_SEV_SNP_LAUNCH_FINISH. */
void vm_finalize(struct vm *vm);
/* RAX of TDG.MEM.PAGE.ACCEPT */
uint64_t vm_accept(struct vm *vm, uint64_t gpa, unsigned level);
/* EAX of PVALIDATE to validate, with CF as bit 32. */
uint64_t vm_pvalidate(struct vm *vm, uint64_t gpa, uint32_t size);
/* One worker, all of the plan. */
int vm_populate(struct vm *vm);

/* Random tests: how many steps of the host each profile has; HOST_STEPS asks for more. */
uint64_t vm_steps_wanted(uint64_t wanted);
/* Such a test's line. */
void vm_steps_done(enum emu_kvm_profile profile, uint64_t steps, unsigned vms);

#endif
