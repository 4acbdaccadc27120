/* SPDX-License-Identifier: MIT */
#include "emu/cca/internal.h"

void emu_cca_measurement_lock(struct emu_cca *cca)
{
	unsigned turns = 0;

	while (__atomic_exchange_n(&cca->measurement_lock, 1, __ATOMIC_ACQUIRE))
		emu_pause(&turns);
}

void emu_cca_measurement_unlock(struct emu_cca *cca)
{
	__atomic_store_n(&cca->measurement_lock, 0, __ATOMIC_RELEASE);
}
