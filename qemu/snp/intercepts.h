/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_INTERCEPTS_H
#define CVMEM_QEMU_SNP_INTERCEPTS_H

#include "emu/snp/snp.h"
#include "qemu/guest/platform.h"
#include "qemu/snp/decode.h"
#include "qemu/snp/snp.h"

/* intercepts.c: what translated code calls before an instruction that does no more than raise a
 * #VC; call NULL: there is none. The bytes are of SNP_OP_PORT's alone. */
struct platform_call snp_intercept(enum snp_op op, const uint8_t *bytes, size_t size);

/* intercepts_host.c: what the host does for the handler of such a #VC, with an event of this
 * kind. */
enum emu_ghcb_result snp_intercepted(unsigned vcpu, enum snp_exit kind,
				     struct emu_ghcb_event *event);

#endif
