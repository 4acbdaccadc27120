/* SPDX-License-Identifier: MIT */
#include <cvmem/hotplug.h>

#include "internal.h"

/* The balloon: which units it gives, and what it has given. */

static uint64_t unit_size(const struct cvm_balloon *balloon)
{
	return balloon->config.share->config.acceptor->config.table->unit_size;
}

int cvm_balloon_init(struct cvm_balloon *balloon, const struct cvm_balloon_config *config)
{
	const struct cvm_acceptor_config *acceptor;

	if (!config->pages || !config->share || !config->storage || !config->capacity)
		return CVM_EINVAL;
	acceptor = &config->share->config.acceptor->config;
	if (!acceptor->table || !acceptor->claims)
		return CVM_EINVAL;
	cvm_clear(balloon, sizeof(*balloon));
	cvm_copy(&balloon->config, config, sizeof(*config));
	return 0;
}

/* Where units of the allocator that the table covers begin and end. */
static void bounds(const struct cvm_balloon *balloon, uint64_t *low, uint64_t *high)
{
	const struct cvm_pages *pages = balloon->config.pages;
	const struct cvm_table *table = balloon->config.share->config.acceptor->config.table;
	uint64_t unit = unit_size(balloon);

	*low = cvm_round_up(cvm_max(pages->config.start, table->phys_base), unit);
	*high = cvm_round_down(cvm_min(pages->config.end, cvm_table_end(table)), unit);
}

/* Take the next unit below that is free out of the allocator. false: there is none. */
static bool find_unit(struct cvm_balloon *balloon, bool accepted, uint64_t *gpa)
{
	const struct cvm_table *table = balloon->config.share->config.acceptor->config.table;
	uint64_t unit = unit_size(balloon), low, high;

	bounds(balloon, &low, &high);
	if (low >= high)
		return false;
	for (uint64_t left = (high - low) / unit; left; left--) {
		if (balloon->next <= low || balloon->next > high)
			balloon->next = high;
		balloon->next -= unit;
		*gpa = balloon->next;
		if (accepted && cvm_table_any(table, *gpa, *gpa + unit))
			continue;
		if (!cvm_pages_remove(balloon->config.pages, *gpa, *gpa + unit, NULL))
			return true;
	}
	return false;
}

static int give_unit(struct cvm_balloon *balloon, uint64_t gpa)
{
	const struct cvm_balloon_config *config = &balloon->config;
	uint64_t end = gpa + unit_size(balloon);
	struct cvm_share_result result;
	int error;

	if (config->unmap)
		config->unmap(config->ctx, gpa, end);
	error = cvm_memory_release(config->share, gpa, end, &result);
	if (!error) {
		config->storage[balloon->count++] = gpa;
		return 0;
	}
	if (config->map)
		config->map(config->ctx, gpa, end);
	/* What cannot be private again, or failed, is lost to the allocator. */
	if (!result.left && error != CVM_EALREADY && cvm_pages_add(config->pages, gpa, end))
		config->storage[balloon->count++] = gpa;
	return error;
}

int cvm_balloon_inflate(struct cvm_balloon *balloon, uint64_t bytes, uint64_t *done)
{
	uint64_t unit = unit_size(balloon), gpa;
	bool accepted = true;
	int error = 0;

	for (*done = 0; !error && bytes - *done >= unit;) {
		if (balloon->count == balloon->config.capacity)
			return CVM_ENOSPC;
		if (!find_unit(balloon, accepted, &gpa)) {
			if (!accepted)
				return CVM_ENOMEM;
			accepted = false;
			continue;
		}
		error = give_unit(balloon, gpa);
		if (!error)
			*done += unit;
	}
	return error;
}

/* The balloon's, and private: the allocator had no room for another range. */
static bool unit_is_private(const struct cvm_balloon *balloon, uint64_t gpa)
{
	return !cvm_is_shared(balloon->config.share, gpa, gpa + unit_size(balloon));
}

/* How many units to take at once, up to so many bytes: neighbours, from the last one upwards. With
 * the guard each call of cvm_memory_add() accepts a unit. */
static size_t run_length(const struct cvm_balloon *balloon, uint64_t bytes)
{
	const uint64_t *last = &balloon->config.storage[balloon->count - 1];
	uint64_t unit = unit_size(balloon);
	size_t n = 1;

	while (n < balloon->count && n * unit < bytes && *(last - n) == *last + n * unit &&
	       !unit_is_private(balloon, *(last - n)))
		n++;
	return n;
}

/* Make the last units private, as many as run_length() says; *end: up to where they are. */
static int take_run(struct cvm_balloon *balloon, uint64_t bytes, uint64_t *end)
{
	const struct cvm_balloon_config *config = &balloon->config;
	uint64_t unit = unit_size(balloon), start = config->storage[balloon->count - 1];
	int error;

	if (unit_is_private(balloon, start)) {
		*end = start + unit;
		return 0;
	}
	*end = start + run_length(balloon, bytes) * unit;
	error = cvm_memory_add(config->share, start, *end, end);
	for (uint64_t gpa = start; config->map && gpa < *end; gpa += unit)
		config->map(config->ctx, gpa, gpa + unit);
	return error;
}

int cvm_balloon_deflate(struct cvm_balloon *balloon, uint64_t bytes, uint64_t *done)
{
	const struct cvm_balloon_config *config = &balloon->config;
	int error = 0;

	for (*done = 0; !error && *done < bytes;) {
		uint64_t start, end;
		int refused;

		if (!balloon->count)
			return CVM_ENOMEM;
		start = config->storage[balloon->count - 1];
		error = take_run(balloon, bytes - *done, &end);
		if (start == end)
			return error;
		refused = cvm_pages_add(config->pages, start, end);
		if (refused)
			return refused;
		balloon->count -= (end - start) / unit_size(balloon);
		*done += end - start;
	}
	return error;
}

uint64_t cvm_balloon_bytes(const struct cvm_balloon *balloon)
{
	return balloon->count * unit_size(balloon);
}
