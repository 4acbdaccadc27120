/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "qemu/internals.h"
#include "qemu/td.h"

static char reason[256];
static bool stopped;

void td_stop(int status, const char *format, ...)
{
	bool before = __atomic_exchange_n(&stopped, true, __ATOMIC_ACQ_REL);
	va_list args;

	if (before)
		return;
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	fprintf(stderr, "\ncvmem-tdx: stopped: %s\n", reason);
	qemu_shutdown(status);
}

bool td_is_stopped(void)
{
	return __atomic_load_n(&stopped, __ATOMIC_ACQUIRE);
}

const char *td_stop_reason(void)
{
	return td_is_stopped() ? reason : NULL;
}

void td_park(unsigned vcpu, uintptr_t host_pc)
{
	/* QEMU's main thread, which is to end the process, must get its lock and see this
	 * vCPU between two instructions: the same one is tried again until then. */
	const struct timespec pause = { .tv_nsec = 10000000 };

	qemu_release_lock();
	nanosleep(&pause, NULL);
	qemu_restart(vcpu, host_pc);
}
