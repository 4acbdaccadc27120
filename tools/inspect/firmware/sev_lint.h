/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FIRMWARE_SEV_LINT_H
#define TOOLS_INSPECT_FIRMWARE_SEV_LINT_H

#include "formats/sev.h"
#include "tools/inspect/firmware/lint.h"

/*
 * Adds a lint for everything that is wrong with what sev_read() found in `image`. The rules are
 * those that QEMU (target/i386/sev.c), KVM or the guest depend on. True: SEV metadata is present,
 * and breaks no rule that hosts enforce.
 */
bool fw_sev_lint(const struct sev *sev, struct bytes image, struct fw_lints *lints);

/* True if there is a section of this type that is not empty. */
bool fw_sev_has(const struct metadata *metadata, uint32_t type);

#endif
