/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FW_TDVF_LINT_H
#define TOOLS_INSPECT_FW_TDVF_LINT_H

#include "tools/inspect/firmware/tdvf.h"

/*
 * What is wrong with the sections that were read; the number of errors. The rules are those of
 * the TDVF Design Guide that QEMU (hw/i386/tdvf.c), KVM or the firmware itself depend on. Sets
 * split_code.
 */
size_t fw_tdvf_lint(struct fw_tdvf *tdvf, struct bytes image, struct fw_lints *lints);

#endif
