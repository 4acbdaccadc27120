/* SPDX-License-Identifier: MIT */
/* Compressions whose libraries decode the whole format. */
#include <bzlib.h>
#include <limits.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>
#include "tools/inspect/decoders.h"

/* Memory for the dictionary that an xz or lzma header asks for. Linux's has 128 MiB at most. */
#define DECODER_MEMORY (256u << 20)

static unsigned int portion(size_t size)
{
	return size > UINT_MAX / 2 ? UINT_MAX / 2 : (unsigned int)size;
}

enum decoded decode_gzip(struct bytes in, uint8_t *out, size_t *size)
{
	z_stream stream = { 0 };
	size_t left = in.size, room = *size;
	int result;

	stream.next_in = (Bytef *)(uintptr_t)in.data;
	stream.next_out = out;
	if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
		return DECODE_CORRUPT;
	do {
		unsigned int given_in = portion(left), given_out = portion(room);

		stream.avail_in = given_in;
		stream.avail_out = given_out;
		result = inflate(&stream, Z_NO_FLUSH);
		left -= given_in - stream.avail_in;
		room -= given_out - stream.avail_out;
	} while (result == Z_OK && left && room);
	inflateEnd(&stream);
	*size -= room;
	if (result == Z_STREAM_END)
		return DECODED;
	if (result != Z_OK && result != Z_BUF_ERROR)
		return DECODE_CORRUPT;
	return left ? DECODE_LARGE : DECODE_SHORT;
}

static enum decoded run_lzma(lzma_stream *stream, struct bytes in, uint8_t *out, size_t *size)
{
	lzma_ret result;
	size_t left;

	stream->next_in = in.data;
	stream->avail_in = in.size;
	stream->next_out = out;
	stream->avail_out = *size;
	do {
		result = lzma_code(stream, LZMA_RUN);
	} while (result == LZMA_OK && stream->avail_in && stream->avail_out);
	/* The mark at the end may follow the last byte of output. */
	if (result == LZMA_OK)
		result = lzma_code(stream, LZMA_RUN);
	left = stream->avail_in;
	*size -= stream->avail_out;
	lzma_end(stream);
	if (result == LZMA_STREAM_END)
		return DECODED;
	if (result != LZMA_OK && result != LZMA_BUF_ERROR)
		return DECODE_CORRUPT;
	return left ? DECODE_LARGE : DECODE_SHORT;
}

enum decoded decode_xz(struct bytes in, uint8_t *out, size_t *size)
{
	lzma_stream stream = LZMA_STREAM_INIT;

	if (lzma_stream_decoder(&stream, DECODER_MEMORY, 0) != LZMA_OK)
		return DECODE_CORRUPT;
	return run_lzma(&stream, in, out, size);
}

enum decoded decode_lzma(struct bytes in, uint8_t *out, size_t *size)
{
	lzma_stream stream = LZMA_STREAM_INIT;

	if (lzma_alone_decoder(&stream, DECODER_MEMORY) != LZMA_OK)
		return DECODE_CORRUPT;
	return run_lzma(&stream, in, out, size);
}

/* The output is in one piece and serves as the window. */
enum decoded decode_zstd(struct bytes in, uint8_t *out, size_t *size)
{
	size_t frame = ZSTD_findFrameCompressedSize(in.data, in.size), limit = *size, result;

	*size = 0;
	if (ZSTD_isError(frame))
		return ZSTD_getErrorCode(frame) == ZSTD_error_srcSize_wrong ? DECODE_SHORT
									    : DECODE_CORRUPT;
	result = ZSTD_decompress(out, limit, in.data, frame);
	/* The library does not return how much was written. */
	*size = ZSTD_isError(result) ? limit : result;
	if (!ZSTD_isError(result))
		return DECODED;
	return ZSTD_getErrorCode(result) == ZSTD_error_dstSize_tooSmall ? DECODE_LARGE
									: DECODE_CORRUPT;
}

enum decoded decode_bzip2(struct bytes in, uint8_t *out, size_t *size)
{
	bz_stream stream = { 0 };
	size_t left = in.size, room = *size;
	int result;

	stream.next_in = (char *)(uintptr_t)in.data;
	stream.next_out = (char *)out;
	if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK)
		return DECODE_CORRUPT;
	do {
		unsigned int given_in = portion(left), given_out = portion(room);

		stream.avail_in = given_in;
		stream.avail_out = given_out;
		result = BZ2_bzDecompress(&stream);
		left -= given_in - stream.avail_in;
		room -= given_out - stream.avail_out;
	} while (result == BZ_OK && left && room);
	/* The checksums follow the last byte of output. */
	if (result == BZ_OK && left) {
		stream.avail_in = portion(left);
		result = BZ2_bzDecompress(&stream);
	}
	BZ2_bzDecompressEnd(&stream);
	*size -= room;
	if (result == BZ_STREAM_END)
		return DECODED;
	if (result != BZ_OK)
		return DECODE_CORRUPT;
	return left ? DECODE_LARGE : DECODE_SHORT;
}
