/* SPDX-License-Identifier: MIT */
/*
 * proves:  of a range that cvm_table_add() records, each byte is either unaccepted in the table or
 *          accepted at once, by one call, and no byte outside is; what was unaccepted stays so; on
 *          an error no bit is set; a short range is accepted whole; nothing is accepted twice
 * bound:   any table of up to 8 units of 2 MiB; any range; the call that accepts may fail each time
 * unwind:  9
 * broken:  lib/table.c: if (end - start < 2 * unit) => if (end - start < unit)
 */
#include "../lib/table.c"

#include "proof_table.h"

static uint64_t range_start, range_end, byte;
static unsigned calls, byte_accepted;
static uint64_t bytes_accepted;
static bool failed;

bool cvm_map_has_memory(const struct cvm_map *map, uint64_t start, uint64_t end)
{
	return map && start < end;
}

static int accept_now(void *ctx, uint64_t start, uint64_t end)
{
	PROVE(ctx == &calls && !failed);
	PROVE(start < end && start >= range_start && end <= range_end);
	PROVE(!((start | end) & 4095));
	calls++;
	bytes_accepted += end - start;
	byte_accepted += byte >= start && byte < end;
	failed = any_bool();
	return failed ? CVM_EIO : 0;
}

static void prove(unsigned shift)
{
	uint64_t storage[4], before, unit = UINT64_C(1) << shift;
	struct cvm_table *table = any_table(storage, shift);
	bool was_unaccepted, is_set;
	int error;

	ASSUME(table->size <= 1);
	range_start = any64();
	range_end = any64();
	byte = any64();
	before = storage[3];
	was_unaccepted = is_unaccepted(table, byte);

	error = cvm_table_add(table, range_start, range_end, accept_now, &calls);
	PROVE((error == CVM_EINVAL) == (range_start >= range_end || range_end > CVM_PHYS_END ||
					(range_start & 4095) || (range_end & 4095)));
	PROVE((error == CVM_EIO) == failed);
	PROVE(!error || storage[3] == before);
	PROVE((storage[3] & before) == before);
	is_set = is_unaccepted(table, byte);
	PROVE(byte_accepted <= 1);
	if (byte < range_start || byte >= range_end || error) {
		PROVE(is_set == was_unaccepted);
		return;
	}
	PROVE(is_set == (was_unaccepted || !byte_accepted));
	PROVE(!byte_accepted || is_set == was_unaccepted);
	if (range_end - range_start < 2 * unit)
		PROVE(calls == 1 && bytes_accepted == range_end - range_start);
	PROVE(byte_accepted || (byte >= table->phys_base && is_set));
	REACHABLE(calls == 2 && !byte_accepted);
	REACHABLE(calls == 0);
	REACHABLE(calls == 1 && byte_accepted && range_end - range_start > 9 * unit);
}

int main(void)
{
	prove(21);
	return 0;
}
