/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "emu/cca/internal.h"

/* RSI_MEASUREMENT_READ. x1: 0 for the RIM, 1 to 4 for a REM. x1 to x8 out: the value, and zeros
 * behind it. */
enum emu_action emu_rsi_measurement_read(struct emu_cca *cca, unsigned vcpu, uint64_t *x)
{
	uint64_t index = x[1];

	memset(&x[1], 0, 8 * sizeof(x[0]));
	if (index >= EMU_CCA_MEASUREMENTS) {
		x[0] = RSI_ERROR_INPUT;
		return EMU_NEXT;
	}
	emu_cca_measurement_lock(cca);
	memcpy(&x[1], cca->measurement[index], EMU_CCA_MEASUREMENT);
	emu_cca_measurement_unlock(cca);
	x[0] = RSI_SUCCESS;
	return EMU_NEXT;
}
