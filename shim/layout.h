/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_SHIM_LAYOUT_H
#define CVMEM_SHIM_LAYOUT_H

#include "bare/layout.h"

/* The ROM below 4 GiB, and its end: the metadata and the reset vector. */
#define SHIM_ROM_BYTES	 0x20000
#define SHIM_ROM	 0xfffe0000
#define SHIM_START_BYTES 0x800
#define SHIM_TAIL_BYTES	 0x200

/* SNP: the hashes of what is booted, measured at the launch. */
#define SHIM_HASHES (BARE_PLATFORM + BARE_PLATFORM_BYTES)
/* The first vCPU's calling area for an SVSM, and Linux's afterwards; zeros without one. */
#define SHIM_CAA (SHIM_HASHES + 0x1000)

/* What the firmware allocates for itself and for Linux, behind the memory of bare/layout.h and
 * below the place that Linux prefers. */
#define SHIM_POOL     0xa80000
#define SHIM_POOL_END 0x1000000

#endif
