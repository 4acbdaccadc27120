/* SPDX-License-Identifier: MIT */
#include <cvmem/handover.h>

#include "internal.h"
#include "map.h"

/* The map that goes along, and the memory that the next kernel is written to. */

/* What is RAM of the source in [start, end) has the type in `out`. */
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
	while (!error && cvm_handover_lost(handover, &start, &end)) {
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
		if (state == CVM_SHARED)
			error = paint(out, source, start, end, CVM_MEM_RESERVED);
		start = end;
		end = CVM_PHYS_END;
	}
	return error;
}

/* Each run that is cut out of a range adds two ranges at most. */
static size_t enough(struct cvm_handover *handover)
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
	for (start = 0, end = CVM_PHYS_END; cvm_handover_lost(handover, &start, &end); cuts++) {
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

	if (!handover->sealed || out->count || out == handover->map)
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
			const struct cvm_claim *claim = &acceptor->config.claims[unit / 64];

			if (__atomic_load_n(&claim->failed, __ATOMIC_ACQUIRE) >> unit % 64 & 1)
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
	return has_failed(handover->acceptor, start, end) ? CVM_EREFUSED : 0;
}

int cvm_handover_segments(struct cvm_handover *handover, const struct cvm_segment *segment,
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
