/* SPDX-License-Identifier: MIT */
#include <cvmem/handover.h>

#include "bitmap.h"
#include "claim.h"
#include "internal.h"
#include "lock.h"
#include "map_internal.h"

/*
 * Freezing a table. What a unit's bits mean while it is frozen (docs/claim.md has the others):
 *
 *   unaccepted claimed failed
 *       1         1      1     unaccepted, and any attempt to accept it is rejected
 *       0         1      1     failed: the table does not cover it
 */

static uint64_t words(const struct cvm_acceptor *acceptor)
{
	return acceptor->config.claims ? (acceptor->units + 63) / 64 : 0;
}

/* The set bits of a word, without those behind the bitmap's end. */
static uint64_t unaccepted(const struct cvm_acceptor *acceptor, uint64_t word)
{
	return cvm_word(acceptor->config.table->bitmap, word) &
	       cvm_word_mask(word, 0, acceptor->units);
}

static uint64_t unit_gpa(const struct cvm_acceptor *acceptor, uint64_t unit)
{
	return acceptor->config.table->phys_base + (unit << acceptor->unit_shift);
}

/* The first conversion under way, or the first shared memory that prevents the hand-over. */
static bool shares_prevent(struct cvm_handover *handover)
{
	uint64_t start = 0, end = CVM_PHYS_END;
	enum cvm_share_state state;

	while (handover->share && cvm_share_next(handover->share, &start, &end, &state)) {
		if (state == CVM_CONVERTING ||
		    (state == CVM_SHARED && !(handover->flags & CVM_HANDOVER_RESERVE_SHARED))) {
			handover->where = start;
			return true;
		}
		start = end;
		end = CVM_PHYS_END;
	}
	return false;
}

static bool claims_in_flight(struct cvm_handover *handover)
{
	const struct cvm_acceptor *acceptor = handover->acceptor;

	for (uint64_t word = 0; word < words(acceptor); word++) {
		uint64_t bits = cvm_claimed(acceptor, word) & ~cvm_failed(acceptor, word) &
				unaccepted(acceptor, word);

		if (bits) {
			uint64_t unit = word * 64 + (uint64_t)__builtin_ctzll(bits);

			handover->where = unit_gpa(acceptor, unit);
			return true;
		}
	}
	return false;
}

/* Claim what is unclaimed, so that no CPU can, and wait for the rest of the word. */
static void freeze_word(struct cvm_acceptor *acceptor, uint64_t word)
{
	uint64_t *bitmap = &acceptor->config.table->bitmap[word];
	unsigned long state = cvm_preempt_save(&acceptor->host);
	uint64_t frozen = cvm_claim_units(acceptor, word, unaccepted(acceptor, word)), left;

	cvm_claim_fail(acceptor, word, frozen);
	cvm_preempt_restore(&acceptor->host, state);
	/* Failed first: a unit that fails in between still has its bit. */
	while ((left = ~cvm_failed(acceptor, word) & unaccepted(acceptor, word)))
		cvm_relax(&acceptor->host, CVM_WAIT_UNIT,
			  unit_gpa(acceptor, word * 64 + (uint64_t)__builtin_ctzll(left)));
	__atomic_fetch_and(bitmap, ~(unaccepted(acceptor, word) & ~frozen), __ATOMIC_RELEASE);
}

int cvm_handover_freeze(struct cvm_handover *handover)
{
	if (handover->frozen)
		return 0;
	if (shares_prevent(handover))
		return CVM_EBUSY;
	if (!(handover->flags & CVM_HANDOVER_WAIT) && claims_in_flight(handover))
		return CVM_EBUSY;
	for (uint64_t word = 0; word < words(handover->acceptor); word++)
		freeze_word(handover->acceptor, word);
	handover->frozen = true;
	return 0;
}

void cvm_handover_cancel(struct cvm_handover *handover)
{
	const struct cvm_acceptor *acceptor = handover->acceptor;

	if (!handover->frozen)
		return;
	for (uint64_t word = 0; word < words(acceptor); word++) {
		struct cvm_claim *claim = cvm_claim_of(acceptor, word);
		unsigned index = cvm_claim_index(word);
		uint64_t frozen = unaccepted(acceptor, word);
		uint64_t cleared = cvm_failed(acceptor, word) & ~frozen;

		cvm_unclaim_units(handover->acceptor, word, frozen);
		__atomic_fetch_and(&claim->failed[index], ~frozen, __ATOMIC_RELAXED);
		__atomic_fetch_or(&acceptor->config.table->bitmap[word], cleared, __ATOMIC_RELEASE);
	}
	handover->frozen = false;
}

static bool has_unit_failed(const struct cvm_acceptor *acceptor, uint64_t unit)
{
	return (cvm_failed(acceptor, unit / 64) & ~unaccepted(acceptor, unit / 64)) >> unit % 64 &
	       1;
}

/* The first run of failed units in [*start, *end), clipped. */
static bool failed_units(const struct cvm_acceptor *acceptor, uint64_t *start, uint64_t *end)
{
	const struct cvm_table *table = acceptor->config.table;
	uint64_t from, last, unit;

	if (!words(acceptor) || *end <= table->phys_base)
		return false;
	from = (cvm_max(*start, table->phys_base) - table->phys_base) >> acceptor->unit_shift;
	last = cvm_min(*end - 1 - table->phys_base, CVM_PHYS_END) >> acceptor->unit_shift;
	last = cvm_min(last + 1, acceptor->units);
	for (unit = from; unit < last && !has_unit_failed(acceptor, unit); unit++)
		if (!(cvm_failed(acceptor, unit / 64) & ~unaccepted(acceptor, unit / 64)))
			unit |= 63;
	if (unit >= last)
		return false;
	*start = cvm_max(*start, unit_gpa(acceptor, unit));
	while (unit < last && has_unit_failed(acceptor, unit))
		unit++;
	*end = cvm_min(*end, unit_gpa(acceptor, unit));
	return true;
}

static bool failed_shares(struct cvm_share *share, uint64_t *start, uint64_t *end)
{
	uint64_t from = *start, to = *end;
	enum cvm_share_state state;

	while (share && cvm_share_next(share, &from, &to, &state)) {
		if (state == CVM_SHARE_FAILED) {
			*start = from;
			*end = to;
			return true;
		}
		from = to;
		to = *end;
	}
	return false;
}

bool cvm_handover_failed(const struct cvm_handover *handover, uint64_t *start, uint64_t *end)
{
	uint64_t from = *start, to = *end;
	bool unit = handover->frozen && failed_units(handover->acceptor, start, end);

	if (!failed_shares(handover->share, &from, &to))
		return unit;
	if (!unit || from < *start) {
		*start = from;
		*end = to;
	}
	return true;
}

/* The map for the next kernel, and the memory that the next kernel is written to. */

/* Set the type in `out` of all memory that the source has in [start, end). */
static int paint(struct cvm_map *out, const struct cvm_map *source, uint64_t start, uint64_t end,
		 enum cvm_mem_type type)
{
	int error = 0;

	for (size_t i = 0; i < source->count && !error; i++) {
		const struct cvm_range *range = &source->range[i];
		uint64_t from = cvm_max(start, range->start), to = cvm_min(end, range->end);

		if (from < to && cvm_range_is_memory(range))
			error = cvm_map_set(out, from, to, type);
	}
	return error;
}

/* One range of memory, in runs of accepted and unaccepted units. */
static int add_memory(struct cvm_map *out, const struct cvm_range *range,
		      const struct cvm_table *table)
{
	uint64_t start = range->start, end = range->end;
	int error = cvm_map_add(out, start, end - start, CVM_MEM_RAM, range->attr);

	while (!error && table && cvm_table_next(table, &start, &end, false)) {
		error = cvm_map_set(out, start, end, CVM_MEM_UNACCEPTED);
		start = end;
		end = range->end;
	}
	return error;
}

static int build(struct cvm_handover *handover, struct cvm_map *out)
{
	const struct cvm_map *source = handover->map;
	const struct cvm_table *table = handover->acceptor->config.table;
	uint64_t start = 0, end = CVM_PHYS_END;
	enum cvm_share_state state;
	int error = 0;

	for (size_t i = 0; i < source->count && !error; i++) {
		const struct cvm_range *range = &source->range[i];

		if (cvm_range_is_memory(range))
			error = add_memory(out, range, table);
		else
			error = cvm_map_add(out, range->start, range->end - range->start,
					    range->type, range->attr);
	}
	while (!error && cvm_handover_failed(handover, &start, &end)) {
		error = paint(out, source, start, end, CVM_MEM_UNUSABLE);
		start = end;
		end = CVM_PHYS_END;
	}
	start = 0;
	while (!error && handover->share && cvm_share_next(handover->share, &start, &end, &state)) {
		if (state == CVM_CONVERTING ||
		    (state == CVM_SHARED && !(handover->flags & CVM_HANDOVER_RESERVE_SHARED))) {
			handover->where = start;
			return CVM_EBUSY;
		}
		if (state == CVM_SHARED || state == CVM_RELEASED || state == CVM_WITHDRAWN)
			error = paint(out, source, start, end, CVM_MEM_RESERVED);
		start = end;
		end = CVM_PHYS_END;
	}
	return error;
}

/* A capacity that is enough for the map: each run that is cut out of a range adds at most two. */
static size_t enough(const struct cvm_handover *handover)
{
	const struct cvm_table *table = handover->acceptor->config.table;
	uint64_t start = 0, end = CVM_PHYS_END;
	enum cvm_share_state state;
	size_t cuts = 0;

	while (table && cvm_table_next(table, &start, &end, false)) {
		cuts++;
		start = end;
		end = CVM_PHYS_END;
	}
	for (start = 0, end = CVM_PHYS_END; cvm_handover_failed(handover, &start, &end); cuts++) {
		start = end;
		end = CVM_PHYS_END;
	}
	for (start = 0, end = CVM_PHYS_END;
	     handover->share && cvm_share_next(handover->share, &start, &end, &state); cuts++) {
		start = end;
		end = CVM_PHYS_END;
	}
	/* A run may also be cut by the bounds of all ranges of the map. */
	return 3 * handover->map->count + 2 * cuts + 1;
}

int cvm_handover_map(struct cvm_handover *handover, struct cvm_map *out)
{
	int error;

	if (!handover->frozen || out->count || out == handover->map)
		return CVM_EINVAL;
	error = build(handover, out);
	if (error == CVM_ENOSPC)
		out->needed = enough(handover);
	return error;
}

static bool has_failed(const struct cvm_acceptor *acceptor, uint64_t start, uint64_t end)
{
	const struct cvm_table *table = acceptor->config.table;
	uint64_t from = start, to = end;

	if (!table || !acceptor->config.claims)
		return false;
	while (cvm_table_next(table, &from, &to, false)) {
		for (; from < to;
		     from = cvm_round_down(from, table->unit_size) + table->unit_size) {
			uint64_t unit = (from - table->phys_base) >> acceptor->unit_shift;

			if (cvm_failed(acceptor, unit / 64) >> unit % 64 & 1)
				return true;
		}
		from = to;
		to = end;
	}
	return false;
}

static int check_segment(const struct cvm_handover *handover, uint64_t start, uint64_t end)
{
	if (start >= end || end > CVM_PHYS_END || !cvm_map_has_memory(handover->map, start, end))
		return CVM_EINVAL;
	if (handover->share && cvm_is_shared(handover->share, start, end))
		return CVM_EBUSY;
	return has_failed(handover->acceptor, start, end) ? CVM_EIO : 0;
}

int cvm_handover_segments(const struct cvm_handover *handover, const struct cvm_span *segment,
			  size_t count, size_t *failed)
{
	struct cvm_acceptor *acceptor = handover->acceptor;
	const struct cvm_table *table = acceptor->config.table;
	int error = 0;
	size_t i;

	for (i = 0; i < count && !error; i++)
		error = check_segment(handover, segment[i].start, segment[i].end);
	for (size_t done = 0; done < count && !error; done++) {
		error = cvm_accept(acceptor, segment[done].start, segment[done].end,
				   CVM_CAUSE_KEXEC);
		/* It may have been the guard unit alone. */
		if (error && table && !cvm_table_any(table, segment[done].start, segment[done].end))
			error = 0;
		i = done + 1;
	}
	if (error && failed)
		*failed = i - 1;
	return error;
}

/* The receiving side: a table left by a previous kernel, which may have crashed. */

void cvm_handover_table_pages(const struct cvm_table *table, uint64_t gpa, uint64_t *start,
			      uint64_t *end)
{
	/* The bitmap is read in whole words. */
	uint64_t bytes = CVM_TABLE_HEADER + cvm_round_up(table->size, 8);

	*start = cvm_round_down(gpa, CVM_PAGE_SIZE);
	*end = cvm_round_up(gpa + bytes, CVM_PAGE_SIZE);
}

int cvm_handover_import(struct cvm_acceptor *acceptor, const struct cvm_acceptor_config *config,
			uint64_t gpa, size_t bytes, const struct cvm_map *map)
{
	const struct cvm_table *table = config->table;
	uint64_t start, end;
	int error;

	if (!table)
		return cvm_acceptor_init(acceptor, config);
	error = cvm_table_check(table, bytes, map);
	if (error)
		return error;
	if (gpa >= CVM_PHYS_END)
		return CVM_EINVAL;
	cvm_handover_table_pages(table, gpa, &start, &end);
	if (cvm_table_any(table, start, end))
		return CVM_EINVAL;
	return cvm_acceptor_init(acceptor, config);
}

/* Each field is read once: the dead kernel's other CPUs may still be writing. */
bool cvm_frame_readable(const struct cvm_table *table, size_t bytes, uint64_t gpa)
{
	uint64_t base, size, unit_size, unit;
	const uint8_t *byte;

	if (!table)
		return true;
	if (bytes < CVM_TABLE_HEADER || (uintptr_t)table % 8 ||
	    __atomic_load_n(&table->version, __ATOMIC_RELAXED) != CVM_TABLE_VERSION)
		return false;
	unit_size = __atomic_load_n(&table->unit_size, __ATOMIC_RELAXED);
	base = __atomic_load_n(&table->phys_base, __ATOMIC_RELAXED);
	size = __atomic_load_n(&table->size, __ATOMIC_RELAXED);
	if (unit_size < CVM_UNIT_MIN || unit_size > CVM_UNIT_MAX || unit_size & (unit_size - 1) ||
	    base % unit_size || base >= CVM_PHYS_END || size > bytes - CVM_TABLE_HEADER)
		return false;
	if (gpa < base)
		return true;
	unit = (gpa - base) / unit_size;
	if (unit / 8 >= size)
		return true;
	/* A byte: the rest of the last word may not be readable. */
	byte = (const uint8_t *)table->bitmap + unit / 8;
	return !(__atomic_load_n(byte, __ATOMIC_ACQUIRE) >> unit % 8 & 1);
}
