/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "formats/tiano.h"

/* Any bytes as a compressed section: no read or write outside, and it ends. */

/* Enough for a match that reaches far back. */
#define LARGEST (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes bytes = { data, size };
	uint32_t unpacked = tiano_size(bytes);
	uint8_t *out;

	if (!unpacked || unpacked > LARGEST)
		return 0;
	out = malloc(unpacked);
	if (!out)
		return 0;
	tiano_unpack(bytes, TIANO_STANDARD, out, unpacked);
	tiano_unpack(bytes, TIANO_CUSTOM, out, unpacked);
	free(out);
	return 0;
}
