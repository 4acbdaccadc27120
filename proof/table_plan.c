/* SPDX-License-Identifier: MIT */
/*
 * proves:  cvm_table_plan() covers every unaccepted byte of a map and no unit before the first one,
 *          with as many bytes as the bitmap needs, and refuses what is not page aligned;
 *          cvm_table_init() makes an empty table of it in these bytes, and none in fewer
 * bound:   maps of up to 2 ranges, any bounds and types; units of 2 MiB, and any that are not
 *          valid; bitmaps of up to 8 bytes for cvm_table_init()
 * unwind:  9
 * options: --unwindset find_bit.0:2
 * broken:  lib/table.c: plan->base = cvm_round_down(low, unit); => plan->base = low;
 */
#include "../lib/table.c"

#include "proof_map.h"
#include "proof_table.h"

#define RANGES 2

bool cvm_map_has_memory(const struct cvm_map *map, uint64_t start, uint64_t end)
{
	return map && start < end;
}

static void prove_init(const struct cvm_table_plan *plan)
{
	uint64_t storage[4];
	struct cvm_table *table = (struct cvm_table *)storage;
	size_t bytes = any_size(), i = any_size();
	int error;

	ASSUME(plan->bytes <= sizeof(storage) && bytes <= sizeof(storage));
	error = cvm_table_init(table, bytes, plan);
	PROVE((error == CVM_ENOSPC) == (plan->bytes && bytes < plan->bytes));
	PROVE((error == CVM_EINVAL) == !plan->bytes);
	if (error)
		return;
	PROVE(is_table(table, bytes - CVM_TABLE_HEADER));
	PROVE(table->phys_base == plan->base && table->unit_size == plan->unit_size);
	PROVE(cvm_table_end(table) >= plan->end);
	PROVE(cvm_table_end(table) - plan->end < UINT64_C(8) * plan->unit_size);
	ASSUME(i < plan->bytes / 8 - 3);
	PROVE(!table->bitmap[i]);
	REACHABLE(plan->bytes == 32);
}

static void prove(uint32_t given, uint64_t unit)
{
	struct cvm_range range[RANGES];
	uint64_t needed;
	struct cvm_table_plan plan;
	struct cvm_map map;
	bool aligned = true, any = false;
	size_t i = any_size();
	int error;

	any_map(&map, range, RANGES, RANGES, any64, 0);
	for (size_t n = 0; n < map.count; n++) {
		if (range[n].type != CVM_MEM_UNACCEPTED)
			continue;
		any = true;
		aligned &= !(range[n].start & 4095) && !(range[n].end & 4095);
	}
	error = cvm_table_plan(&map, given, &plan);
	PROVE(error == (aligned ? 0 : CVM_EINVAL));
	if (error)
		return;
	PROVE((plan.bytes != 0) == any);
	PROVE(plan.unit_size == unit && !(plan.base & (unit - 1)) && !(plan.bytes & 7));
	ASSUME(i < map.count);
	if (range[i].type == CVM_MEM_UNACCEPTED)
		PROVE(range[i].start >= plan.base && range[i].end <= plan.end);
	if (any) {
		needed = ((plan.end - plan.base - 1) >> __builtin_ctzll(unit)) + 1;
		PROVE(plan.end <= CVM_PHYS_END && plan.base < plan.end);
		PROVE((plan.bytes - 24) * 8 >= needed && (plan.bytes - 24) * 8 < needed + 64 + 7);
		REACHABLE(plan.bytes > 200000000);
	}
	prove_init(&plan);
}

int main(void)
{
	struct cvm_map map = { .count = 0 };
	struct cvm_table_plan plan;
	uint32_t invalid = any32();

	prove(0, UINT64_C(1) << 21);
	ASSUME(invalid &&
	       (invalid < 4096 || invalid > UINT32_C(1) << 30 || invalid & (invalid - 1)));
	PROVE(cvm_table_plan(&map, invalid, &plan) == CVM_EINVAL && !plan.bytes);
	return 0;
}
