/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/cca/realm.h"

/*
 * Random Realms and hosts against a model that is as plain as can be: one array of pages, in one
 * thread. usage: test_emu_cca_random [CALLS], 20000 by default.
 *
 * After each call its answer is the model's, and after some the RIPAS of each page and what the
 * backend maps are: private memory where a page is RAM and has a granule, an alias where the host
 * has mapped one of an EMPTY page, and nothing outside RAM. A granule's content is kept as long as
 * the page is RAM, and a page that the host took comes back with zeros, by CHANGE_DESTROYED alone.
 */

#define PAGES	1500
#define EPISODE 250

/* RAM is not in the middle. */
static const struct emu_ram ram[] = { { 0, 0x2c1000 }, { 0x3ff000, PAGES *UINT64_C(4096) } };

enum ripas { EMPTY, RAM, DESTROYED };

struct page {
	enum ripas ripas;
	bool granule, alias, used;
};

static struct {
	struct page page[PAGES];
	bool populate, keep_empty;
	/* Of the host in this call. */
	int limit;
	bool reject;
	/* The attack. */
	enum emu_cca_attack_kind kind;
	unsigned at, triggers, strikes;
	int previous;
} model;

static uint64_t seed;

static uint64_t roll(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

static bool is_ram(int page)
{
	uint64_t ipa = page * UINT64_C(4096);

	return ipa < ram[0].end || (ipa >= ram[1].start && ipa < ram[1].end);
}

static void ripas_change(void *ctx, unsigned vcpu, const struct emu_ripas_change *change,
			 struct emu_ripas_answer *answer)
{
	if (model.limit * UINT64_C(4096) < answer->limit)
		answer->limit = model.limit * UINT64_C(4096);
	answer->reject |= model.reject;
}

static void fill(struct page *page)
{
	page->granule = true;
	if (page->ripas == RAM)
		page->used = true;
}

static void drop(struct page *page)
{
	page->granule = page->used = false;
}

static void model_destroy(int at)
{
	model.page[at].ripas = DESTROYED;
	drop(&model.page[at]);
	model.strikes++;
}

static bool triggers(void)
{
	return ++model.triggers >= model.at;
}

/* True: the call ends, with this answer. */
static bool model_attack(int base, int top, int *end, bool *rejected)
{
	int last = model.previous, first = base;

	switch (model.kind) {
	case EMU_CCA_ATTACK_DESTROY:
		model.previous = base;
		if (triggers() && !model.strikes && last >= 0 && model.page[last].ripas == RAM)
			model_destroy(last);
		return false;
	case EMU_CCA_ATTACK_DESTROY_AGAIN:
		while (first < top && model.page[first].ripas != RAM)
			first++;
		if (first < top && triggers() && !model.strikes)
			model_destroy(first);
		return false;
	case EMU_CCA_ATTACK_REJECT:
	case EMU_CCA_ATTACK_STALL:
	case EMU_CCA_ATTACK_BACK:
	case EMU_CCA_ATTACK_PAST:
		if (!triggers())
			return false;
		model.strikes++;
		*end = base;
		if (model.kind == EMU_CCA_ATTACK_BACK)
			*end = base - 1;
		if (model.kind == EMU_CCA_ATTACK_PAST)
			*end = top + 1;
		*rejected = model.kind == EMU_CCA_ATTACK_REJECT;
		return true;
	default:
		return false;
	}
}

static int model_to_ram(int base, int top, bool change_destroyed, bool *rejected)
{
	int at = base;

	*rejected = model.reject;
	while (at < top && is_ram(at))
		at++;
	if (at < top)
		*rejected = true;
	if (at < model.limit)
		model.limit = at;
	for (at = base; at < top && at < model.limit; at++) {
		struct page *page = &model.page[at];

		if (page->ripas == DESTROYED && !change_destroyed)
			break;
		if (page->ripas == RAM)
			continue;
		page->ripas = RAM;
		page->alias = false;
		if (page->granule || model.populate)
			fill(page);
	}
	*rejected = *rejected && at < top;
	return at;
}

static int model_to_empty(int base, int top)
{
	int at;

	for (at = base; at < top && at < model.limit; at++) {
		struct page *page = &model.page[at];

		/* An alias means that it is EMPTY already. */
		if (!is_ram(at) || page->alias)
			continue;
		page->ripas = EMPTY;
		if (!model.keep_empty)
			drop(page);
	}
	return at;
}

static void pick(int *base, int *top)
{
	*base = roll(PAGES);
	*top = *base + 1 + roll(roll(3) ? 20 : PAGES);
	if (*top > PAGES)
		*top = PAGES;
}

static void set(struct realm *realm)
{
	bool to_ram = roll(2), change_destroyed = roll(2), rejected = false;
	int base, top, end;
	struct rsi call;

	pick(&base, &top);
	model.limit = roll(3) ? PAGES : base + (int)roll(top - base + 1);
	model.reject = roll(2);
	call = (struct rsi){ { IPA_STATE_SET, base * UINT64_C(4096), top * UINT64_C(4096), to_ram,
			       change_destroyed } };
	assert_int_equal(emu_cca_rsi(realm->cca, 0, call.x), EMU_NEXT);
	if (!to_ram)
		end = model_to_empty(base, top);
	else if (!model_attack(base, top, &end, &rejected))
		end = model_to_ram(base, top, change_destroyed, &rejected);
	assert_int_equal(call.x[0], 0);
	assert_int_equal(call.x[1], end * UINT64_C(4096));
	assert_int_equal(call.x[2], rejected);
}

/* The answer may end early, at a table's end. */
static void get(struct realm *realm)
{
	int base, top, end;
	struct rsi call;

	pick(&base, &top);
	call = realm_call(realm, IPA_STATE_GET, base * UINT64_C(4096), top * UINT64_C(4096), 0, 0);
	for (end = base; end < top && model.page[end].ripas == model.page[base].ripas;)
		end++;
	assert_int_equal(call.x[0], 0);
	assert_int_equal(call.x[2], model.page[base].ripas);
	assert_true(call.x[1] > base * UINT64_C(4096));
	assert_true(call.x[1] <= end * UINT64_C(4096));
	if (call.x[1] != end * UINT64_C(4096))
		assert_int_equal(call.x[1] % 0x200000, 0);
}

static void map(struct realm *realm)
{
	int base, top, at;

	pick(&base, &top);
	for (at = base; at < top && is_ram(at) && !model.page[at].granule; at++)
		fill(&model.page[at]);
	assert_int_equal(emu_cca_data_map(realm->cca, base * UINT64_C(4096), top * UINT64_C(4096)),
			 at * UINT64_C(4096));
}

static void unmap(struct realm *realm)
{
	int base, top, at;

	pick(&base, &top);
	for (at = base; at < top && is_ram(at) && model.page[at].granule; at++) {
		drop(&model.page[at]);
		if (model.page[at].ripas == RAM)
			model.page[at].ripas = DESTROYED;
	}
	assert_int_equal(
		emu_cca_data_unmap(realm->cca, base * UINT64_C(4096), top * UINT64_C(4096)),
		at * UINT64_C(4096));
}

/* An access to one of the halves, where it does not stop the machine. */
static void touch(struct realm *realm)
{
	int at = roll(PAGES);
	uint64_t ipa = at * UINT64_C(4096) + roll(4096);
	bool alias = roll(2), fetch = roll(2);
	struct page *page = &model.page[at];
	enum emu_cca_abort expected = EMU_CCA_AGAIN;

	if (alias)
		ipa |= REALM_SHARED;
	if (alias && fetch)
		expected = EMU_CCA_SEA;
	else if (alias && !is_ram(at))
		expected = EMU_CCA_DEVICE;
	else if (alias ? page->ripas != EMPTY : page->ripas == DESTROYED)
		return;
	else if (alias)
		page->alias = true;
	else if (page->ripas == EMPTY)
		expected = EMU_CCA_SEA;
	else
		fill(page);
	assert_int_equal(emu_cca_abort(realm->cca, 1, ipa, fetch), expected);
}

static void compare(const struct realm *realm)
{
	uint64_t unaccepted = 0;

	for (int i = 0; i < PAGES; i++) {
		const struct page *page = &model.page[i];
		enum emu_ripas ripas = emu_cca_ripas(realm->cca, i * UINT64_C(4096));
		uint8_t is_private = page->ripas == RAM && page->granule;

		assert_int_equal(ripas, page->ripas);
		assert_int_equal(realm->fake->private_ok[i], is_private);
		assert_int_equal(realm->fake->shared_ok[i], page->alias);
		assert_false(page->alias && page->ripas != EMPTY);
		assert_false(!is_ram(i) && (page->ripas != EMPTY || page->alias));
		unaccepted += is_ram(i) && page->ripas != RAM && !page->alias;
	}
	assert_int_equal(fake_unaccepted(emu_cca_machine(realm->cca)), unaccepted * 4096);
}

/* Content: kept while it was USED, else zeroed. */
static bool used_before[PAGES];

static void remember(void)
{
	for (int i = 0; i < PAGES; i++)
		used_before[i] = model.page[i].used;
}

static void compare_content(const struct realm *realm)
{
	for (size_t n = 0; n < realm->fake->calls && n < 64; n++) {
		const struct fake_call *call = &realm->fake->call[n];

		if (call->what != 'P')
			continue;
		for (uint64_t i = call->gpa / 4096; i < (call->gpa + call->size) / 4096; i++)
			assert_true(call->zero == !used_before[i]);
	}
}

static void step(struct realm *realm)
{
	static void (*const steps[])(struct realm * realm) = { set, set, set,	set,  get,
							       map, map, unmap, touch };
	unsigned strikes = model.strikes;

	fake_clear_log(realm->fake);
	remember();
	steps[roll(9)](realm);
	/* The attack takes a page and the same call brings it back: not what it was before. */
	if (strikes == model.strikes)
		compare_content(realm);
}

static struct realm begin(void)
{
	struct emu_cca_config config = { .ram = ram, .ram_count = 2, .ripas_change = ripas_change };

	memset(&model, 0, sizeof(model));
	model.previous = -1;
	model.populate = config.populate = roll(2);
	model.keep_empty = config.keep_empty = roll(2);
	model.kind = config.attack.kind = roll(EMU_CCA_ATTACK_EMPTY_START);
	model.at = config.attack.at = 1 + roll(EPISODE);
	return realm_start(config);
}

static uint64_t calls = 20000;

static void test_model(void **state)
{
	seed = 0x5eed;
	for (uint64_t done = 0; done < calls; done += EPISODE) {
		struct realm realm = begin();

		for (int i = 0; i < EPISODE; i++) {
			step(&realm);
			if (i % 16 == 15)
				compare(&realm);
		}
		compare(&realm);
		realm_finish(&realm);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_model) };

	if (argc > 1)
		calls = strtoull(argv[1], NULL, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
