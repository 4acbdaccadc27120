/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_POPULATE_FIRMWARE_H
#define TOOLS_POPULATE_FIRMWARE_H

#include "emu/kvm/kvm.h"
#include "tools/populate/options.h"

/* The launch of a firmware's image as QEMU with KVM does it: what its metadata says, in that order.
 * An SNP guest has the whole image first, and a VMSA for each vCPU at the end. */
struct firmware_launch {
	size_t sections;
	uint64_t bytes; /* that were added */
	uint8_t digest[SHA384_BYTES];
	char problem[160];
};

/* Of options->firmware. NULL, or what was not possible. */
const char *firmware_launch(const struct populate_options *options, uint64_t memory,
			    struct firmware_launch *launch);

/* The command, with --firmware. Exit status. */
int populate_firmware(const struct populate_options *options, uint64_t memory);

#endif
