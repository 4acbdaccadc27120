/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_TDX_LAUNCH_MRTD_H
#define CVMEM_QEMU_TDX_LAUNCH_MRTD_H

#include "emu/tdx/tdx.h"
#include "formats/tdvf.h"

/*
 * MRTD (emu/tdx/seam/mrtd.h) of a TD whose build is described by a firmware's metadata. The order
 * is that of QEMU with KVM: sections in the metadata's order, page by page; each page is added, and
 * extended at once if its section has the attribute MR.EXTEND.
 */

/* Guest memory before the TD runs. False: there is none. */
typedef bool tdx_mrtd_read(uint64_t gpa, void *buffer, size_t size);

/* False: a measured section cannot be read. */
bool tdx_mrtd_compute(const struct metadata *tdvf, tdx_mrtd_read *read, uint8_t mrtd[SHA384_BYTES]);

#endif
