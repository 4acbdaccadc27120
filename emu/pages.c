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

static struct emu_ram_list *list_of(const struct emu_pages *pages)
{
	return __atomic_load_n(&pages->list, __ATOMIC_ACQUIRE);
}

/* A list with room for that many ranges. */
static struct emu_ram_list *list_new(size_t count)
{
	struct emu_ram_list *list = calloc(1, sizeof(*list) + count * sizeof(list->ram[0]));

	if (list)
		list->count = count;
	return list;
}

static void list_publish(struct emu_pages *pages, struct emu_ram_list *list)
{
	list->older = pages->list;
	__atomic_store_n(&pages->list, list, __ATOMIC_RELEASE);
}

bool emu_pages_init(struct emu_pages *pages, const struct emu_ram *ram, size_t ram_count,
		    uint64_t limit, const struct emu_backend *backend)
{
	uint64_t regions;

	memset(pages, 0, sizeof(*pages));
	if ((ram_count && !ram) || emu_ram_check(ram, ram_count))
		return false;

	pages->backend = *backend;
	pages->list = list_new(ram_count);
	if (!pages->list || !ram_count)
		return pages->list;
	memcpy(pages->list->ram, ram, ram_count * sizeof(*ram));
	pages->end = ram[ram_count - 1].end > limit ? ram[ram_count - 1].end : limit;
	for (size_t i = 0; i < ram_count; i++)
		pages->ram_pages += (ram[i].end - ram[i].start) / EMU_PAGE_SIZE;

	regions = (pages->end + EMU_REGION_SIZE - 1) / EMU_REGION_SIZE;
	pages->page_bytes = regions * 512;
	pages->region_bytes = regions * sizeof(struct emu_region);
	pages->page = sparse(pages->page_bytes);
	pages->region = sparse(pages->region_bytes);
	if (!pages->page || !pages->region) {
		emu_pages_free(pages);
		return false;
	}
	return true;
}

void emu_pages_free(struct emu_pages *pages)
{
	struct emu_ram_list *older;

	if (pages->page)
		munmap(pages->page, pages->page_bytes);
	if (pages->region)
		munmap(pages->region, pages->region_bytes);
	for (; pages->list; pages->list = older) {
		older = pages->list->older;
		free(pages->list);
	}
	memset(pages, 0, sizeof(*pages));
}

bool emu_pages_add(struct emu_pages *pages, uint64_t start, uint64_t end)
{
	const struct emu_ram_list *list = list_of(pages);
	struct emu_ram_list *grown = list_new(list->count + 1);
	size_t before = 0;

	if (!grown)
		return false;
	while (before < list->count && list->ram[before].start < start)
		before++;
	memcpy(grown->ram, list->ram, before * sizeof(list->ram[0]));
	grown->ram[before] = (struct emu_ram){ start, end };
	memcpy(&grown->ram[before + 1], &list->ram[before],
	       (list->count - before) * sizeof(list->ram[0]));
	if (end > pages->end || emu_ram_check(grown->ram, grown->count)) {
		free(grown);
		return false;
	}
	emu_count(&pages->ram_pages, (end - start) / EMU_PAGE_SIZE);
	list_publish(pages, grown);
	return true;
}

/* The position of exactly this range, or the length of the list. */
static size_t list_find(const struct emu_ram_list *list, uint64_t start, uint64_t end)
{
	size_t at = 0;

	while (at < list->count && list->ram[at].start != start)
		at++;
	return at < list->count && list->ram[at].end == end ? at : list->count;
}

bool emu_pages_is_range(const struct emu_pages *pages, uint64_t start, uint64_t end)
{
	const struct emu_ram_list *list = list_of(pages);

	return list_find(list, start, end) < list->count;
}

bool emu_pages_forget(struct emu_pages *pages, uint64_t start, uint64_t end)
{
	const struct emu_ram_list *list = list_of(pages);
	size_t at = list_find(list, start, end);
	struct emu_ram_list *rest;

	if (at == list->count)
		return false;
	rest = list_new(list->count - 1);
	if (!rest)
		return false;
	memcpy(rest->ram, list->ram, at * sizeof(list->ram[0]));
	memcpy(&rest->ram[at], &list->ram[at + 1], (list->count - at - 1) * sizeof(list->ram[0]));
	list_publish(pages, rest);
	emu_count(&pages->ram_pages, -((end - start) / EMU_PAGE_SIZE));
	return true;
}

bool emu_pages_ram(const struct emu_pages *pages, uint64_t start, uint64_t end,
		   struct emu_ram *part)
{
	const struct emu_ram_list *list = list_of(pages);
	size_t low = 0, high = list->count;

	if (start >= end)
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->ram[middle].end <= start)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == list->count || list->ram[low].start >= end)
		return false;
	part->start = list->ram[low].start > start ? list->ram[low].start : start;
	part->end = list->ram[low].end < end ? list->ram[low].end : end;
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

static bool is_table_blocked(const struct emu_region *region)
{
	return emu_byte(&region->size) == EMU_REGION_4K &&
	       emu_byte(&region->leaf) & EMU_PAGE_BLOCKED;
}

enum emu_page_state emu_pages_state(const struct emu_pages *pages, uint64_t gpa)
{
	uint8_t byte;

	if (gpa >= pages->end || !emu_pages_is_ram(pages, gpa, gpa + 1))
		return EMU_PAGE_NOT_RAM;
	byte = emu_pages_get(pages, gpa);
	/* What the host has blocked, or the table above it, is not there for the guest. */
	if (byte & EMU_PAGE_BLOCKED || is_table_blocked(emu_region(pages, gpa)))
		return (byte & EMU_PAGE_STATE) == EMU_PAGE_SHARED ? EMU_PAGE_SHARED : EMU_PAGE_FREE;
	return (enum emu_page_state)(byte & EMU_PAGE_STATE);
}

uint64_t emu_pages_unaccepted(const struct emu_pages *pages)
{
	uint64_t gone = emu_counted(&pages->mapped) + emu_counted(&pages->shared);

	/* A page that is being converted may be in both counters for a moment. */
	return gone < emu_counted(&pages->ram_pages) ? emu_counted(&pages->ram_pages) - gone : 0;
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
