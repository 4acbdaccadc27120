/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/arm/resolve.h"

#include <stdint.h>
#include <time.h>

#include "qemu/host/exports.h"

/* QEMU stops a vCPU between two instructions. It comes back here at once if it executes the same
 * instruction again, and must not keep the processor from what it waits for. */
static void pause_vcpu(void *env)
{
	const struct timespec millisecond = { .tv_nsec = 1000000 };

	nanosleep(&millisecond, NULL);
	q.loop_exit((uint8_t *)env - qemu_layout.env);
}

const char *qemu_arm_resolve(void)
{
	static const struct qemu_symbol symbols[] = {
		{ &q.gdb_write, "aarch64_cpu_gdb_write_register" },
		{ &q.raise_arm, "raise_exception" },
	};

	q.halt = pause_vcpu;
	return qemu_resolve_all(symbols, sizeof(symbols) / sizeof(symbols[0]));
}
