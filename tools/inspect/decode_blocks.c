/* SPDX-License-Identifier: MIT */
/* Compressions whose libraries decode single blocks; Linux defines the frames around them. */
#include <lz4.h>
#include <lzo/lzo1x.h>
#include "tools/inspect/decoders.h"

/* lz4_Frame_format.md, "Legacy frame": a magic number, then 32 bits of size and a block, ... */
#define LZ4_BLOCK (8u << 20)

enum decoded decode_lz4(struct bytes in, uint8_t *out, size_t *size)
{
	size_t at = 4, limit = *size;

	for (*size = 0; bytes_have(in, at, 4);) {
		uint32_t packed = bytes_u32(in, at);
		size_t room = limit - *size < LZ4_BLOCK ? limit - *size : LZ4_BLOCK;
		int got;

		/*
		 * Nothing marks the end. Linux's build appends the unpacked size. Taken as the size
		 * of a block it is too large for the input.
		 */
		if (!packed || packed > (uint32_t)LZ4_compressBound(LZ4_BLOCK) ||
		    !bytes_have(in, at + 4, packed)) {
			if (packed && at + 4 != in.size)
				return DECODE_SHORT;
			break;
		}
		got = LZ4_decompress_safe((const char *)in.data + at + 4, (char *)out + *size,
					  (int)packed, (int)room);
		if (got < 0)
			return room < LZ4_BLOCK ? DECODE_LARGE : DECODE_CORRUPT;
		*size += (size_t)got;
		at += 4 + packed;
	}
	return *size ? DECODED : DECODE_SHORT;
}

/* lzop's format: big-endian. */
static uint32_t big(struct bytes in, uint64_t at)
{
	return __builtin_bswap32(bytes_u32(in, at));
}

enum {
	LZOP_ADLER32_D = 1,
	LZOP_ADLER32_C = 2,
	LZOP_CRC32_D = 0x100,
	LZOP_CRC32_C = 0x200,
	LZOP_FILTER = 0x800,
	LZOP_BLOCK = 64 << 20,
};

/* The offset of the first block, and the flags; 0: the header is not complete. */
static uint64_t lzop_header(struct bytes in, uint32_t *flags)
{
	uint16_t version = __builtin_bswap16(bytes_u16(in, 9));
	/* Magic, three versions, method; from 0.940 on a level. */
	uint64_t at = 9 + 7 + (version >= 0x940);

	*flags = big(in, at);
	at += 4 + (*flags & LZOP_FILTER ? 4 : 0);
	/* Mode and time; the name and its length; the header's checksum. */
	at += 4 + 4 + (version >= 0x940 ? 4 : 0);
	at += 1 + bytes_number(in, at, 1) + 4;
	return bytes_have(in, at, 4) ? at : 0;
}

enum decoded decode_lzo(struct bytes in, uint8_t *out, size_t *size)
{
	uint32_t flags;
	uint64_t at = lzop_header(in, &flags);
	size_t limit = *size;

	*size = 0;
	if (!at || lzo_init() != LZO_E_OK)
		return DECODE_SHORT;
	for (;;) {
		uint32_t plain = big(in, at), packed = big(in, at + 4);
		lzo_uint got = plain;

		if (!bytes_have(in, at, 4))
			return DECODE_SHORT;
		if (!plain)
			return DECODED;
		at += 8 + (flags & LZOP_ADLER32_D ? 4 : 0) + (flags & LZOP_CRC32_D ? 4 : 0);
		if (packed < plain)
			at += (flags & LZOP_ADLER32_C ? 4 : 0) + (flags & LZOP_CRC32_C ? 4 : 0);
		if (packed > plain || plain > LZOP_BLOCK)
			return DECODE_CORRUPT;
		if (!bytes_have(in, at, packed))
			return DECODE_SHORT;
		if (plain > limit - *size)
			return DECODE_LARGE;
		if (packed == plain)
			memcpy(out + *size, in.data + at, plain);
		else if (lzo1x_decompress_safe(in.data + at, packed, out + *size, &got, NULL) !=
				 LZO_E_OK ||
			 got != plain)
			return DECODE_CORRUPT;
		*size += plain;
		at += packed;
	}
}
