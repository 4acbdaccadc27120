/* SPDX-License-Identifier: MIT */
/*
 * proves:  the units of a range are those of all its bytes and, with the guard, of the byte behind
 *          its last page, and no others; a run is the lowest bits side by side; a run that is cut
 *          short ends where one may begin, and never behind the range
 * bound:   units of 4 KiB, 2 MiB and 1 GiB; any table, range, word and length of runs
 * unwind:  4
 * broken:  lib/accept.c: if (acceptor->config.guard && !(end & unit_mask)) => if
 * (acceptor->config.guard)
 */
#include "../lib/accept.c"

#include "proof_table.h"

static void ranges(unsigned shift)
{
	uint64_t storage[4], start = any64(), end = any64(), first, last, behind;
	struct cvm_table *table = any_table(storage, shift);
	struct cvm_acceptor acceptor = { .config = { .table = table } };
	bool some;

	acceptor.units = table->size * 8;
	acceptor.unit_shift = shift;
	acceptor.config.guard = any_bool();
	some = units_of(&acceptor, start, end, &first, &last);
	/* The byte that the last unit holds, counted from the base. */
	behind = end < CVM_PHYS_END ? (end + 4095) & ~UINT64_C(4095) : CVM_PHYS_END;
	behind -= !acceptor.config.guard;
	if (start >= end || behind < table->phys_base) {
		PROVE(!some);
		return;
	}
	if (!some) {
		PROVE(!table->size || start >= CVM_PHYS_END ||
		      start >= table->phys_base + (acceptor.units << shift));
		return;
	}
	PROVE(first == (start < table->phys_base ? 0 : (start - table->phys_base) >> shift));
	PROVE(last <= acceptor.units);
	PROVE(last == acceptor.units || last == ((behind - table->phys_base) >> shift) + 1);
	PROVE(last <= ((behind - table->phys_base) >> shift) + 1);
	REACHABLE(acceptor.config.guard && last == 64 && first == 0);
}

static void bits(void)
{
	uint64_t word = any64(), run;

	ASSUME(word);
	run = lowest_run(word);
	PROVE(run && !(run & ~word));
	PROVE(!((run + (run & -run)) & run));
	PROVE(lowest(run) == lowest(word));
	PROVE(bits_end(run) == 64 || !(word >> bits_end(run) & 1));
	PROVE(run == (~UINT64_C(0) >> (64 - (bits_end(run) - lowest(run)))) << lowest(run));
	REACHABLE(run == ~UINT64_C(0));
	REACHABLE(run == 1 && word == 5);
}

static void limits(unsigned shift)
{
	uint64_t storage[4], first = any64(), last = any64(), limit, base;
	struct cvm_table *table = any_table(storage, shift);
	struct cvm_acceptor acceptor = { .config = { .table = table } };
	unsigned log = any32();

	ASSUME(log <= 40 && first < last && last <= CVM_PHYS_END >> 12);
	acceptor.unit_shift = shift;
	acceptor.run_units = UINT64_C(1) << log;
	acceptor.config.guard = any_bool();
	limit = cvm_run_limit(&acceptor, first, last);
	base = table->phys_base >> shift;
	PROVE(first < limit && limit <= last);
	PROVE(limit - first <= acceptor.run_units + acceptor.config.guard);
	PROVE(limit == last || !((base + limit) & (acceptor.run_units - 1)));
	REACHABLE(limit < last && log > 9);
}

int main(void)
{
	ranges(12);
	ranges(21);
	ranges(30);
	bits();
	limits(21);
	return 0;
}
