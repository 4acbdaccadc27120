/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/mrtd.h"

#include <string.h>

#define RECORD	     128
#define RECORD_GPA   16
#define RECORD_NAMES 16

void emu_mrtd_init(struct emu_mrtd *mrtd)
{
	sha384_start(&mrtd->hash);
}

/* The record before the content: which function, for which address. */
static void record(struct emu_mrtd *mrtd, const char *name, uint64_t gpa)
{
	uint8_t bytes[RECORD] = { 0 };

	memcpy(bytes, name, strnlen(name, RECORD_NAMES));
	for (unsigned i = 0; i < 8; i++)
		bytes[RECORD_GPA + i] = (uint8_t)(gpa >> (8 * i));
	sha384_add(&mrtd->hash, bytes, sizeof(bytes));
}

void emu_mrtd_page_add(struct emu_mrtd *mrtd, uint64_t gpa)
{
	record(mrtd, "MEM.PAGE.ADD", gpa);
}

void emu_mrtd_extend(struct emu_mrtd *mrtd, uint64_t gpa, const uint8_t chunk[EMU_MRTD_CHUNK])
{
	record(mrtd, "MR.EXTEND", gpa);
	sha384_add(&mrtd->hash, chunk, EMU_MRTD_CHUNK);
}

void emu_mrtd_final(struct emu_mrtd *mrtd, uint8_t digest[SHA384_BYTES])
{
	sha384_end(&mrtd->hash, digest);
}
