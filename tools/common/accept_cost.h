/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_ACCEPT_COST_H
#define TOOLS_COMMON_ACCEPT_COST_H

#include <stdint.h>

/* The modelled time of one accept; name NULL: a number given by the user. */
struct accept_cost {
	const char *name;
	uint64_t ns_per_4k;
	const char *source;
};

/* For messages: the values that accept_cost_parse() takes. */
#define ACCEPT_COST_ARGUMENT "NS|NAME"
#define ACCEPT_COST_NAMES    "tdx|snp|tdx-early|tdx-late|none"
#define ACCEPT_COST_HELP                                                                           \
	"Nanoseconds to accept 4 KiB, or a published figure: tdx (2500), snp (6100), tdx-early "   \
	"(8000), tdx-late (153000) (default: none)"
#define ACCEPT_COST_VALUES                                                                         \
	"a number of nanoseconds up to 1000000000 or one of tdx, snp, tdx-early, tdx-late, none"

/* No modelled cost: an accept takes the time of the emulation. */
extern const struct accept_cost accept_cost_none;

/* A name or nanoseconds; NULL: neither. Only the last number that was parsed is kept. */
const struct accept_cost *accept_cost_parse(const char *text);

#endif
