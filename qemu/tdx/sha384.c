/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nettle/sha2.h>

#include "qemu/tdx/tdx.h"

void tdx_sha384(const void *data, size_t size, uint8_t digest[SHA384_BYTES])
{
	struct sha384_ctx context;

	sha384_init(&context);
	sha384_update(&context, size, data);
	sha384_digest(&context, SHA384_BYTES, digest);
}
