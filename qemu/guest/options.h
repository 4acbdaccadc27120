/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_GUEST_OPTIONS_H
#define CVMEM_QEMU_GUEST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "emu/attack.h"

/* What happens at an access that the hardware would not allow; RAISE: the guest gets the
 * platform's exception. */
enum guest_violation_policy { GUEST_VIOLATION_STOP, GUEST_VIOLATION_RAISE, GUEST_VIOLATION_LOG };

/* The plugin's arguments for both platforms, as docs/vm.md lists them. */
struct guest_options {
	enum guest_violation_policy violation;
	const char *report;	/* at exit; NULL: none */
	const char *report_now; /* at SIGUSR1; NULL: none */
	const char *trace;	/* NULL: none */
	const char *firmware;	/* only for the report; NULL: unknown */
	const char *symbols;	/* of the kernel, for the report; NULL: none */
	uint64_t accept_ns_per_4k;
	struct emu_attack attack; /* by the host; kind NONE: none */
	/* The N-th accept is answered with success but does nothing: a fault of the emulator on
	 * purpose, to test that the guest's next access is caught. 0: never. */
	uint64_t forget_accept;
	bool host_4k_only;
};

#endif
