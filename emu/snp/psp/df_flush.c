/* SPDX-License-Identifier: MIT */
#include "emu/snp/psp/internal.h"

/* SNP_DF_FLUSH (0x84): nothing of a guest that is gone is left in a buffer of the processor. */
uint32_t emu_snp_df_flush(struct emu_psp *psp)
{
	psp->needs_flush = false;
	return EMU_PSP_SUCCESS;
}
