/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_GUEST_LAYOUT_H
#define CVMEM_GUEST_LAYOUT_H

#include "bare/layout.h"

/* The ROM below 4 GiB: the image, how to relocate it, the code that copies it to RAM, the reset
 * vector. */
#define GUEST_ROM_BYTES	  0x40000
#define GUEST_ROM	  0xfffc0000
#define GUEST_RELOCATIONS 0xffff8000
#define GUEST_START	  0xfffff000

/* Behind the memory of bare/layout.h: the recorded workload; its end is the guest's. */
#define GUEST_WORKLOAD 0xa80000

#endif
