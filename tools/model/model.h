/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MODEL_MODEL_H
#define TOOLS_MODEL_MODEL_H

#include <cvmem/vmm.h>

#include "emu/kvm/kvm.h"

/*
 * A VMM over the model of KVM, by the calls of cvmem/vmm.h: it creates a confidential VM, launches
 * content, populates memory, and converts what the guest asks for.
 *
 *   model_init()    the model's configuration, for emu_kvm_create()
 *   model_create()  memory and vCPUs of that VM, ready for content
 *   model_add()     content, in the order of its measurement
 *   model_finish()  the measurement; the guest may run
 *   model_populate()
 */

/* Ranges of RAM, each a memory slot. */
#define MODEL_REGIONS (EMU_KVM_SLOTS - 1)

struct model {
	struct emu_kvm_config config;
	struct emu_kvm *kvm; /* not the model's own */
	struct cvm_vmm_sys sys;
	struct cvm_vmm_caps caps;
	struct cvm_vmm_region region[MODEL_REGIONS];
	struct cvm_vmm_machine machine;
	unsigned (*vcpu)(void); /* that the calling thread runs; NULL: the first */
	bool populates;		/* also what the guest converts */
	uint64_t conversions;	/* by the guest; atomic */
};

/* vcpus: at most EMU_KVM_VCPUS. ram: as in struct emu_kvm_config. */
void model_init(struct model *model, enum emu_kvm_profile profile, enum emu_kvm_type type,
		unsigned vcpus, const struct emu_ram *ram, size_t ram_count);

/* NULL, or what was not possible. */
const char *model_create(struct model *model, struct emu_kvm *kvm);

/* KVM_PRE_FAULT_MEMORY, KVM_MAP_MEMORY of the seed. Returns: as cvm_vmm_pre_fault(). */
int model_map(struct model *model, uint64_t gpa, uint64_t size);
/* Returns: as cvm_vmm_launch_add(); *at is the first address that is not added. */
int model_add(struct model *model, uint64_t gpa, uint64_t size, const void *source,
	      enum cvm_vmm_content_kind kind, uint64_t *at);
/* Returns: 0 or an error of cvmem/vmm.h. */
int model_finish(struct model *model, uint8_t digest[SHA384_BYTES]);

/*
 * About `bytes`, from the lowest address on; UINT64_MAX: all. From then on conversions populate as
 * well. progress: as in struct cvm_vmm_job_config, with ctx; or NULL.
 * Returns: 0 or an error of cvmem/vmm.h.
 */
int model_populate(struct model *model, uint64_t bytes, struct cvm_vmm_progress *done,
		   void (*progress)(void *ctx, uint64_t done, uint64_t total), void *ctx);

#endif
