/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/tdx/launch/mrtd.h"

#include "emu/tdx/seam/mrtd.h"

#define PAGE 4096

static bool extend(struct emu_mrtd *mrtd, tdx_mrtd_read *read, uint64_t page)
{
	uint8_t chunk[EMU_MRTD_CHUNK];

	for (uint64_t gpa = page; gpa < page + PAGE; gpa += EMU_MRTD_CHUNK) {
		if (!read(gpa, chunk, sizeof(chunk)))
			return false;
		emu_mrtd_extend(mrtd, gpa, chunk);
	}
	return true;
}

bool tdx_mrtd_compute(const struct metadata *tdvf, tdx_mrtd_read *read, uint8_t mrtd[SHA384_BYTES])
{
	struct emu_mrtd build;

	emu_mrtd_init(&build);
	for (size_t i = 0; i < tdvf->count; i++) {
		const struct metadata_section *section = &tdvf->section[i];

		for (uint64_t offset = 0; offset < section->size; offset += PAGE) {
			emu_mrtd_page_add(&build, section->gpa + offset);
			if (section->attributes & TDVF_MR_EXTEND &&
			    !extend(&build, read, section->gpa + offset))
				return false;
		}
	}
	emu_mrtd_final(&build, mrtd);
	return true;
}
