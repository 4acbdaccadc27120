/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nettle/sha2.h>

#include "qemu/tdx/tdx.h"

void tdx_sha384(const void *data, size_t size, uint8_t digest[EMU_SHA384_SIZE])
{
	struct sha384_ctx context;

	sha384_init(&context);
	sha384_update(&context, size, data);
	sha384_digest(&context, EMU_SHA384_SIZE, digest);
}
