/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_COMPAT_STDBOOL_H
#define CVMEM_COMPAT_STDBOOL_H

/* What cvmem uses of <stdbool.h>; see stdint.h here. */
#ifdef __KERNEL__
#include <linux/stddef.h>
#include <linux/types.h>
#else
#define bool _Bool
#define true 1
#define false 0
#endif

#endif
