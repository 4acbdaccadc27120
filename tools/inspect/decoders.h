/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_DECODERS_H
#define TOOLS_INSPECT_DECODERS_H

#include "formats/bytes.h"

enum decoded {
	DECODED,
	DECODE_CORRUPT, /* or not such a stream at all */
	DECODE_SHORT,	/* the stream continues after the end of the input */
	DECODE_LARGE,	/* the output is larger than `room` */
};

/*
 * Each unpacks one stream from `in` into out, which has *size bytes, and sets *size to how many of
 * them it has used, with any result.
 */
enum decoded decode_gzip(struct bytes in, uint8_t *out, size_t *size);
enum decoded decode_xz(struct bytes in, uint8_t *out, size_t *size);
enum decoded decode_lzma(struct bytes in, uint8_t *out, size_t *size);
enum decoded decode_zstd(struct bytes in, uint8_t *out, size_t *size);
enum decoded decode_bzip2(struct bytes in, uint8_t *out, size_t *size);
/* The "legacy" frame of lz4 -l, which kernels use. */
enum decoded decode_lz4(struct bytes in, uint8_t *out, size_t *size);
/* The format of lzop. */
enum decoded decode_lzo(struct bytes in, uint8_t *out, size_t *size);

#endif
