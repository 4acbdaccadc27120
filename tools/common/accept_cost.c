/* SPDX-License-Identifier: MIT */
#include "tools/common/accept_cost.h"

#include <stddef.h>
#include <string.h>

#include "tools/common/number.h"

const struct accept_cost accept_cost_none = { "none", 0, "the time of the emulation" };

/* Published times from power-on to all memory accepted, by 4 KiB page, on one CPU. */
static const struct accept_cost costs[] = {
	{ "tdx", 2500, "90 GiB in 60 s on one vCPU (Linux developers' mailing list, 2024-10-25)" },
	{ "snp", 6100, "128 GiB in 205 s (Linux developers' mailing list, 2025-02-20)" },
	{ "tdx-early", 8000, "early faults of a 248-vCPU guest (Dstack-TEE/dstack#1220)" },
	{ "tdx-late", 153000, "late faults of a 248-vCPU guest (Dstack-TEE/dstack#1220)" },
};

const struct accept_cost *accept_cost_parse(const char *text)
{
	static struct accept_cost custom = { NULL, 0, "given on the command line" };

	if (!strcmp(text, accept_cost_none.name))
		return &accept_cost_none;
	for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
		if (!strcmp(text, costs[i].name))
			return &costs[i];
	}
	return number_parse(text, 0, 1000000000, &custom.ns_per_4k) ? &custom : NULL;
}
