/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/snp/launch/cpuid_page.h"

#include <string.h>

#include "formats/le.h"

#define HEADER_SIZE 16
#define ENTRY_SIZE  48
#define MOST_LEAVES 255 /* in a range, after its first leaf */
#define LEGACY_AREA 0x240

#define LEAF_CACHES	  0x4
#define LEAF_FEATURES	  0x7
#define LEAF_TOPOLOGY	  0xb
#define LEAF_XSAVE	  0xd
#define LEAF_TOPOLOGY_V2  0x1f
#define LEAF_EXTENDED	  0x80000000
#define LEAF_AMD_CACHES	  0x8000001d
#define LEAF_AMD_TOPOLOGY 0x80000026

struct builder {
	const struct cpuid_source *source;
	uint8_t *page;
	unsigned count;
	bool full;
};

static void add(struct builder *builder, uint32_t leaf, uint32_t subleaf)
{
	uint8_t *entry = builder->page + HEADER_SIZE + builder->count * ENTRY_SIZE;
	struct cpuid_regs regs = { 0 };

	builder->source->ask(builder->source->ctx, leaf, subleaf, &regs);
	if (!(regs.eax | regs.ebx | regs.ecx | regs.edx))
		return;
	if (builder->count == CPUID_PAGE_ENTRIES) {
		builder->full = true;
		return;
	}
	le_put(entry, leaf, 4);
	le_put(entry + 4, subleaf, 4);
	if (leaf == LEAF_XSAVE && subleaf <= 1) {
		le_put(entry + 8, 1, 4);
		regs.ebx = LEGACY_AREA;
	}
	le_put(entry + 24, regs.eax, 4);
	le_put(entry + 28, regs.ebx, 4);
	le_put(entry + 32, regs.ecx, 4);
	le_put(entry + 36, regs.edx, 4);
	builder->count++;
}

/* Whether there is a subleaf at this index, in leaves that are lists with an end. */
static bool goes_on(uint32_t leaf, const struct cpuid_regs *regs)
{
	if (leaf == LEAF_CACHES || leaf == LEAF_AMD_CACHES)
		return regs->eax & 0x1f;
	return regs->ecx >> 8 & 0xff;
}

static void add_list(struct builder *builder, uint32_t leaf)
{
	struct cpuid_regs regs;

	for (uint32_t subleaf = 0; !builder->full && subleaf < CPUID_PAGE_ENTRIES; subleaf++) {
		memset(&regs, 0, sizeof(regs));
		builder->source->ask(builder->source->ctx, leaf, subleaf, &regs);
		if (!goes_on(leaf, &regs))
			return;
		add(builder, leaf, subleaf);
	}
}

/* Subleaf 0 names the components of XCR0, subleaf 1 those of XSS. */
static void add_xsave(struct builder *builder)
{
	struct cpuid_regs user = { 0 }, supervisor = { 0 };
	uint64_t components;

	builder->source->ask(builder->source->ctx, LEAF_XSAVE, 0, &user);
	builder->source->ask(builder->source->ctx, LEAF_XSAVE, 1, &supervisor);
	components = user.eax | supervisor.ecx | (uint64_t)(user.edx | supervisor.edx) << 32;
	add(builder, LEAF_XSAVE, 0);
	add(builder, LEAF_XSAVE, 1);
	for (uint32_t i = 2; i < 63; i++)
		if (components >> i & 1)
			add(builder, LEAF_XSAVE, i);
}

static void add_leaf(struct builder *builder, uint32_t leaf)
{
	struct cpuid_regs regs = { 0 };

	switch (leaf) {
	case LEAF_CACHES:
	case LEAF_TOPOLOGY:
	case LEAF_TOPOLOGY_V2:
	case LEAF_AMD_CACHES:
	case LEAF_AMD_TOPOLOGY:
		add_list(builder, leaf);
		return;
	case LEAF_XSAVE:
		add_xsave(builder);
		return;
	case LEAF_FEATURES:
		builder->source->ask(builder->source->ctx, leaf, 0, &regs);
		for (uint32_t i = 0; i <= regs.eax && !builder->full && i < CPUID_PAGE_ENTRIES; i++)
			add(builder, leaf, i);
		return;
	default:
		add(builder, leaf, 0);
	}
}

unsigned cpuid_page_build(const struct cpuid_source *source, uint8_t page[CPUID_PAGE_SIZE])
{
	static const uint32_t firsts[] = { 0, 0x40000000, LEAF_EXTENDED };
	struct builder builder = { .source = source, .page = page };

	memset(page, 0, CPUID_PAGE_SIZE);
	for (unsigned i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
		uint32_t first = firsts[i], last;
		struct cpuid_regs regs = { 0 };

		source->ask(source->ctx, first, 0, &regs);
		last = regs.eax;
		if (last < first || last - first > MOST_LEAVES)
			last = last < first ? first : first + MOST_LEAVES;
		for (uint32_t leaf = first; leaf <= last && !builder.full; leaf++)
			add_leaf(&builder, leaf);
	}
	le_put(page, builder.count, 4);
	return builder.full ? 0 : builder.count;
}
