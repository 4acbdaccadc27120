/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_COMPAT_STDDEF_H
#define CVMEM_COMPAT_STDDEF_H

/* What cvmem uses of <stddef.h>; see stdint.h here. */
#ifdef __KERNEL__
#include <linux/stddef.h>
#include <linux/types.h>
#else
typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;
#ifndef NULL
#define NULL ((void *)0)
#endif
#ifndef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif
#endif

#endif
