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
	const char *firmware;	/* for the report only; NULL: not told */
	const char *symbols;	/* of the kernel, for the report; NULL: none */
	uint64_t accept_ns_per_4k;
	struct emu_attack attack; /* of the host; kind NONE: none */
	/* The host's N-th answer to an accept is a lie of the emulator: success, and nothing is
	 * accepted. To see that the guest's next access is caught. 0: never. */
	uint64_t forget_accept;
	bool host_4k_only;
};

/* Chooses the platform, too. False, and a message, when an argument is wrong. */
bool guest_options_parse(struct guest_options *options, int argc, char **argv);
/* As the argument says it. */
const char *guest_violation_policy_name(enum guest_violation_policy policy);

/* For a platform's own arguments. False: it is not one. */
bool guest_parse_number(const char *text, uint64_t max, uint64_t *value);
bool guest_parse_switch(const char *text, bool *value);

#endif
