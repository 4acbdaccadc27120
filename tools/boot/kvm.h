/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_BOOT_KVM_H
#define TOOLS_BOOT_KVM_H

#include "hosted/hosted.h"
#include "tools/model/model.h"

/* --host-populates: the machine's host is a VMM over the model of KVM. */
struct boot_kvm {
	struct model model;
	struct boot_kvm_report {
		bool used;
		uint64_t populated; /* bytes, before the guest ran */
		uint64_t calls;	    /* of KVM_PRE_FAULT_MEMORY */
		uint64_t faults;    /* exits for pages that were not there */
		uint64_t conversions;
		uint8_t digest[SHA384_BYTES];
	} report;
};

/* Into a configuration of a machine without launch content. */
void boot_kvm_init(struct boot_kvm *kvm, struct hosted_config *config);

/* The VM is created, `launch` is measured, and about `bytes` are populated; UINT64_MAX: all. NULL,
 * or what was not possible. */
const char *boot_kvm_start(struct boot_kvm *kvm, struct hosted_machine *machine,
			   const struct emu_ram *launch, uint64_t bytes);

/* After the guest has run. */
void boot_kvm_finish(struct boot_kvm *kvm);

#endif
