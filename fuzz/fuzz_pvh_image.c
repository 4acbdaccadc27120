/* SPDX-License-Identifier: MIT */
#include <stdint.h>

#include "fuzz/check.h"
#include "shim/pvh_image.h"

/* An input is a kernel's file. What is taken can be loaded from the file to below 4 GiB, and has
 * its entry there. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_segment(const struct pvh_image *image, unsigned i, size_t size)
{
	const struct pvh_segment *segment = &image->segment[i];
	const uint64_t limit = UINT64_C(1) << 32;

	CHECK(segment->memory_bytes && segment->memory_bytes <= limit);
	CHECK(segment->address <= limit - segment->memory_bytes);
	CHECK(segment->file_bytes <= segment->memory_bytes && segment->file_bytes <= size);
	CHECK(segment->offset <= size - segment->file_bytes);
	for (unsigned j = 0; j < i; j++)
		CHECK(image->segment[j].address + image->segment[j].memory_bytes <=
			      segment->address ||
		      segment->address + segment->memory_bytes <= image->segment[j].address);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pvh_image image;
	bool found = false;

	if (pvh_image_read(&image, data, size))
		return 0;
	CHECK(image.count && image.count <= PVH_SEGMENTS);
	for (unsigned i = 0; i < image.count; i++) {
		const struct pvh_segment *segment = &image.segment[i];

		check_segment(&image, i, size);
		found |= image.entry >= segment->address &&
			 image.entry < segment->address + segment->file_bytes;
	}
	CHECK(found && pvh_image_memory(&image) <= UINT64_C(1) << 32);
	return 0;
}
