/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_BOOT_PROGRESS_H
#define TOOLS_BOOT_PROGRESS_H

#include "boot/boot.h"
#include "hosted/hosted.h"

/* A progress line on standard error, if that is a terminal. */
struct progress;

struct progress *progress_start(const char *name, const struct hosted_machine *machine,
				const struct boot *boot, uint64_t usable);
void progress_stop(struct progress *progress);

#endif
