/* SPDX-License-Identifier: MIT */
#include "emu/snp/psp/internal.h"

#include <string.h>

/* SNP_LAUNCH_FINISH (0xa2): LAUNCH -> RUNNING. The measurement is what the ID block says, if there
 * is one. */
uint32_t emu_snp_launch_finish(struct emu_psp *psp, const struct emu_snp_launch_finish *buffer)
{
	uint32_t status = emu_psp_check_context(psp, buffer->context);

	if (status)
		return status;
	if (psp->state != EMU_GSTATE_LAUNCH)
		return EMU_PSP_INVALID_GUEST_STATE;
	if (buffer->id_digest) {
		if (buffer->id_policy != psp->policy)
			return EMU_PSP_POLICY_FAILURE;
		if (memcmp(buffer->id_digest, psp->digest.value, SHA384_BYTES))
			return EMU_PSP_BAD_MEASUREMENT;
	}
	psp->state = EMU_GSTATE_RUNNING;
	return EMU_PSP_SUCCESS;
}
