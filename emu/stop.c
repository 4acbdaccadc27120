/* SPDX-License-Identifier: MIT */
#include "emu/internal.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum emu_action emu_stop_set(struct emu_machine *machine, enum emu_stop_cause cause, unsigned vcpu,
			     uint64_t gpa, uint64_t code, const char *format, ...)
{
	struct emu_stop_latch *latch = &machine->latch;
	uint32_t running = 0;
	va_list args;

	if (!__atomic_compare_exchange_n(&latch->phase, &running, 1, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE))
		return EMU_STOP;

	latch->stop.cause = cause;
	latch->stop.vcpu = vcpu;
	latch->stop.gpa = gpa;
	latch->stop.code = code;
	va_start(args, format);
	vsnprintf(latch->stop.text, sizeof(latch->stop.text), format, args);
	va_end(args);
	__atomic_store_n(&latch->phase, 2, __ATOMIC_RELEASE);
	return EMU_STOP;
}

void emu_stop_get(const struct emu_machine *machine, struct emu_stop *out)
{
	const struct emu_stop_latch *latch = &machine->latch;
	uint32_t phase;

	while ((phase = __atomic_load_n(&latch->phase, __ATOMIC_ACQUIRE)) == 1)
		sched_yield();
	if (phase == 2) {
		*out = latch->stop;
		return;
	}
	memset(out, 0, sizeof(*out));
	out->cause = EMU_RUNNING;
	out->gpa = UINT64_MAX;
}
