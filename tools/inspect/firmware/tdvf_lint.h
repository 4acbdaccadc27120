/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FIRMWARE_TDVF_LINT_H
#define TOOLS_INSPECT_FIRMWARE_TDVF_LINT_H

#include "formats/tdvf.h"
#include "tools/inspect/firmware/lint.h"

/*
 * Adds a lint for everything that is wrong with the TDVF descriptor that tdvf_read() found in
 * `image`. The rules are those of the TDVF Design Guide that QEMU (hw/i386/tdvf.c), KVM or the
 * firmware itself depend on. True: it is present, and breaks no rule that hosts enforce.
 */
bool fw_tdvf_lint(const struct metadata *tdvf, struct bytes image, struct fw_lints *lints);

#endif
