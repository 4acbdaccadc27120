/* SPDX-License-Identifier: MIT */
#include "emu/cca/internal.h"
#include "hash/sha256.h"

#define EXTEND_MAX 64

/* RSI_MEASUREMENT_EXTEND. x1: which REM; x2: bytes, which are in x3 to x10. The new value is the
 * hash of the old one and of them. */
enum emu_action emu_rsi_measurement_extend(struct emu_cca *cca, unsigned vcpu, uint64_t *x)
{
	uint64_t index = x[1], size = x[2];
	struct sha256 sha;

	if (!index || index >= EMU_CCA_MEASUREMENTS || size > EXTEND_MAX) {
		x[0] = RSI_ERROR_INPUT;
		return EMU_NEXT;
	}
	emu_cca_measurement_lock(cca);
	sha256_start(&sha);
	sha256_add(&sha, cca->measurement[index], EMU_CCA_MEASUREMENT);
	sha256_add(&sha, &x[3], size);
	sha256_end(&sha, cca->measurement[index]);
	emu_cca_measurement_unlock(cca);
	x[0] = RSI_SUCCESS;
	return EMU_NEXT;
}
