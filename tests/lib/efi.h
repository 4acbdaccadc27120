/* SPDX-License-Identifier: MIT */
#ifndef TESTS_MAP_EFI_H
#define TESTS_MAP_EFI_H

#include <string.h>

#include "bytes.h"

/* A descriptor of UEFI 2.11 section 7.2.3; all bytes outside the fields are junk. */
static inline void put_desc(uint8_t *at, size_t desc_size, uint32_t type, uint64_t start,
			    uint64_t pages, uint64_t attr)
{
	memset(at, 0xa5, desc_size);
	poke(at, 4, type);
	poke(at + 8, 8, start);
	poke(at + 24, 8, pages);
	poke(at + 32, 8, attr);
}

#endif
