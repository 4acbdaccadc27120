/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_EMU_TDX_TD_H
#define CVMEM_TESTS_EMU_TDX_TD_H

#include "emu/tdx/tdx.h"
#include "tests/emu/fake_backend.h"

/* A TD of three vCPUs with 8 MiB, a hole, and 1 MiB and 4 KiB. */

struct td {
	struct fake_backend *fake;
	struct emu_tdx *tdx;
	struct emu_machine *emu;
};

struct td td_start(unsigned gpa_width, uint64_t map_gpa_chunk);
void td_finish(struct td *m);

#endif
