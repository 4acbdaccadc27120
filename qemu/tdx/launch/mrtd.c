/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/tdx/launch/mrtd.h"

#include <nettle/sha2.h>
#include <string.h>

#include "formats/le.h"

#define PAGE	     4096
#define CHUNK	     256 /* of TDH.MR.EXTEND */
#define RECORD	     128
#define RECORD_GPA   16
#define RECORD_NAMES 16

/* The record before the content: which function, for which address. */
static void record(struct sha384_ctx *context, const char *name, uint64_t gpa)
{
	uint8_t bytes[RECORD] = { 0 };

	memcpy(bytes, name, strnlen(name, RECORD_NAMES));
	le_put(bytes + RECORD_GPA, gpa, 8);
	sha384_update(context, sizeof(bytes), bytes);
}

static bool extend(struct sha384_ctx *context, tdx_mrtd_read *read, uint64_t page)
{
	uint8_t chunk[CHUNK];

	for (uint64_t gpa = page; gpa < page + PAGE; gpa += CHUNK) {
		if (!read(gpa, chunk, sizeof(chunk)))
			return false;
		record(context, "MR.EXTEND", gpa);
		sha384_update(context, sizeof(chunk), chunk);
	}
	return true;
}

bool tdx_mrtd_compute(const struct metadata *tdvf, tdx_mrtd_read *read,
		      uint8_t mrtd[EMU_SHA384_SIZE])
{
	struct sha384_ctx context;

	sha384_init(&context);
	for (size_t i = 0; i < tdvf->count; i++) {
		const struct metadata_section *section = &tdvf->section[i];

		for (uint64_t offset = 0; offset < section->size; offset += PAGE) {
			record(&context, "MEM.PAGE.ADD", section->gpa + offset);
			if (section->attributes & TDVF_MR_EXTEND &&
			    !extend(&context, read, section->gpa + offset))
				return false;
		}
	}
	sha384_digest(&context, EMU_SHA384_SIZE, mrtd);
	return true;
}
