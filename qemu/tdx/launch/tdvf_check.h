/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_TDX_LAUNCH_TDVF_CHECK_H
#define CVMEM_QEMU_TDX_LAUNCH_TDVF_CHECK_H

#include "formats/tdvf.h"

/*
 * Whether a TD can be built from what tdvf_read() found, by the rules of QEMU's hw/i386/tdvf.c.
 * NULL: yes; there is exactly one section of type TDVF_TD_HOB, all sections are whole pages, and
 * only QEMU's four types occur. Else one sentence without an end mark that says what is wrong.
 */
const char *tdx_tdvf_check(const struct metadata *tdvf);

#endif
