/* SPDX-License-Identifier: MIT */
#include "emu/snp/psp/internal.h"

/* Guest policy, firmware ABI table "Guest policy": the lowest ABI version in 15:0, minor below
 * major; bit 17 is one. */
#define POLICY_ABI(policy) ((policy)&0xffff)
#define POLICY_ONE	   (UINT64_C(1) << 17)
#define POLICY_RESERVED	   (~UINT64_C(0) << 26)
#define OWN_ABI		   0x0138 /* 1.56 */

/* SNP_LAUNCH_START (0xa0): INIT -> LAUNCH. */
uint32_t emu_snp_launch_start(struct emu_psp *psp, const struct emu_snp_launch_start *buffer)
{
	uint32_t status = emu_psp_check_context(psp, buffer->context);

	if (status)
		return status;
	if (psp->state != EMU_GSTATE_INIT)
		return EMU_PSP_INVALID_GUEST_STATE;
	if (!(buffer->policy & POLICY_ONE) || buffer->policy & POLICY_RESERVED)
		return EMU_PSP_INVALID_PARAM;
	if (POLICY_ABI(buffer->policy) > OWN_ABI)
		return EMU_PSP_POLICY_FAILURE;
	psp->policy = buffer->policy;
	psp->state = EMU_GSTATE_LAUNCH;
	return EMU_PSP_SUCCESS;
}
