/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_TDX_SEAM_MRTD_H
#define CVMEM_EMU_TDX_SEAM_MRTD_H

#include "hash/sha384.h"

/*
 * MRTD, the measurement of a TD's build: TDX module base specification, "MRTD: Build-Time
 * Measurement Register", with the layouts of TDH.MEM.PAGE.ADD and TDH.MR.EXTEND. Only these two
 * calls are measured, in their order.
 */
#define EMU_MRTD_CHUNK 256 /* bytes that TDH.MR.EXTEND measures */

struct emu_mrtd {
	struct sha384 hash;
};

void emu_mrtd_init(struct emu_mrtd *mrtd);
void emu_mrtd_page_add(struct emu_mrtd *mrtd, uint64_t gpa);
void emu_mrtd_extend(struct emu_mrtd *mrtd, uint64_t gpa, const uint8_t chunk[EMU_MRTD_CHUNK]);
void emu_mrtd_final(struct emu_mrtd *mrtd, uint8_t digest[SHA384_BYTES]);

#endif
