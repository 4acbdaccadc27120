/* SPDX-License-Identifier: MIT */
#include "share_internal.h"

/* The exact record of what is not private. */

size_t cvm_share_list_find(const struct cvm_share *share, uint64_t address)
{
	CVM_ASSERT_HELD(&share->lock);
	return cvm_search(share->config.storage, sizeof(*share->config.storage), share->count,
			  address);
}

static int reserve(struct cvm_share *share, size_t entries, size_t aside)
{
	size_t needed = share->count + share->promised + entries + aside;

	if (needed > share->config.capacity) {
		share->needed = needed;
		return CVM_ENOSPC;
	}
	share->promised += aside;
	return 0;
}

/* Make room for n entries before index at, or with n negative remove those from at on. */
static void shift(struct cvm_share *share, size_t at, ptrdiff_t n)
{
	struct cvm_shared *list = share->config.storage;

	if (n > 0) {
		for (size_t i = share->count; i-- > at;)
			list[i + (size_t)n] = list[i];
	} else {
		for (size_t i = at + (size_t)-n; i < share->count; i++)
			list[i - (size_t)-n] = list[i];
		/* A crash kernel reads to the end of the storage. */
		for (size_t i = share->count - (size_t)-n; i < share->count; i++)
			list[i].end = list[i].start = 0;
	}
	share->count = (size_t)((ptrdiff_t)share->count + n);
}

static void insert_entry(struct cvm_share *share, size_t at, uint64_t start, uint64_t end,
			 enum cvm_share_state state, bool busy)
{
	struct cvm_shared *entry = &share->config.storage[at];

	CVM_ASSERT(share->count < share->config.capacity);
	shift(share, at, 1);
	entry->start = start;
	entry->end = end;
	entry->state = state;
	entry->busy = busy;
}

/* If address lies inside an entry, cut it in two there. */
static void split(struct cvm_share *share, uint64_t address)
{
	size_t at = cvm_share_list_find(share, address);
	struct cvm_shared *entry = &share->config.storage[at];
	uint64_t end;

	if (at == share->count || entry->start >= address)
		return;
	end = entry->end;
	insert_entry(share, at + 1, address, end, entry->state, entry->busy);
	entry->end = address;
}

static bool cuts(const struct cvm_share *share, uint64_t address)
{
	size_t at = cvm_share_list_find(share, address);

	return at < share->count && share->config.storage[at].start < address;
}

int cvm_share_list_claim_private(struct cvm_share *share, uint64_t start, uint64_t end)
{
	const struct cvm_shared *list = share->config.storage;
	size_t at = cvm_share_list_find(share, start);
	int error = 0;

	for (size_t i = at; i < share->count && list[i].start < end; i++) {
		if (list[i].busy)
			return CVM_EBUSY;
		error = CVM_EINVAL;
	}
	/* The worst outcome: one part failed and one part shared. */
	if (!error)
		error = reserve(share, 1, 1);
	if (error)
		return error;
	insert_entry(share, at, start, end, CVM_PRIVATE, true);
	return 0;
}

static bool is_released(const struct cvm_shared *entry)
{
	return entry->state == CVM_RELEASED || entry->state == CVM_WITHDRAWN;
}

int cvm_share_list_claim(struct cvm_share *share, uint64_t start, uint64_t end, bool released)
{
	struct cvm_shared *list = share->config.storage;
	size_t at = cvm_share_list_find(share, start);
	uint64_t covered = start;
	int error = 0;

	for (size_t i = at; i < share->count && list[i].start < end; i++) {
		if (list[i].busy)
			return CVM_EBUSY;
		if (list[i].start > covered || is_released(&list[i]) != released)
			error = CVM_EINVAL;
		covered = list[i].end;
	}
	if (covered < end)
		error = CVM_EINVAL;
	/* The worst outcome: the entry at which it stops becomes two. */
	if (!error)
		error = reserve(share, (size_t)cuts(share, start) + cuts(share, end), 1);
	if (error)
		return error;
	split(share, start);
	split(share, end);
	for (size_t i = cvm_share_list_find(share, start); i < share->count && list[i].start < end;
	     i++)
		list[i].busy = true;
	return 0;
}

/* Join the entries at - 1 and at, if they have one state and neither is being converted. */
static void join_entries(struct cvm_share *share, size_t at)
{
	struct cvm_shared *list = share->config.storage;

	if (!at || at >= share->count || list[at - 1].end != list[at].start ||
	    list[at - 1].state != list[at].state || list[at - 1].busy || list[at].busy)
		return;
	list[at - 1].end = list[at].end;
	shift(share, at, -1);
}

void cvm_share_list_settle(struct cvm_share *share, uint64_t start, uint64_t end,
			   enum cvm_share_state state)
{
	struct cvm_shared *list = share->config.storage;
	size_t at;

	if (start >= end)
		return;
	split(share, start);
	split(share, end);
	at = cvm_share_list_find(share, start);
	CVM_ASSERT(at < share->count && list[at].start == start && list[at].end == end &&
		   list[at].busy);
	if (state == CVM_PRIVATE) {
		shift(share, at, -1);
		return;
	}
	list[at].state = state;
	list[at].busy = false;
	join_entries(share, at + 1);
	join_entries(share, at);
}

void cvm_share_list_release(struct cvm_share *share, uint64_t start, uint64_t end)
{
	const struct cvm_shared *list = share->config.storage;

	while (start < end) {
		const struct cvm_shared *entry = &list[cvm_share_list_find(share, start)];
		uint64_t next = entry->end;

		cvm_share_list_settle(share, start, next, entry->state);
		start = next;
	}
	share->promised--;
}

enum cvm_share_state cvm_share_state_at(struct cvm_share *share, uint64_t gpa)
{
	uint64_t start = gpa, end = gpa + 1;
	enum cvm_share_state state;

	return cvm_share_next(share, &start, &end, &state) ? state : CVM_PRIVATE;
}

bool cvm_is_shared(struct cvm_share *share, uint64_t start, uint64_t end)
{
	enum cvm_share_state state;

	return cvm_share_next(share, &start, &end, &state);
}

int cvm_share_try_is_shared(struct cvm_share *share, uint64_t start, uint64_t end)
{
	size_t at;
	int result;

	if (!cvm_trylock(&share->lock, share_host(share)))
		return CVM_EBUSY;
	at = cvm_share_list_find(share, start);
	result = at < share->count && share->config.storage[at].start < end;
	share_unlock(share);
	return result;
}

bool cvm_share_next(struct cvm_share *share, uint64_t *start, uint64_t *end,
		    enum cvm_share_state *state)
{
	bool found = false;
	size_t at;

	if (*start >= *end)
		return false;
	share_lock(share);
	at = cvm_share_list_find(share, *start);
	if (at < share->count && share->config.storage[at].start < *end) {
		const struct cvm_shared *entry = &share->config.storage[at];

		*start = cvm_max(*start, entry->start);
		*end = cvm_min(*end, entry->end);
		*state = entry->busy ? CVM_CONVERTING : (enum cvm_share_state)entry->state;
		found = true;
	}
	share_unlock(share);
	return found;
}

bool cvm_frame_shared(const struct cvm_shared *storage, size_t capacity, uint64_t gpa)
{
	for (size_t i = 0; i < capacity; i++)
		if (gpa >= __atomic_load_n(&storage[i].start, __ATOMIC_RELAXED) &&
		    gpa < __atomic_load_n(&storage[i].end, __ATOMIC_RELAXED))
			return true;
	return false;
}
