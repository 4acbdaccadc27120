/* SPDX-License-Identifier: MIT */
#ifndef TESTS_QEMU_PVH_LAYOUT_H
#define TESTS_QEMU_PVH_LAYOUT_H

#include "bare/layout.h"

/* Where the kernel is, outside of the firmware's memory. What bare/ needs behind its image comes
 * with it as zeros, up to the end of the buffer for DMA. */
#define PVH_IMAGE 0x2000000
#define PVH_END	  (PVH_IMAGE + BARE_DMA + BARE_DMA_BYTES - BARE_IMAGE)

#endif
