/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_STOP_H
#define CVMEM_EMU_STOP_H

#include "emu/engine.h"

/* Why a machine stopped: written once, by the vCPU that stops it first. */
struct emu_stopper {
	uint32_t phase; /* atomic: 0 running, 1 being written, 2 readable */
	struct emu_stop stop;
};

/* Always EMU_STOP, to be returned by the caller. */
enum emu_action emu_stopper_set(struct emu_stopper *stopper, enum emu_stop_cause cause,
				unsigned vcpu, uint64_t gpa, uint64_t code, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

static inline bool emu_stopper_is_set(const struct emu_stopper *stopper)
{
	return __atomic_load_n(&stopper->phase, __ATOMIC_ACQUIRE) != 0;
}

void emu_stopper_get(const struct emu_stopper *stopper, struct emu_stop *out);

#endif
