/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_COMPAT_STDINT_H
#define CVMEM_COMPAT_STDINT_H

/*
 * What cvmem uses of <stdint.h>, for kernels that are compiled without the compiler's own headers
 * (-nostdinc): -I include/compat. Linux has the types in a header of its own, in which 64 bits are
 * long long everywhere.
 */
#ifdef __KERNEL__
#include <linux/types.h>
#else
typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;
typedef __UINTPTR_TYPE__ uintptr_t;
#endif

#if !defined(__KERNEL__) && __SIZEOF_LONG__ == 8
#define CVMEM_COMPAT_64(c) c##UL
#else
#define CVMEM_COMPAT_64(c) c##ULL
#endif

#ifndef UINT32_C
#define UINT32_C(c) c##U
#define UINT64_C(c) CVMEM_COMPAT_64(c)
#endif
#ifndef UINT32_MAX
#define UINT32_MAX 0xffffffffU
#endif
#ifndef UINT64_MAX
#define UINT64_MAX CVMEM_COMPAT_64(0xffffffffffffffff)
#endif
#ifndef SIZE_MAX
#define SIZE_MAX __SIZE_MAX__
#endif

#endif
