/* SPDX-License-Identifier: MIT */
/*
 * proves:  cvm_round_up() and cvm_round_down() give the nearest multiple and do not wrap, up to
 *          2^64 - granule; cvm_search() finds the first range that ends after an address
 * bound:   any value, any power of two; up to 4 ranges
 * unwind:  6
 * broken:  lib/internal.h: return (value + granule - 1) & => return (value + granule) &
 */
#include "../lib/internal.h"

#include "proof.h"

#define RANGES 4

static void rounding(void)
{
	unsigned shift = any32();
	uint64_t value = any64(), granule, down, up;

	ASSUME(shift < 64);
	granule = UINT64_C(1) << shift;
	down = cvm_round_down(value, granule);
	PROVE(down <= value && value - down < granule && !(down & (granule - 1)));
	ASSUME(value <= UINT64_MAX - granule + 1);
	up = cvm_round_up(value, granule);
	PROVE(up >= value && up - value < granule && !(up & (granule - 1)));
	REACHABLE(up > value && shift == 63);
}

static void searching(void)
{
	struct {
		uint64_t start, end, more;
	} range[RANGES];
	uint64_t address = any64();
	size_t count = any_size(), other = any_size(), found;

	ASSUME(count <= RANGES);
	for (size_t i = 0; i < count; i++) {
		range[i].start = any64();
		range[i].end = any64();
		ASSUME(range[i].start < range[i].end);
		ASSUME(!i || range[i - 1].end <= range[i].start);
	}
	found = cvm_search(range, sizeof(range[0]), count, address);
	PROVE(found <= count);
	ASSUME(other < count);
	PROVE((range[other].end > address) == (other >= found));
	REACHABLE(found == RANGES);
	REACHABLE(found == 0);
}

int main(void)
{
	rounding();
	searching();
	return 0;
}
