/* SPDX-License-Identifier: MIT */
#include "tools/inspect/firmware/unpack.h"

#include <brotli/decode.h>
#include <lzma.h>
#include <stdlib.h>

#include "formats/guid.h"
#include "formats/tiano.h"

/* LZMA-alone: properties, 32 bits of dictionary size, 64 bits of unpacked size. */
#define LZMA_HEADER 13
/* EDK2 puts the unpacked size and the size of its scratch memory, 64 bits each, in front. */
#define BROTLI_HEADER 16

/* Methods of packing, by the GUID of the section. EDK2, MdeModulePkg.dec and BaseTools. */
static const uint8_t lzma[GUID_SIZE] = GUID(0xee4e5898, 0x3914, 0x4259, 0x9d6e, 0xdc7bd79403cf);
static const uint8_t lzma_x86[GUID_SIZE] = GUID(0xd42ae6bd, 0x1352, 0x4bfb, 0x909a, 0xca72a6eae889);
static const uint8_t brotli[GUID_SIZE] = GUID(0x3d532050, 0x5cda, 0x4fd0, 0x879e, 0x0f7f630d5afb);
static const uint8_t tiano[GUID_SIZE] = GUID(0xa31280ad, 0x481e, 0x41b6, 0x95e8, 0x127f4c984779);

static bool is_method(const uint8_t *guid, const uint8_t *method)
{
	return guid && !memcmp(guid, method, GUID_SIZE);
}

static const char *name_of(const uint8_t *guid)
{
	static const struct {
		const uint8_t *guid;
		const char *name;
	} methods[] = {
		{ lzma, "LZMA" },
		{ lzma_x86, "LZMA with the x86 filter" },
		{ brotli, "Brotli" },
		{ tiano, "Tiano" },
	};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (is_method(guid, methods[i].guid))
			return methods[i].name;
	return NULL;
}

const char *fw_unpack_name(const uint8_t *guid)
{
	return guid ? name_of(guid) : "UEFI's compression";
}

/* The header is read here, so that a dictionary larger than the content is not allocated. */
static bool unpack_lzma(struct bytes packed, uint8_t *data, size_t size, bool x86)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_options_lzma options;
	lzma_filter filters[3] = { { LZMA_VLI_UNKNOWN, NULL } };
	uint8_t properties = packed.data[0];
	uint32_t dictionary = bytes_u32(packed, 1);
	size_t n = 0;
	lzma_ret result;

	memset(&options, 0, sizeof(options));
	if (properties >= 9 * 5 * 5)
		return false;
	options.lc = properties % 9;
	options.lp = properties / 9 % 5;
	options.pb = properties / 45;
	options.dict_size = dictionary < size ? dictionary : (uint32_t)size;
	if (options.dict_size < LZMA_DICT_SIZE_MIN)
		options.dict_size = LZMA_DICT_SIZE_MIN;
	if (x86)
		filters[n++] = (lzma_filter){ LZMA_FILTER_X86, NULL };
	/* Without the size, the x86 filter holds back the last bytes: a cut-off instruction. */
	options.ext_flags = LZMA_LZMA1EXT_ALLOW_EOPM;
	lzma_set_ext_size(options, size);
	filters[n++] = (lzma_filter){ LZMA_FILTER_LZMA1EXT, &options };
	filters[n] = (lzma_filter){ LZMA_VLI_UNKNOWN, NULL };
	if (lzma_raw_decoder(&stream, filters) != LZMA_OK)
		return false;
	stream.next_in = packed.data + LZMA_HEADER;
	stream.avail_in = packed.size - LZMA_HEADER;
	stream.next_out = data;
	stream.avail_out = size;
	result = lzma_code(&stream, LZMA_FINISH);
	lzma_end(&stream);
	return result == LZMA_STREAM_END && !stream.avail_out;
}

static bool unpack_brotli(struct bytes packed, uint8_t *data, size_t size)
{
	size_t done = size;

	return BrotliDecoderDecompress(packed.size - BROTLI_HEADER, packed.data + BROTLI_HEADER,
				       &done, data) == BROTLI_DECODER_RESULT_SUCCESS &&
	       done == size;
}

/* As the header has it; 0: it cannot be. */
static uint64_t unpacked_size(const uint8_t *guid, struct bytes packed)
{
	if (!guid || is_method(guid, tiano))
		return tiano_size(packed);
	if (is_method(guid, brotli))
		return packed.size > BROTLI_HEADER ? bytes_u64(packed, 0) : 0;
	return packed.size > LZMA_HEADER ? bytes_u64(packed, 5) : 0;
}

static bool unpack(const uint8_t *guid, struct bytes packed, uint8_t *data, size_t size)
{
	if (!guid || is_method(guid, tiano))
		return tiano_unpack(packed, guid ? TIANO_CUSTOM : TIANO_STANDARD, data,
				    (uint32_t)size);
	if (is_method(guid, brotli))
		return unpack_brotli(packed, data, size);
	return unpack_lzma(packed, data, size, is_method(guid, lzma_x86));
}

enum fw_unpack_result fw_unpack(const uint8_t *guid, struct bytes packed, size_t limit,
				uint8_t **data, size_t *size)
{
	uint64_t unpacked;

	*data = NULL;
	*size = 0;
	if (!fw_unpack_name(guid))
		return FW_UNPACK_UNKNOWN;
	unpacked = unpacked_size(guid, packed);
	if (!unpacked)
		return FW_UNPACK_CORRUPT;
	if (unpacked > limit)
		return FW_UNPACK_LIMIT;
	*data = calloc(1, unpacked);
	if (!*data)
		return FW_UNPACK_MEMORY;
	if (!unpack(guid, packed, *data, unpacked)) {
		free(*data);
		*data = NULL;
		return FW_UNPACK_CORRUPT;
	}
	*size = unpacked;
	return FW_UNPACKED;
}
