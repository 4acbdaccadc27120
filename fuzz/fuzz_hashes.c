/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "shim/hashes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The page of hashes is the host's: whatever it holds, three hashes come from within it, or none.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t page[HASHES_ROOM] = { 0 };
	struct hashes hashes;

	memcpy(page, data, size < sizeof(page) ? size : sizeof(page));
	if (!hashes_read(&hashes, page) || !hashes.there)
		return 0;
	for (unsigned i = 0; i < HASHES_ITEMS; i++)
		if (!memmem(page, sizeof(page), hashes.hash[i], SHA256_BYTES))
			abort();
	return 0;
}
