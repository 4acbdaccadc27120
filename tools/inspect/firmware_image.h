/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FIRMWARE_IMAGE_H
#define TOOLS_INSPECT_FIRMWARE_IMAGE_H

#include "tools/inspect/format.h"

/* Firmware images, variable stores and IGVM files, for formats.c. */
bool fw_recognise(struct bytes bytes);
void fw_look(struct inspect_limits *limits, struct bytes bytes, struct inspect_image *image);

#endif
