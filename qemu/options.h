/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_OPTIONS_H
#define CVMEM_QEMU_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "emu/attack.h"

/* What happens at an access that the hardware would not allow. */
enum td_violation_policy { TD_VIOLATION_STOP, TD_VIOLATION_VE, TD_VIOLATION_LOG };

/* The plugin's arguments, as docs/vm.md lists them. */
struct td_options {
	unsigned gpa_width;
	enum td_violation_policy violation;
	const char *report;   /* NULL: none */
	const char *firmware; /* for the report only; NULL: not told */
	uint64_t accept_ns_per_4k;
	struct emu_attack attack; /* of the host; kind NONE: none */
	/* The host's N-th answer to an accept is a lie of the emulator: success, and nothing is
	 * accepted. To see that the guest's next access is caught. 0: never. */
	uint64_t forget_accept;
	bool host_4k_only;
};

/* False, and a message, when an argument is wrong. */
bool td_options_parse(struct td_options *options, int argc, char **argv);

#endif
