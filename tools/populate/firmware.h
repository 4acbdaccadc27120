/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_POPULATE_FIRMWARE_H
#define TOOLS_POPULATE_FIRMWARE_H

#include "tools/populate/options.h"

/* The launch of the image options->firmware in the model, in a VM of that much memory. Exit
 * status. */
int populate_firmware(const struct populate_options *options, uint64_t memory);

#endif
