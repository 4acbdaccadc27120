/* SPDX-License-Identifier: MIT */
#include "emu/stop.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum emu_action emu_stopper_set(struct emu_stopper *stopper, enum emu_stop_cause cause,
				unsigned vcpu, uint64_t gpa, uint64_t code, const char *format, ...)
{
	uint32_t running = 0;
	va_list args;

	if (!__atomic_compare_exchange_n(&stopper->phase, &running, 1, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE))
		return EMU_STOP;

	stopper->stop.cause = cause;
	stopper->stop.vcpu = vcpu;
	stopper->stop.gpa = gpa;
	stopper->stop.code = code;
	va_start(args, format);
	vsnprintf(stopper->stop.text, sizeof(stopper->stop.text), format, args);
	va_end(args);
	__atomic_store_n(&stopper->phase, 2, __ATOMIC_RELEASE);
	return EMU_STOP;
}

void emu_stopper_get(const struct emu_stopper *stopper, struct emu_stop *out)
{
	uint32_t phase;

	while ((phase = __atomic_load_n(&stopper->phase, __ATOMIC_ACQUIRE)) == 1)
		sched_yield();
	if (phase == 2) {
		*out = stopper->stop;
		return;
	}
	memset(out, 0, sizeof(*out));
	out->cause = EMU_RUNNING;
	out->gpa = UINT64_MAX;
}
