/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_UNPACK_H
#define TOOLS_INSPECT_UNPACK_H

#include "tools/inspect/inspect.h"

/* The ways in which kernels are compressed (lib/decompress.c of Linux). */
enum inspect_packing {
	PACKING_NONE,
	PACKING_GZIP,
	PACKING_XZ,
	PACKING_LZMA,
	PACKING_ZSTD,
	PACKING_LZ4,
	PACKING_BZIP2,
	PACKING_LZO,
	PACKINGS,
};

/* By the magic number at the start. */
enum inspect_packing inspect_packing_of(struct bytes bytes);
const char *inspect_packing_name(enum inspect_packing packing);

/* Unpacked content; freed by inspect_release(). */
struct inspect_unpacked {
	struct bytes bytes;
	uint8_t *memory;
	uint64_t room;
};

/*
 * Unpacks the stream at the start of `packed`, and ignores the bytes after it. Output of more than
 * `limit` bytes, or than the memory that is left, is an error, as are corrupt and truncated
 * streams. False: the image has a note about its `what`, and there is nothing to free. Decoders
 * allocate 256 MiB more at most.
 */
bool inspect_unpack(struct inspect_limits *limits, struct inspect_image *image, const char *what,
		    struct bytes packed, uint64_t limit, struct inspect_unpacked *unpacked);
void inspect_release(struct inspect_limits *limits, struct inspect_unpacked *unpacked);

#endif
