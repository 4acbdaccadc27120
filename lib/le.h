/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_LIB_LE_H
#define CVMEM_LIB_LE_H

#include <stdint.h>

/*
 * Little-endian fields at any alignment, byte by byte: compilers combine them into one access where
 * the processor allows it, and never into a call.
 */
static inline uint16_t cvm_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t cvm_get32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t cvm_get64(const uint8_t *p)
{
	return cvm_get32(p) | (uint64_t)cvm_get32(p + 4) << 32;
}

static inline void cvm_put32(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)value;
	p[1] = (uint8_t)(value >> 8);
	p[2] = (uint8_t)(value >> 16);
	p[3] = (uint8_t)(value >> 24);
}

static inline void cvm_put64(uint8_t *p, uint64_t value)
{
	cvm_put32(p, (uint32_t)value);
	cvm_put32(p + 4, (uint32_t)(value >> 32));
}

#endif
