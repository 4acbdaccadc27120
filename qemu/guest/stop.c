/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/stop.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "qemu/guest/platform.h"
#include "qemu/host/devices.h"
#include "qemu/host/vcpu.h"

static const char *reason; /* set once, complete; NULL: runs */

void guest_stop(int status, const char *format, ...)
{
	const char *none = NULL;
	char *mine = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&mine, format, args) < 0)
		mine = NULL;
	va_end(args);
	if (!__atomic_compare_exchange_n(&reason, &none, mine ? mine : "out of memory", false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		free(mine);
		return;
	}
	fprintf(stderr, "\ncvmem.so: stopped: %s\n", reason);
	qemu_shutdown(status);
}

bool guest_is_stopped(void)
{
	return guest_stop_reason();
}

const char *guest_stop_reason(void)
{
	return __atomic_load_n(&reason, __ATOMIC_ACQUIRE);
}

void guest_block_vcpu(unsigned vcpu, uintptr_t host_pc)
{
	/* QEMU's main thread ends the process. It needs its lock, and this vCPU between two
	 * instructions. If the access belongs to the delivery of an exception, QEMU would repeat
	 * the delivery before it looks whether the vCPU has to stop; HLT takes the exception's
	 * place. An interrupt that ends HLT leads to the same instruction. */
	if (host_pc)
		qemu_sync(vcpu, host_pc);
	qemu_release_lock();
	qemu_halt(vcpu);
}

void guest_stop_as(unsigned vcpu, const struct emu_stop *why)
{
	guest_stop(why->cause == EMU_STOP_GUEST_REQUEST ? GUEST_EXIT_GUEST : GUEST_EXIT_VIOLATION,
		   "vCPU %u: %s, at %s 0x%llx", why->vcpu, why->text, platform->counter,
		   (unsigned long long)qemu_rip(vcpu));
	guest_block_vcpu(vcpu, 0);
}
