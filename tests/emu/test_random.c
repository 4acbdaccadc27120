/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emu/snp/snp.h"
#include "emu/tdx/tdx.h"
#include "tests/emu/fake_backend.h"

/*
 * Random guests against a model that is as plain as can be: one array of page states and
 * one of region sizes, in one thread. Whatever would stop the machine is left out; other
 * tests do that.
 */

#define PAGES	2305 /* 4 regions and a half, and one page */
#define REGIONS 5
#define STEPS	4000

enum { NOTHING, TABLE, LARGE };

struct model {
	char page[PAGES]; /* '.' free, 'p' pending or unvalidated, 'A' usable, 'S' shared */
	int size[REGIONS];
	bool only_4k;
};

static const struct emu_ram ram = { 0, PAGES *UINT64_C(4096) };

static uint64_t seed;

static uint64_t roll(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

static bool all(const struct model *model, int region, const char *states)
{
	if (region * 512 + 512 > PAGES)
		return false;
	for (int i = region * 512; i < region * 512 + 512; i++)
		if (!strchr(states, model->page[i]))
			return false;
	return true;
}

static void fill(struct model *model, int first, int n, char state)
{
	memset(model->page + first, state, n);
}

static int usable(const struct model *model)
{
	int n = 0;

	for (int i = 0; i < PAGES; i++)
		n += model->page[i] == 'A';
	return n;
}

static int shared(const struct model *model)
{
	int n = 0;

	for (int i = 0; i < PAGES; i++)
		n += model->page[i] == 'S';
	return n;
}

static void compare_backend(const struct model *model, const struct fake_backend *fake)
{
	for (int i = 0; i < PAGES; i++) {
		assert_int_equal(fake->private_ok[i], model->page[i] == 'A');
		assert_int_equal(fake->shared_ok[i], model->page[i] == 'S');
	}
}

static int cut(int first, int n)
{
	return first + n > PAGES ? PAGES - first : n;
}

/* Where a share or unshare begins and how long it is: a page, a region, or anything. */
static int pick_range(int *first)
{
	switch (roll(3)) {
	case 0:
		*first = roll(PAGES);
		return 1;
	case 1:
		*first = roll(REGIONS) * 512;
		return cut(*first, 512);
	default:
		*first = roll(PAGES);
		return cut(*first, 1 + roll(1200));
	}
}

static void model_share(struct model *model, int first, int n)
{
	for (int region = 0; region < REGIONS; region++) {
		int begin = region * 512, end = begin + 512;
		bool whole = first <= begin && end <= first + n;
		bool some = first < end && begin < first + n;

		if (whole)
			model->size[region] = NOTHING;
		else if (some && model->size[region] == LARGE)
			model->size[region] = TABLE;
	}
	fill(model, first, n, 'S');
}

/* RAX of an accept; 1: the machine would stop. */
static uint64_t tdx_model_accept(struct model *model, int page, bool large)
{
	int region = page / 512;

	if (large && model->size[region] == NOTHING && all(model, region, ".") && !model->only_4k) {
		fill(model, page, 512, 'A');
		model->size[region] = LARGE;
		return 0;
	}
	if (model->size[region] == LARGE)
		return 0x00000B0A00000001;
	if (large && model->size[region] == TABLE)
		return 0xC0000B0B00000001;
	if (model->page[page] == 'S')
		return 1;
	model->size[region] = TABLE;
	if (large) {
		model->page[page] = 'p';
		return 0xC0000B0B00000001;
	}
	if (model->page[page] == 'A')
		return 0x00000B0A00000000;
	model->page[page] = 'A';
	return 0;
}

static void tdx_accept(struct emu_tdx *tdx, struct model *model)
{
	bool large = roll(2);
	int page = large ? roll(REGIONS) * 512 : roll(PAGES);
	uint64_t gpr[16] = { [0] = 6, [1] = page * UINT64_C(4096) + large };
	struct model before = *model;
	uint64_t expected = tdx_model_accept(model, page, large);

	if (expected == 1) {
		*model = before;
		return;
	}
	assert_int_equal(emu_tdx_tdcall(tdx, 0, gpr), EMU_NEXT);
	assert_int_equal(gpr[0], expected);
}

static void tdx_map_gpa(struct emu_tdx *tdx, struct model *model)
{
	bool to_shared = roll(2);
	int first, n = pick_range(&first);
	uint64_t gpr[16] = { [1] = 0x3c00,
			     [11] = 0x10001,
			     [12] = first * UINT64_C(4096) | (to_shared ? UINT64_C(1) << 47 : 0),
			     [13] = n * UINT64_C(4096) };

	if (to_shared)
		model_share(model, first, n);
	for (int i = first; !to_shared && i < first + n; i++)
		if (model->page[i] == 'S')
			model->page[i] = '.';
	assert_int_equal(emu_tdx_tdcall(tdx, 0, gpr), EMU_NEXT);
	assert_int_equal(gpr[10], 0);
}

static void tdx_compare(struct emu_tdx *tdx, const struct model *model)
{
	static const char states[] = { '.', 'p', 'A', 'S' };

	for (int i = 0; i < PAGES; i++)
		assert_int_equal(
			states[emu_machine_state(emu_tdx_machine(tdx), i * UINT64_C(4096))],
			model->page[i]);
	assert_int_equal(fake_unaccepted(emu_tdx_machine(tdx)) / 4096,
			 PAGES - usable(model) - shared(model));
}

static void run_tdx(uint64_t new_seed, bool only_4k)
{
	struct emu_tdx_config config = {
		.vcpus = 1, .gpa_width = 48, .ram = &ram, .ram_count = 1, .host_4k_only = only_4k
	};
	struct fake_backend *fake = fake_create();
	struct emu_tdx *tdx = emu_tdx_create(&config, &fake->backend);
	struct model model = { .only_4k = only_4k };

	assert_non_null(tdx);
	fill(&model, 0, PAGES, '.');
	seed = new_seed;
	for (int step = 0; step < STEPS; step++) {
		if (roll(3))
			tdx_accept(tdx, &model);
		else
			tdx_map_gpa(tdx, &model);
		if (step % 16 && step != STEPS - 1)
			continue;
		tdx_compare(tdx, &model);
		compare_backend(&model, fake);
	}
	emu_tdx_destroy(tdx);
	fake_destroy(fake);
}

/* EAX, CF in bit 32; UINT64_MAX: the machine would stop. */
static uint64_t snp_model_pvalidate(struct model *model, int page, bool large, bool validate)
{
	int region = page / 512;
	char from = validate ? 'p' : 'A', to = validate ? 'A' : 'p';

	if (model->page[page] == 'S')
		return UINT64_MAX;
	if (large && model->size[region] == NOTHING && all(model, region, ".") && !model->only_4k) {
		fill(model, page, 512, 'p');
		model->size[region] = LARGE;
	}
	if (model->page[page] == '.')
		model->page[page] = 'p';
	if (!large || model->size[region] == NOTHING)
		model->size[region] = TABLE;
	if (large && model->size[region] == TABLE)
		return 6;
	if (model->page[page] != from)
		return UINT64_C(1) << 32;
	fill(model, page, large ? 512 : 1, to);
	return 0;
}

static void snp_pvalidate(struct emu_snp *snp, struct model *model)
{
	bool large = roll(2), validate = roll(4);
	int page = large ? roll(REGIONS) * 512 : roll(PAGES);
	struct model before = *model;
	uint64_t expected = snp_model_pvalidate(model, page, large, validate);
	uint32_t eax;
	bool cf;

	if (expected == UINT64_MAX) {
		*model = before;
		return;
	}
	assert_int_equal(
		emu_snp_pvalidate(snp, 0, page * UINT64_C(4096), true, large, validate, &eax, &cf),
		EMU_NEXT);
	assert_int_equal(eax | (uint64_t)cf << 32, expected);
}

static void snp_model_private(struct model *model, int first, int n)
{
	int region = first / 512;
	bool large = n == 512 && all(model, region, "S.") && !model->only_4k;

	if (model->size[region] == LARGE)
		return;
	for (int i = first; i < first + n; i++)
		if (model->page[i] == 'S' || model->page[i] == '.')
			model->page[i] = 'p';
	model->size[region] = large ? LARGE : TABLE;
}

#define GHCB (PAGES * UINT64_C(4096))

/* One entry by the GHCB page, which lies behind the RAM that the model knows. */
static void snp_psc(struct emu_snp *snp, struct fake_backend *fake, struct model *model)
{
	bool to_shared = roll(2), large = roll(2);
	int first = large ? roll(REGIONS - 1) * 512 : roll(PAGES);
	uint64_t entry = first * UINT64_C(4096) | (to_shared ? UINT64_C(2) : 1) << 52 |
			 (uint64_t)large << 56;
	uint64_t header = 0, code[4] = { 0x80000010, 0, 0, GHCB + 0x800 };
	uint64_t valid[2] = { 0, 0x003c000000000000 }, info2;

	if (to_shared)
		model_share(model, first, large ? 512 : 1);
	else
		snp_model_private(model, first, large ? 512 : 1);
	memcpy(fake->shared + GHCB + 0x390, code, 32);
	memcpy(fake->shared + GHCB + 0x3f0, valid, 16);
	fake->shared[GHCB + 0xffa] = 2;
	memcpy(fake->shared + GHCB + 0x800, &header, 8);
	memcpy(fake->shared + GHCB + 0x808, &entry, 8);
	assert_int_equal(emu_snp_vmgexit(snp, 0), EMU_NEXT);
	memcpy(&info2, fake->shared + GHCB + 0x3a0, 8);
	assert_int_equal(info2, 0);
}

static void snp_compare(struct emu_snp *snp, const struct model *model)
{
	for (int i = 0; i < PAGES; i++) {
		enum emu_page_state state =
			emu_machine_state(emu_snp_machine(snp), i * UINT64_C(4096));

		assert_int_equal(state == EMU_PAGE_MAPPED, model->page[i] == 'A');
		assert_int_equal(state == EMU_PAGE_SHARED, model->page[i] == 'S');
	}
	assert_int_equal(fake_unaccepted(emu_snp_machine(snp)) / 4096,
			 PAGES - usable(model) - shared(model));
}

static void run_snp(uint64_t new_seed, bool only_4k)
{
	struct emu_ram both[] = { ram, { GHCB, GHCB + 4096 } };
	struct emu_snp_config config = { .vcpus = 1,
					 .ram = both,
					 .ram_count = 2,
					 .assign_on_touch = true,
					 .rmp_4k_only = only_4k };
	struct fake_backend *fake = fake_create();
	struct emu_snp *snp = emu_snp_create(&config, &fake->backend);
	struct model model = { .only_4k = only_4k };

	assert_non_null(snp);
	fill(&model, 0, PAGES, '.');
	emu_snp_wrmsr(snp, 0, 0xc0010130, GHCB | UINT64_C(2) << 52 | 0x014);
	assert_int_equal(emu_snp_vmgexit(snp, 0), EMU_NEXT);
	emu_snp_wrmsr(snp, 0, 0xc0010130, GHCB | 0x012);
	assert_int_equal(emu_snp_vmgexit(snp, 0), EMU_NEXT);
	emu_snp_wrmsr(snp, 0, 0xc0010130, GHCB);
	seed = new_seed;
	for (int step = 0; step < STEPS; step++) {
		if (roll(3))
			snp_pvalidate(snp, &model);
		else
			snp_psc(snp, fake, &model);
		if (step % 16 && step != STEPS - 1)
			continue;
		snp_compare(snp, &model);
		compare_backend(&model, fake);
	}
	emu_snp_destroy(snp);
	fake_destroy(fake);
}

static void test_tdx(void **state)
{
	run_tdx(1, false);
	run_tdx(0x5eed, false);
	run_tdx(77, true);
}

static void test_snp(void **state)
{
	run_snp(1, false);
	run_snp(0x5eed, false);
	run_snp(77, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tdx),
		cmocka_unit_test(test_snp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
