/* SPDX-License-Identifier: MIT */
#include "tools/inspect/decoders.h"
#include "tools/inspect/unpack.h"

static const struct {
	const char *name;
	const char *magic;
	size_t size;
	enum decoded (*decode)(struct bytes in, uint8_t *out, size_t *size);
	unsigned int cost; /* of producing a byte, in bytes searched */
} packings[PACKINGS] = {
	[PACKING_NONE] = { "none", NULL, 0, NULL, 1 },
	[PACKING_GZIP] = { "gzip", "\x1f\x8b", 2, decode_gzip, 2 },
	[PACKING_XZ] = { "xz", "\3757zXZ", 6, decode_xz, 8 },
	[PACKING_LZMA] = { "lzma", "\x5d\0\0", 3, decode_lzma, 8 },
	[PACKING_ZSTD] = { "zstd", "\x28\xb5\x2f\xfd", 4, decode_zstd, 1 },
	[PACKING_LZ4] = { "lz4", "\x02\x21\x4c\x18", 4, decode_lz4, 1 },
	[PACKING_BZIP2] = { "bzip2", "BZh", 3, decode_bzip2, 16 },
	[PACKING_LZO] = { "lzo", "\x89LZO\0\r\n\x1a\n", 9, decode_lzo, 1 },
};

enum inspect_packing inspect_packing_of(struct bytes bytes)
{
	for (int i = PACKING_NONE + 1; i < PACKINGS; i++) {
		if (bytes_are(bytes, 0, packings[i].magic, packings[i].size))
			return (enum inspect_packing)i;
	}
	return PACKING_NONE;
}

const char *inspect_packing_name(enum inspect_packing packing)
{
	return packing < PACKINGS ? packings[packing].name : "?";
}

static void complain(struct inspect_image *image, const char *what, enum inspect_packing packing,
		     enum decoded result, uint64_t limit)
{
	const char *name = packings[packing].name;

	switch (result) {
	case DECODE_SHORT:
		inspect_unreadable(image, "truncated",
				   "%s is cut off: the %s stream goes on after its end", what,
				   name);
		break;
	case DECODE_LARGE:
		inspect_unreadable(image, "too-large",
				   "%s unpacks to more than the %llu bytes that are allowed", what,
				   (unsigned long long)limit);
		break;
	default:
		inspect_unreadable(image, "corrupt", "%s is not a whole %s stream", what, name);
	}
}

bool inspect_unpack(struct inspect_limits *limits, struct inspect_image *image, const char *what,
		    struct bytes packed, uint64_t limit, struct inspect_unpacked *unpacked)
{
	enum inspect_packing packing = inspect_packing_of(packed);
	enum decoded result;
	size_t size;

	*unpacked = (struct inspect_unpacked){ 0 };
	if (packing == PACKING_NONE) {
		inspect_unreadable(image, "unknown-compression",
				   "%s is compressed in a way that is not known here", what);
		return false;
	}
	if (limit > limits->memory)
		limit = limits->memory;
	if (limit > limits->work / packings[packing].cost)
		limit = limits->work / packings[packing].cost;
	if (!limit) {
		complain(image, what, packing, DECODE_LARGE, limit);
		return false;
	}
	unpacked->memory = inspect_alloc(limits, image, limit);
	if (!unpacked->memory)
		return false;
	unpacked->room = limit;
	size = limit;
	result = packings[packing].decode(packed, unpacked->memory, &size);
	limits->work -= size * packings[packing].cost;
	unpacked->bytes = (struct bytes){ unpacked->memory, size };
	if (result == DECODED)
		return true;
	complain(image, what, packing, result, limit);
	inspect_release(limits, unpacked);
	return false;
}

void inspect_release(struct inspect_limits *limits, struct inspect_unpacked *unpacked)
{
	inspect_free(limits, unpacked->memory, unpacked->room);
	*unpacked = (struct inspect_unpacked){ 0 };
}
