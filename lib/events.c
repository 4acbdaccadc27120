/* SPDX-License-Identifier: MIT */
#include <cvmem/accept.h>

#include "internal.h"

int cvm_events_init(struct cvm_events *events, void *storage, size_t bytes)
{
	uint64_t fit = bytes / sizeof(struct cvm_event);

	if ((uintptr_t)storage % 8 || !fit)
		return CVM_EINVAL;
	events->slots = UINT64_C(1) << (63 - __builtin_clzll(fit));
	events->slot = storage;
	events->head = 0;
	/* Only the sequence tells whether a slot holds an event. */
	for (uint64_t i = 0; i < events->slots; i++)
		events->slot[i].sequence = 0;
	return 0;
}

/* The sequence of a slot that a CPU is writing to. */
#define WRITING UINT64_MAX

/*
 * Release and acquire for each field, rather than fences: a reader that sees any new field also
 * sees, when it reads the sequence again, that the slot was being written.
 */
static void set(uint64_t *field, uint64_t value)
{
	__atomic_store_n(field, value, __ATOMIC_RELEASE);
}

static uint64_t get(const uint64_t *field)
{
	return __atomic_load_n(field, __ATOMIC_ACQUIRE);
}

void cvm_events_add(struct cvm_events *events, const struct cvm_event *event)
{
	uint64_t index = __atomic_fetch_add(&events->head, 1, __ATOMIC_RELAXED);
	struct cvm_event *slot = &events->slot[index & (events->slots - 1)];
	uint64_t sequence = get(&slot->sequence);

	/*
	 * Two writers of a slot would mix their events. That takes a writer that was interrupted
	 * while others filled the whole ring: the slot stays the first one's, and this event is
	 * dropped, since waiting for an interrupted CPU could last for ever.
	 */
	if (sequence > index || !__atomic_compare_exchange_n(&slot->sequence, &sequence, WRITING, 0,
							     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return;
	set(&slot->time, event->time);
	set(&slot->duration, event->duration);
	set(&slot->start, event->start);
	set(&slot->end, event->end);
	__atomic_store_n(&slot->cpu, event->cpu, __ATOMIC_RELEASE);
	__atomic_store_n(&slot->cause, event->cause, __ATOMIC_RELEASE);
	__atomic_store_n(&slot->level, event->level, __ATOMIC_RELEASE);
	set(&slot->sequence, index + 1);
}

/* 0: the slot holds another event, or was overwritten meanwhile. */
static int read_slot(const struct cvm_event *slot, uint64_t sequence, struct cvm_event *out)
{
	if (get(&slot->sequence) != sequence)
		return 0;
	out->sequence = sequence;
	out->time = get(&slot->time);
	out->duration = get(&slot->duration);
	out->start = get(&slot->start);
	out->end = get(&slot->end);
	out->cpu = __atomic_load_n(&slot->cpu, __ATOMIC_ACQUIRE);
	out->cause = __atomic_load_n(&slot->cause, __ATOMIC_ACQUIRE);
	out->level = __atomic_load_n(&slot->level, __ATOMIC_ACQUIRE);
	out->reserved = 0;
	return get(&slot->sequence) == sequence;
}

int cvm_events_next(const struct cvm_events *events, uint64_t *sequence, struct cvm_event *out)
{
	for (;;) {
		uint64_t head = __atomic_load_n(&events->head, __ATOMIC_ACQUIRE);

		/* Older events were overwritten. */
		if (head > events->slots && *sequence <= head - events->slots)
			*sequence = head - events->slots + 1;
		if (*sequence > head)
			return 0;
		if (read_slot(&events->slot[(*sequence - 1) & (events->slots - 1)], *sequence,
			      out)) {
			++*sequence;
			return 1;
		}
		/* It is being written, unless the ring has wrapped once more. */
		head = __atomic_load_n(&events->head, __ATOMIC_ACQUIRE);
		if (head < events->slots + *sequence)
			return 0;
	}
}
