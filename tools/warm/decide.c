/* SPDX-License-Identifier: MIT */
#include "tools/warm/decide.h"

#include <string.h>

#define SECOND_NS UINT64_C(1000000000)
#define MIB	  (UINT64_C(1) << 20)

enum { LONGEST_WAIT_S = 64 };

/*
 * A rest is observed in steps of this length: memory held in it must be given back soon after
 * others need it.
 */
static const uint64_t look_ns = 20 * UINT64_C(1000000);

/* The least amount to take in a call. */
static const uint64_t least_take = MIB;

const char *warm_why_text(enum warm_why why)
{
	static const char *const texts[WARM_WHYS] = {
		[WARM_DONE] = "all memory is accepted",
		[WARM_PACE] = "the limits of rate and CPU",
		[WARM_PRESSURE] = "memory pressure",
		[WARM_RECLAIM] = "the kernel is reclaiming memory",
		[WARM_AVAILABLE] = "too little memory is available",
		[WARM_MARK] = "too little memory is free in the zone",
		[WARM_GROUP] = "the memory limit of the control group",
		[WARM_REFUSED] = "the kernel gives no more memory",
		[WARM_UNREACHABLE] = "what is left cannot be reached by a process",
		[WARM_NEXT_NODE] = "the node is done",
		[WARM_STALLED] = "the module accepts no more",
		[WARM_UNLOADED] = "the module was unloaded, or its counters are gone",
		[WARM_CHANGED] = "the module's policy was changed",
	};

	return texts[why];
}

static uint64_t above(uint64_t value, uint64_t floor)
{
	return value > floor ? value - floor : 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* lowmem_reserve_ratio reserves the 16 MiB of ISA DMA from processes. */
static bool reachable(const struct memory_zone *zone)
{
	return zone->unaccepted && strcmp(zone->name, "DMA") != 0;
}

/* A process gets memory from the highest zone first; the zones of a node are in ascending order.
 * NULL: nothing can be reached on that node. */
static const struct memory_zone *find_target(const struct memory_state *memory, unsigned node)
{
	const struct memory_zone *target = NULL;

	for (size_t i = 0; i < memory->zones; i++) {
		if (memory->zone[i].node == node && reachable(&memory->zone[i]))
			target = &memory->zone[i];
	}
	return target;
}

/*
 * The amount to take from the node. An allocation reaches a zone only when all zones above it are
 * down to their low mark.
 */
static uint64_t zone_budget(const struct memory_state *memory, const struct memory_zone *target)
{
	const struct memory_zone *end = memory->zone + memory->zones;
	uint64_t budget = above(target->free, target->high + target->reserve);

	if (!budget)
		return 0;
	for (const struct memory_zone *zone = target + 1; zone < end; zone++) {
		if (zone->node == target->node)
			budget += above(zone->free, zone->low + zone->reserve);
	}
	return budget;
}

/* The current node while memory can be reached there, then the next. */
static const struct memory_zone *choose(const struct memory_state *memory, unsigned node)
{
	const struct memory_zone *target = find_target(memory, node);

	for (size_t i = 0; !target && i < memory->zones; i++)
		target = find_target(memory, memory->zone[i].node);
	return target;
}

static void end(struct warm_step *step, enum warm_why why)
{
	*step = (struct warm_step){ .action = WARM_END, .why = why };
}

/* Continues with another node. */
static unsigned next_node(const struct memory_state *memory, unsigned node)
{
	unsigned first = node, next = node;

	for (size_t i = memory->zones; i-- > 0;) {
		if (!reachable(&memory->zone[i]))
			continue;
		first = memory->zone[i].node;
		if (first > node)
			next = first;
	}
	return next != node ? next : first;
}

/* Each wait is twice as long as the last, until there is progress. */
static void yield(const struct warm_limits *limits, struct warm_state *state, enum warm_why why,
		  struct warm_step *step)
{
	uint64_t seconds = state->failures < 6 ? UINT64_C(1) << state->failures : LONGEST_WAIT_S;

	state->bursting = false;
	state->rest_end_ns = 0;
	state->useless = 0;
	if (state->failures++ >= limits->attempts) {
		end(step, why);
		return;
	}
	state->yields++;
	*step = (struct warm_step){ .action = WARM_YIELD,
				    .why = why,
				    .wait_ns = seconds * SECOND_NS };
}

static void note_progress(const struct warm_view *view, struct warm_state *state)
{
	uint64_t unaccepted = view->memory->unaccepted;

	if (!state->started) {
		state->started = true;
		state->scanned = view->memory->scanned;
		state->unaccepted = unaccepted;
	}
	if (unaccepted >= state->unaccepted)
		return;
	state->unaccepted = unaccepted;
	state->useless = 0;
	state->failures = 0;
}

static bool under_pressure(const struct warm_limits *limits, const struct warm_view *view,
			   struct warm_state *state, enum warm_why *why)
{
	bool reclaim = view->memory->scanned > state->scanned;

	state->scanned = view->memory->scanned;
	*why = reclaim ? WARM_RECLAIM : WARM_PRESSURE;
	return reclaim || view->pressure > limits->max_pressure;
}

/* The length of the rest after a burst of `bytes` that took busy_ns. */
static uint64_t rest_ns(const struct warm_limits *limits, uint64_t bytes, uint64_t busy_ns)
{
	uint64_t wait = busy_ns / limits->max_cpu * (100 - limits->max_cpu);
	double due = limits->rate ? (double)bytes / (double)limits->rate * 1e9 : 0;

	if (due > (double)(busy_ns + wait))
		wait = (uint64_t)due - busy_ns;
	return wait;
}

/* Rests until the next observation. The first part of a rest gives `bytes` back. */
static bool rest_on(const struct warm_limits *limits, const struct warm_view *view,
		    struct warm_state *state, uint64_t bytes, struct warm_step *step)
{
	if (state->rest_end_ns <= view->now_ns)
		return false;
	if (view->memory->available < limits->keep)
		yield(limits, state, WARM_AVAILABLE, step);
	else
		*step = (struct warm_step){
			.action = WARM_REST,
			.why = WARM_PACE,
			.bytes = least(bytes, view->held),
			.wait_ns = least(state->rest_end_ns - view->now_ns, look_ns),
		};
	return true;
}

/* True: a rest is due or not over yet. */
static bool rest(const struct warm_limits *limits, const struct warm_view *view,
		 struct warm_state *state, struct warm_step *step)
{
	uint64_t done, wait;

	if (rest_on(limits, view, state, 0, step))
		return true;
	if (!state->bursting) {
		state->bursting = true;
		state->burst_unaccepted = view->memory->unaccepted;
		state->burst_ns = view->now_ns;
		return false;
	}
	done = above(state->burst_unaccepted, view->memory->unaccepted);
	if (done < limits->burst)
		return false;
	state->bursting = false;
	wait = rest_ns(limits, done, view->now_ns - state->burst_ns);
	state->rest_end_ns = view->now_ns + wait;
	return rest_on(limits, view, state, limits->park, step);
}

/*
 * With huge pages the free memory above the promo mark varies between r and r + 2 MiB, where r is
 * arbitrary. With r near 0 the next allocation of another process has to accept. So some small
 * pages set r to 1.75 MiB. Far above the mark this does not matter.
 */
static uint64_t small_first(const struct memory_zone *target)
{
	const uint64_t huge = 2 * MIB, away = huge / 8 * 7, near = 64 * MIB;
	uint64_t accepted = target->free - target->unaccepted;

	if (accepted > target->promo + near)
		return 0;
	return (accepted - target->promo - away) & (huge - 1);
}

static void take(const struct warm_limits *limits, const struct warm_view *view,
		 const struct memory_zone *target, struct warm_state *state, struct warm_step *step)
{
	uint64_t zone = zone_budget(view->memory, target);
	uint64_t available = above(view->memory->available, limits->keep);
	uint64_t budget = least(least(zone, available), view->room);

	if (budget < least_take) {
		enum warm_why why = budget == zone	  ? WARM_MARK
				    : budget == available ? WARM_AVAILABLE
							  : WARM_GROUP;

		state->node = next_node(view->memory, target->node);
		yield(limits, state, why, step);
		return;
	}
	/* Everything that was free is held, and nothing was accepted for it. */
	if (state->useless > view->memory->total) {
		state->node = next_node(view->memory, target->node);
		yield(limits, state, WARM_UNREACHABLE, step);
		return;
	}
	*step = (struct warm_step){ .action = WARM_TAKE,
				    .node = target->node,
				    .bytes = least(budget, limits->slice) };
	step->small = least(step->bytes, small_first(target));
	state->useless += step->bytes;
}

void warm_decide(const struct warm_limits *limits, const struct warm_view *view,
		 struct warm_state *state, struct warm_step *step)
{
	const struct memory_zone *target;
	enum warm_why why;

	note_progress(view, state);
	if (!view->memory->unaccepted) {
		end(step, WARM_DONE);
		return;
	}
	target = choose(view->memory, state->node);
	if (!target) {
		end(step, WARM_UNREACHABLE);
		return;
	}
	if (under_pressure(limits, view, state, &why)) {
		yield(limits, state, why, step);
		return;
	}
	if (view->refused) {
		yield(limits, state, WARM_REFUSED, step);
		return;
	}
	if (target->node != state->node) {
		state->node = target->node;
		state->bursting = false;
		state->useless = 0;
		*step = (struct warm_step){ .action = WARM_YIELD, .why = WARM_NEXT_NODE };
		return;
	}
	if (rest(limits, view, state, step))
		return;
	take(limits, view, target, state, step);
}
