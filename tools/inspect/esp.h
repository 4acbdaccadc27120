/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_ESP_H
#define TOOLS_INSPECT_ESP_H

#include "tools/inspect/fatfs.h"

/*
 * Finds what firmware boots from a file system, and what that boots in turn. Each becomes a child
 * of the image; those that are not booted by default have `other` set.
 */
void esp_look(struct inspect_limits *limits, const struct fat *fat, struct inspect_image *image);

#endif
