/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_SHA384_H
#define CVMEM_EMU_SHA384_H

#include <stddef.h>
#include <stdint.h>

/* SHA-384, FIPS 180-4: the hash of both platforms' launch measurements. */

#define EMU_SHA384_SIZE	 48
#define EMU_SHA384_BLOCK 128

struct emu_sha384 {
	uint64_t state[8];
	uint64_t bytes; /* hashed so far; a launch has fewer than 2^61 */
	uint8_t block[EMU_SHA384_BLOCK];
};

void emu_sha384_init(struct emu_sha384 *hash);
void emu_sha384_update(struct emu_sha384 *hash, const void *data, size_t size);
/* The hash is not usable afterwards. */
void emu_sha384_final(struct emu_sha384 *hash, uint8_t digest[EMU_SHA384_SIZE]);

#endif
