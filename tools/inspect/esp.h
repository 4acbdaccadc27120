/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_ESP_H
#define TOOLS_INSPECT_ESP_H

#include "tools/inspect/fatfs.h"

/*
 * What firmware would boot from a file system, and what that would boot: each becomes a child of
 * the image. What would not by default has `other` set.
 */
void esp_look(struct inspect_limits *limits, const struct fat *fat, struct inspect_image *image);

#endif
