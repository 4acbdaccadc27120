/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FIRMWARE_UNPACK_H
#define TOOLS_INSPECT_FIRMWARE_UNPACK_H

#include "formats/bytes.h"

enum fw_unpack_result {
	FW_UNPACKED,
	FW_UNPACK_UNKNOWN, /* no library for this method */
	FW_UNPACK_CORRUPT, /* the stream contradicts its header */
	FW_UNPACK_LIMIT,   /* its header states more than `limit` */
	FW_UNPACK_MEMORY,
};

/*
 * Unpacks the payload of a GUIDed section: LZMA, LZMA with the filter for x86 code (both by
 * liblzma), Brotli (by libbrotlidec), Tiano; or, guid NULL, of a section with UEFI's own
 * compression. Each has its unpacked size in a header: sizes
 * above `limit` are refused, and the result has exactly that size. The caller frees *data.
 */
enum fw_unpack_result fw_unpack(const uint8_t *guid, struct bytes packed, size_t limit,
				uint8_t **data, size_t *size);

/* "LZMA", "Brotli", ...; NULL for a GUID that is not defined. */
const char *fw_unpack_name(const uint8_t *guid);

#endif
