/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/snp/launch/cpuid_page.h"

/*
 * The page is read back through structures as Linux declares them, and by its rules: the
 * layout here and the offsets there come from different readings of the firmware's ABI.
 */
struct entry {
	uint32_t eax_in, ecx_in;
	uint64_t xcr0_in, xss_in;
	uint32_t eax, ebx, ecx, edx;
	uint64_t reserved;
};

struct table {
	uint32_t count, reserved1;
	uint64_t reserved2;
	struct entry entry[64];
};

struct answer {
	uint32_t leaf, subleaf;
	struct cpuid_regs regs;
};

/* A small processor. */
static const struct answer processor[] = {
	{ 0x0, 0, { 0x1f, 0x68747541, 0x444d4163, 0x69746e65 } },
	{ 0x1, 0, { 0xa20f12, 0x800, 0xfeda3203, 0x178bfbff } },
	{ 0x4, 0, { 0x121, 0x1c0003f, 0x3f, 0 } },
	{ 0x4, 1, { 0x122, 0x1c0003f, 0x3f, 0 } },
	{ 0x4, 2, { 0, 7, 7, 7 } }, /* the end of the list, whatever else it says */
	{ 0x7, 0, { 1, 0x219c91a9, 0x10, 0 } },
	{ 0x7, 1, { 0x30, 0, 0, 0 } },
	{ 0x7, 2, { 9, 9, 9, 9 } }, /* above what subleaf 0 says there is */
	{ 0xb, 0, { 0, 1, 0x100, 3 } },
	{ 0xb, 1, { 2, 4, 0x201, 3 } },
	{ 0xb, 2, { 0, 0, 2, 3 } },
	{ 0xd, 0, { 0x207, 0xa88, 0xa88, 0x40000000 } },
	{ 0xd, 1, { 0xf, 0x348, 0x1800, 0 } },
	{ 0xd, 2, { 0x100, 0x240, 0, 0 } },
	{ 0xd, 3, { 5, 5, 5, 5 } }, /* in neither mask */
	{ 0xd, 9, { 8, 0xa80, 0, 0 } },
	{ 0xd, 11, { 0x10, 0, 1, 0 } },
	{ 0xd, 12, { 0x18, 0, 1, 0 } },
	{ 0xd, 62, { 0x80, 0, 0, 0 } },
	{ 0x1f, 0, { 0, 1, 0x100, 3 } },
	{ 0x40000000, 0, { 0x40000001, 0x54474354, 0x43544743, 0x47435447 } },
	{ 0x80000000, 0, { 0x8000001f, 0x68747541, 0x444d4163, 0x69746e65 } },
	{ 0x80000008, 0, { 0x3030, 0, 0, 0 } },
	{ 0x8000001d, 0, { 0x121, 0x1c0003f, 0x3f, 0 } },
	{ 0x8000001f, 0, { 0x1a, 0x80000073, 0, 0 } },
	{ 0x80000020, 0, { 1, 1, 1, 1 } }, /* above the maximum */
};

/* ctx: NULL, or the regs that every leaf answers with, except the first of each range. */
static void ask(void *ctx, uint32_t leaf, uint32_t subleaf, struct cpuid_regs *regs)
{
	memset(regs, 0, sizeof(*regs));
	if (ctx && (leaf & 0x0fffffff)) {
		*regs = *(struct cpuid_regs *)ctx;
		return;
	}
	for (size_t i = 0; i < sizeof(processor) / sizeof(processor[0]); i++)
		if (processor[i].leaf == leaf && processor[i].subleaf == subleaf)
			*regs = processor[i].regs;
}

static const struct entry *look_up(const struct table *table, uint32_t leaf, uint32_t subleaf)
{
	for (uint32_t i = 0; i < table->count; i++)
		if (table->entry[i].eax_in == leaf && table->entry[i].ecx_in == subleaf)
			return &table->entry[i];
	return NULL;
}

static void test_cpuid_page(void **state)
{
	static const struct answer absent[] = {
		{ .leaf = 2 },
		{ .leaf = 4, .subleaf = 2 },
		{ .leaf = 7, .subleaf = 2 },
		{ .leaf = 0xb, .subleaf = 2 },
		{ .leaf = 0xd, .subleaf = 3 },
		{ .leaf = 0x40000001 },
		{ .leaf = 0x80000020 },
	};
	const struct cpuid_source source = { .ask = ask };
	static union {
		uint8_t bytes[CPUID_PAGE_SIZE];
		struct table table;
	} page;
	unsigned expected = sizeof(processor) / sizeof(processor[0]) - 5;

	memset(&page, 0xee, sizeof(page));
	assert_int_equal(cpuid_page_build(&source, page.bytes), expected);
	assert_int_equal(page.table.count, expected);
	for (size_t i = 0; i < sizeof(processor) / sizeof(processor[0]); i++) {
		const struct answer *answer = &processor[i];
		const struct entry *entry = look_up(&page.table, answer->leaf, answer->subleaf);
		bool base = answer->leaf == 0xd && answer->subleaf <= 1;

		if (!entry)
			continue;
		expected--;
		assert_int_equal(entry->eax, answer->regs.eax);
		assert_int_equal(entry->ebx, base ? 0x240 : answer->regs.ebx);
		assert_int_equal(entry->ecx, answer->regs.ecx);
		assert_int_equal(entry->edx, answer->regs.edx);
		assert_int_equal(entry->xcr0_in, base ? 1 : 0);
		assert_int_equal(entry->xss_in, 0);
		assert_int_equal(entry->reserved, 0);
	}
	assert_int_equal(expected, 0);
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		assert_null(look_up(&page.table, absent[i].leaf, absent[i].subleaf));
	for (size_t i = 16 + page.table.count * 48; i < sizeof(page); i++)
		assert_int_equal(page.bytes[i], 0);
}

/* A processor whose lists never end must not fill more than the page. */
static void test_cpuid_too_many(void **state)
{
	struct cpuid_regs endless = { ~0u, ~0u, ~0u, ~0u };
	const struct cpuid_source source = { .ask = ask, .ctx = &endless };
	uint8_t page[CPUID_PAGE_SIZE + 1];

	page[CPUID_PAGE_SIZE] = 0xee;
	assert_int_equal(cpuid_page_build(&source, page), 0);
	assert_int_equal(page[CPUID_PAGE_SIZE], 0xee);
}

/* As many leaves of a hypervisor as ctx says, and nothing else. */
static void ask_count(void *ctx, uint32_t leaf, uint32_t subleaf, struct cpuid_regs *regs)
{
	uint32_t count = *(uint32_t *)ctx;

	memset(regs, 0, sizeof(*regs));
	if (leaf >= 0x40000000 && leaf < 0x40000000 + count)
		regs->eax = 0x40000000 + count - 1;
}

static void test_cpuid_full(void **state)
{
	uint32_t count = 64;
	const struct cpuid_source source = { .ask = ask_count, .ctx = &count };
	uint8_t page[CPUID_PAGE_SIZE];

	assert_int_equal(cpuid_page_build(&source, page), 64);
	assert_int_equal(page[0], 64);
	assert_int_equal(page[16 + 63 * 48], 63);
	count = 65;
	assert_int_equal(cpuid_page_build(&source, page), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpuid_page),
		cmocka_unit_test(test_cpuid_too_many),
		cmocka_unit_test(test_cpuid_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
