/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_POPULATE_LAUNCH_VM_H
#define TOOLS_POPULATE_LAUNCH_VM_H

#include "tools/model/model.h"
#include "tools/populate/options.h"

/* A confidential VM over the model of KVM that is launched, and whose guest never runs. */
struct launch_vm {
	const struct emu_ram *ram;
	size_t ram_count;
	/* SNP: as in struct emu_kvm_config; ap_ip 0: the reset vector. */
	uint32_t ap_ip, fms;
};

/* Makes one, of options->model and options->platform, calls use, and ends it. NULL, or what was not
 * possible, in use as well. */
const char *launch_in_vm(const struct populate_options *options, const struct launch_vm *vm,
			 const char *(*use)(void *ctx, struct model *model), void *ctx);

#endif
