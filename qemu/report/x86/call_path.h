/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_REPORT_X86_CALL_PATH_H
#define CVMEM_QEMU_REPORT_X86_CALL_PATH_H

#include "qemu/report/call_path.h"

/* By the CALLs that lead to what is on the stack, since Linux has no frame pointers there. The
 * slide is looked for until it is known. */
void x86_call_path(const struct symbols *symbols, unsigned vcpu, uint64_t rip,
		   struct call_path *path);

#endif
