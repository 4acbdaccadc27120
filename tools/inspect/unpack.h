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

/* What was unpacked; freed by inspect_release(). */
struct inspect_unpacked {
	struct bytes bytes;
	uint8_t *memory;
	uint64_t room;
};

/*
 * Unpacks what `packed` starts with, and ignores what follows it. At most `limit` bytes come out,
 * and at most the limits' memory; more is an error, and so are corrupt and truncated streams.
 * False: the image has a note that says what is wrong with its `what`, and nothing is to be freed.
 * Decoders use 256 MiB of their own at most.
 */
bool inspect_unpack(struct inspect_limits *limits, struct inspect_image *image, const char *what,
		    struct bytes packed, uint64_t limit, struct inspect_unpacked *unpacked);
void inspect_release(struct inspect_limits *limits, struct inspect_unpacked *unpacked);

#endif
