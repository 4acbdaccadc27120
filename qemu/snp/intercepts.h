/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_INTERCEPTS_H
#define CVMEM_QEMU_SNP_INTERCEPTS_H

#include "emu/snp/snp.h"
#include "qemu/guest/platform.h"
#include "qemu/snp/decode.h"
#include "qemu/snp/snp.h"

/* What translated code calls before an instruction that only raises a #VC; call NULL: nothing.
 * bytes are used for SNP_OP_PORT only. */
struct platform_call snp_intercept(enum snp_op op, const uint8_t *bytes, size_t size);

#endif
