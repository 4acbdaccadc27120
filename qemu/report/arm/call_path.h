/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_REPORT_ARM_CALL_PATH_H
#define CVMEM_QEMU_REPORT_ARM_CALL_PATH_H

#include "qemu/report/call_path.h"

/* By the chain of frame records, Arm's AAPCS64, section 6.4.6. A kernel that runs where
 * guest.kernel is, and whose symbols have _text, its first byte, may be mapped anywhere, or not at
 * all yet. The symbols of another program are taken for its addresses. */
void arm_call_path(const struct symbols *symbols, unsigned vcpu, uint64_t pc,
		   struct call_path *path);

#endif
