/* SPDX-License-Identifier: MIT */
#include <cvmem/unaccepted.h>

#include "bitmap.h"
#include "internal.h"

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
		/* The part below the bitmap is accepted; a run may go on into it. */
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
	/* Behind the bitmap accepted memory goes on. */
	if (!(accepted && run_end == last && *end > cvm_table_end(table)))
		*end = cvm_min(*end, base + run_end * unit);
	return true;
}
