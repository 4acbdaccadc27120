/* SPDX-License-Identifier: MIT */
#include <cvmem/base.h>
#include <cvmem/table.h>

#include "bitmap.h"
#include "internal.h"
#include "map_internal.h"

/* Reading a table while other CPUs clear its bits: whole words, no lock. */

uint64_t cvm_table_end(const struct cvm_table *table)
{
	return table->phys_base + table->size * 8 * table->unit_size;
}

/* The units that [*start, *end) touches, as bit numbers; false: none is in the table. */
static bool clip(const struct cvm_table *table, uint64_t *start, uint64_t *end)
{
	uint64_t base = table->phys_base, top = cvm_table_end(table);
	unsigned shift = (unsigned)__builtin_ctz(table->unit_size);

	if (*end <= base || *start >= top || *start >= *end || base == top)
		return false;
	*start = (cvm_max(*start, base) - base) >> shift;
	*end = (cvm_min(*end, top) - base + table->unit_size - 1) >> shift;
	return true;
}

/* The first bit in [first, last) that is set in the bitmap xor invert; last: none. */
static uint64_t find_bit(const uint64_t *bitmap, uint64_t first, uint64_t last, uint64_t invert)
{
	for (uint64_t word = first / 64; word * 64 < last; word++) {
		uint64_t bits = cvm_word(bitmap, word) ^ invert;

		if (word == first / 64)
			bits &= ~UINT64_C(0) << first % 64;
		if (bits)
			return cvm_min(word * 64 + (uint64_t)__builtin_ctzll(bits), last);
	}
	return last;
}

bool cvm_bits_any(const uint64_t *bitmap, uint64_t first, uint64_t last)
{
	uint64_t word = first / 64, last_word = (last - 1) / 64;

	if (cvm_word(bitmap, word) & cvm_word_mask(word, first, last))
		return true;
	if (word == last_word)
		return false;
	for (word++; word + 4 <= last_word; word += 4) {
		uint64_t bits = cvm_word(bitmap, word) | cvm_word(bitmap, word + 1) |
				cvm_word(bitmap, word + 2) | cvm_word(bitmap, word + 3);

		if (bits)
			return true;
	}
	for (; word < last_word; word++)
		if (cvm_word(bitmap, word))
			return true;
	return cvm_word(bitmap, last_word) & cvm_word_mask(last_word, first, last);
}

bool cvm_table_any(const struct cvm_table *table, uint64_t start, uint64_t end)
{
	return clip(table, &start, &end) && cvm_few_bits_any(table->bitmap, start, end);
}

uint64_t cvm_table_count(const struct cvm_table *table, uint64_t start, uint64_t end)
{
	uint64_t bytes = 0, from = start, to = end;

	while (cvm_table_next(table, &from, &to, false)) {
		bytes += to - from;
		from = to;
		to = end;
	}
	return bytes;
}

bool cvm_table_next(const struct cvm_table *table, uint64_t *start, uint64_t *end, bool accepted)
{
	uint64_t base = table->phys_base, unit = table->unit_size;
	uint64_t invert = accepted ? ~UINT64_C(0) : 0;
	uint64_t first = *start, last = *end;
	uint64_t run, run_end;

	if (*start >= *end)
		return false;
	if (!clip(table, &first, &last))
		return accepted;
	if (*start < base && accepted) {
		/* Memory below the bitmap is accepted; the run may continue in the bitmap. */
		run = *start;
		run_end = find_bit(table->bitmap, 0, last, 0);
	} else {
		run = find_bit(table->bitmap, first, last, invert);
		if (run == last) {
			if (!accepted || *end <= cvm_table_end(table))
				return false;
			*start = cvm_table_end(table);
			return true;
		}
		/* Not from run itself: another CPU may have cleared it since. */
		run_end = find_bit(table->bitmap, run + 1, last, ~invert);
		run = cvm_max(*start, base + run * unit);
	}
	*start = run;
	/* Memory behind the bitmap is accepted: the run continues. */
	if (!(accepted && run_end == last && *end > cvm_table_end(table)))
		*end = cvm_min(*end, base + run_end * unit);
	return true;
}

bool cvm_table_first_accepted(const struct cvm_table *table, uint64_t *start, uint64_t end)
{
	uint64_t base = table->phys_base, top = cvm_table_end(table), unit;
	uint64_t first = *start, last = end;

	if (!clip(table, &first, &last) || *start < base)
		return *start < end;
	unit = find_bit(table->bitmap, first, last, ~UINT64_C(0));
	/* Behind the bitmap all is accepted. */
	if (unit == last && end <= top)
		return false;
	*start = cvm_max(*start, base + unit * table->unit_size);
	return true;
}

/* Building a table, by the rules of Linux's stub. One CPU alone. */

static bool unit_ok(uint32_t unit)
{
	return unit >= CVM_UNIT_MIN && unit <= CVM_UNIT_MAX && !(unit & (unit - 1));
}

static uint64_t bitmap_bytes(uint64_t base, uint64_t end, uint32_t unit)
{
	uint64_t per_byte = (uint64_t)unit * 8;

	return (end - base + per_byte - 1) / per_byte;
}

int cvm_table_plan(const struct cvm_map *map, uint32_t unit_size, struct cvm_table_plan *plan)
{
	uint64_t low = UINT64_MAX, high = 0;
	uint32_t unit = unit_size ? unit_size : CVM_UNIT_DEFAULT;

	cvm_clear(plan, sizeof(*plan));
	plan->unit_size = unit;
	if (!unit_ok(unit))
		return CVM_EINVAL;
	for (size_t i = 0; i < map->count; i++) {
		const struct cvm_range *range = &map->range[i];

		if (range->type != CVM_MEM_UNACCEPTED)
			continue;
		if ((range->start | range->end) % CVM_PAGE_SIZE)
			return CVM_EINVAL;
		low = cvm_min(low, range->start);
		high = cvm_max(high, range->end);
	}
	if (low >= high)
		return 0;
	plan->base = cvm_round_down(low, unit);
	plan->end = high;
	plan->bytes = CVM_TABLE_HEADER + cvm_round_up(bitmap_bytes(plan->base, high, unit), 8);
	return 0;
}

int cvm_table_init(struct cvm_table *table, size_t bytes, const struct cvm_table_plan *plan)
{
	if (!plan->bytes || (uintptr_t)table % 8)
		return CVM_EINVAL;
	if (bytes < plan->bytes)
		return CVM_ENOSPC;
	table->version = CVM_TABLE_VERSION;
	table->unit_size = plan->unit_size;
	table->phys_base = plan->base;
	table->size = bitmap_bytes(plan->base, plan->end, plan->unit_size);
	cvm_clear(table->bitmap, plan->bytes - CVM_TABLE_HEADER);
	return 0;
}

/* Is it memory, as far as is known? */
static bool may_be_unaccepted(const struct cvm_map *map, uint64_t start, uint64_t end)
{
	return end <= CVM_PHYS_END && (!map || cvm_map_has_memory(map, start, end));
}

/* The bytes of the bitmap that do not fill a word: the rest of it may not be readable. */
static bool is_tail_sound(const struct cvm_table *table, const struct cvm_map *map)
{
	const uint8_t *bytes = (const uint8_t *)table->bitmap;
	uint64_t unit = table->unit_size;

	for (uint64_t bit = table->size / 8 * 64; bit < table->size * 8; bit++) {
		uint64_t start = table->phys_base + bit * unit;

		if (bytes[bit / 8] >> bit % 8 & 1 && !may_be_unaccepted(map, start, start + unit))
			return false;
	}
	return true;
}

int cvm_table_check(const struct cvm_table *table, size_t bytes, const struct cvm_map *map)
{
	uint64_t start, end, words_end;

	if ((uintptr_t)table % 8 || bytes < CVM_TABLE_HEADER)
		return CVM_EINVAL;
	if (table->version != CVM_TABLE_VERSION)
		return CVM_EVERSION;
	if (!unit_ok(table->unit_size) || table->phys_base % table->unit_size ||
	    table->phys_base >= CVM_PHYS_END)
		return CVM_EINVAL;
	if (table->size > bitmap_bytes(table->phys_base, CVM_PHYS_END, table->unit_size))
		return CVM_EINVAL;
	if (table->size > bytes - CVM_TABLE_HEADER)
		return CVM_EINVAL;

	start = table->phys_base;
	words_end = start + table->size / 8 * 64 * table->unit_size;
	end = words_end;
	while (cvm_table_next(table, &start, &end, false)) {
		if (!may_be_unaccepted(map, start, end))
			return CVM_EINVAL;
		start = end;
		end = words_end;
	}
	return is_tail_sound(table, map) ? 0 : CVM_EINVAL;
}

static void set_bits(struct cvm_table *table, uint64_t start, uint64_t end)
{
	uint64_t first = (start - table->phys_base) / table->unit_size;
	uint64_t last = (end - table->phys_base) / table->unit_size;

	for (uint64_t i = first; i < last; i++)
		table->bitmap[i / 64] |= UINT64_C(1) << i % 64;
}

int cvm_table_add(struct cvm_table *table, uint64_t start, uint64_t end,
		  cvm_accept_now_fn *accept_now, void *ctx)
{
	uint64_t unit = table->unit_size;
	uint64_t from, to; /* what is recorded */
	int error;

	if (start >= end || end > CVM_PHYS_END || (start | end) % CVM_PAGE_SIZE)
		return CVM_EINVAL;
	if (end - start < 2 * unit)
		return accept_now(ctx, start, end);

	from = cvm_round_up(cvm_max(start, table->phys_base), unit);
	to = cvm_round_down(cvm_min(end, cvm_table_end(table)), unit);
	if (from >= to)
		return accept_now(ctx, start, end);
	if (start < from) {
		error = accept_now(ctx, start, from);
		if (error)
			return error;
	}
	if (to < end) {
		error = accept_now(ctx, to, end);
		if (error)
			return error;
	}
	set_bits(table, from, to);
	return 0;
}

int cvm_table_build(struct cvm_table *table, const struct cvm_map *map,
		    cvm_accept_now_fn *accept_now, void *ctx)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct cvm_range *range = &map->range[i];
		int error;

		if (range->type != CVM_MEM_UNACCEPTED)
			continue;
		error = cvm_table_add(table, range->start, range->end, accept_now, ctx);
		if (error)
			return error;
	}
	return 0;
}
