/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_FORMATS_GUID_H
#define CVMEM_FORMATS_GUID_H

#include <stdint.h>

#define GUID_SIZE 16

/*
 * A GUID's bytes in memory: 32, 16 and 16 bits little-endian, then eight bytes in the order of the
 * text (UEFI specification 2.10, appendix A). The five arguments are the five groups of the text:
 * 96b582de-1fb2-45f7-baea-a366c55a082d is GUID(0x96b582de, 0x1fb2, 0x45f7, 0xbaea, 0xa366c55a082d).
 */
#define GUID(a, b, c, d, e)                                                                        \
	{                                                                                          \
		GUID_BYTE(a, 0), GUID_BYTE(a, 8), GUID_BYTE(a, 16), GUID_BYTE(a, 24),              \
			GUID_BYTE(b, 0), GUID_BYTE(b, 8), GUID_BYTE(c, 0), GUID_BYTE(c, 8),        \
			GUID_BYTE(d, 8), GUID_BYTE(d, 0), GUID_BYTE(e, 40), GUID_BYTE(e, 32),      \
			GUID_BYTE(e, 24), GUID_BYTE(e, 16), GUID_BYTE(e, 8), GUID_BYTE(e, 0)       \
	}
#define GUID_BYTE(group, shift) ((uint64_t)(group) >> (shift)&0xff)

/* Writes "96b582de-1fb2-45f7-baea-a366c55a082d" for the 16 bytes at `guid`. Returns text. */
#define GUID_TEXT 37
char *guid_text(char text[GUID_TEXT], const uint8_t *guid);

#endif
