/* SPDX-License-Identifier: MIT */
#include "emu/pages.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* x86-64 has at most 52 bits of physical address. */
#define PHYS_END (UINT64_C(1) << 52)

const char *emu_ram_check(const struct emu_ram *ram, size_t count)
{
	uint64_t end = 0;

	for (size_t i = 0; i < count; i++) {
		if ((ram[i].start | ram[i].end) % EMU_PAGE_SIZE)
			return "a range is not aligned to 4 KiB";
		if (ram[i].start >= ram[i].end)
			return "a range is empty";
		if (ram[i].start < end)
			return "ranges overlap or are not in ascending order";
		if (ram[i].end > PHYS_END)
			return "a range ends above 2^52";
		end = ram[i].end;
	}
	return NULL;
}

/* Zeroed memory that the kernel allocates where it is touched. */
static void *sparse(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

bool emu_pages_init(struct emu_pages *pages, const struct emu_ram *ram, size_t ram_count,
		    const struct emu_backend *backend)
{
	uint64_t regions;

	memset(pages, 0, sizeof(*pages));
	if ((ram_count && !ram) || emu_ram_check(ram, ram_count))
		return false;

	pages->backend = *backend;
	pages->ram_count = ram_count;
	if (!ram_count)
		return true;
	pages->end = ram[ram_count - 1].end;
	for (size_t i = 0; i < ram_count; i++)
		pages->ram_pages += (ram[i].end - ram[i].start) / EMU_PAGE_SIZE;

	regions = (pages->end + EMU_REGION_SIZE - 1) / EMU_REGION_SIZE;
	pages->page_bytes = regions * 512;
	pages->region_bytes = regions * sizeof(struct emu_region);
	pages->ram = calloc(ram_count, sizeof(*ram));
	pages->page = sparse(pages->page_bytes);
	pages->region = sparse(pages->region_bytes);
	if (!pages->ram || !pages->page || !pages->region) {
		emu_pages_free(pages);
		return false;
	}
	memcpy(pages->ram, ram, ram_count * sizeof(*ram));
	return true;
}

void emu_pages_free(struct emu_pages *pages)
{
	if (pages->page)
		munmap(pages->page, pages->page_bytes);
	if (pages->region)
		munmap(pages->region, pages->region_bytes);
	free(pages->ram);
	memset(pages, 0, sizeof(*pages));
}

bool emu_pages_ram(const struct emu_pages *pages, uint64_t start, uint64_t end,
		   struct emu_ram *part)
{
	size_t low = 0, high = pages->ram_count;

	if (start >= end)
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (pages->ram[middle].end <= start)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == pages->ram_count || pages->ram[low].start >= end)
		return false;
	part->start = pages->ram[low].start > start ? pages->ram[low].start : start;
	part->end = pages->ram[low].end < end ? pages->ram[low].end : end;
	return true;
}

bool emu_pages_is_ram(const struct emu_pages *pages, uint64_t start, uint64_t end)
{
	struct emu_ram part;

	while (start < end) {
		if (!emu_pages_ram(pages, start, end, &part) || part.start != start)
			return false;
		start = part.end;
	}
	return true;
}

uint8_t *emu_page(const struct emu_pages *pages, uint64_t gpa)
{
	return &pages->page[gpa / EMU_PAGE_SIZE];
}

struct emu_region *emu_region(const struct emu_pages *pages, uint64_t gpa)
{
	return &pages->region[gpa / EMU_REGION_SIZE];
}

uint8_t emu_pages_get(const struct emu_pages *pages, uint64_t gpa)
{
	const struct emu_region *region = emu_region(pages, gpa);

	/* A split fills the page bytes before it changes the size. */
	if (emu_byte(&region->size) == EMU_REGION_2M)
		return emu_byte(&region->leaf);
	return emu_byte(emu_page(pages, gpa));
}

enum emu_page_state emu_pages_state(const struct emu_pages *pages, uint64_t gpa)
{
	if (gpa >= pages->end || !emu_pages_is_ram(pages, gpa, gpa + 1))
		return EMU_PAGE_NOT_RAM;
	return (enum emu_page_state)(emu_pages_get(pages, gpa) & EMU_PAGE_STATE);
}

uint64_t emu_pages_unaccepted(const struct emu_pages *pages)
{
	uint64_t gone = emu_counted(&pages->mapped) + emu_counted(&pages->shared);

	/* A page that is being converted may be in both counters for a moment. */
	return gone < pages->ram_pages ? pages->ram_pages - gone : 0;
}

void emu_pause(unsigned *turns)
{
	/* The other vCPU may be waiting for this processor. */
	if (++*turns % 64 == 0)
		sched_yield();
	else
		__builtin_ia32_pause();
}

void emu_region_lock(struct emu_region *region)
{
	unsigned turns = 0;

	while (__atomic_exchange_n(&region->lock, 1, __ATOMIC_ACQUIRE))
		emu_pause(&turns);
}

void emu_region_unlock(struct emu_region *region)
{
	__atomic_store_n(&region->lock, 0, __ATOMIC_RELEASE);
}

bool emu_region_is_free(const struct emu_pages *pages, uint64_t gpa)
{
	const uint8_t *page = emu_page(pages, gpa);

	for (unsigned i = 0; i < 512; i++)
		if (emu_byte(&page[i]) != EMU_PAGE_FREE)
			return false;
	return emu_pages_is_ram(pages, gpa, gpa + EMU_REGION_SIZE);
}

void emu_region_split(const struct emu_pages *pages, uint64_t gpa)
{
	struct emu_region *region = emu_region(pages, gpa);
	uint8_t *page = emu_page(pages, gpa & -EMU_REGION_SIZE);

	for (unsigned i = 0; i < 512; i++)
		emu_byte_set(&page[i], emu_byte(&region->leaf));
	emu_byte_set(&region->size, EMU_REGION_4K);
}

void emu_pages_launch(struct emu_pages *pages, uint64_t start, uint64_t end)
{
	struct emu_ram part;

	for (; emu_pages_ram(pages, start, end, &part); start = part.end) {
		pages->backend.map_private(pages->backend.ctx, part.start, part.end - part.start,
					   false);
		for (uint64_t gpa = part.start; gpa < part.end; gpa += EMU_PAGE_SIZE) {
			emu_byte_set(&emu_region(pages, gpa)->size, EMU_REGION_4K);
			if (emu_byte(emu_page(pages, gpa)) != EMU_PAGE_MAPPED)
				emu_count(&pages->mapped, 1);
			emu_byte_set(emu_page(pages, gpa), EMU_PAGE_MAPPED);
		}
	}
}
