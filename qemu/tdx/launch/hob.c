/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/tdx/launch/hob.h"

#include <stdlib.h>
#include <string.h>

/* UEFI Platform Initialization specification, volume 3, chapter 5. */
struct hob_header {
	uint16_t type, length;
	uint32_t reserved;
};

struct hob_handoff {
	struct hob_header header;
	uint32_t version, boot_mode;
	uint64_t memory_top, memory_bottom, free_top, free_bottom, end_of_list;
};

struct hob_resource {
	struct hob_header header;
	uint8_t owner[16];
	uint32_t type, attributes;
	uint64_t start, length;
};

enum { HOB_HANDOFF = 1, HOB_RESOURCE = 3, HOB_END = 0xffff };
enum { RESOURCE_SYSTEM_MEMORY = 0, RESOURCE_UNACCEPTED = 7 };
#define HANDOFF_VERSION	  9
#define RESOURCE_IS_THERE 7 /* present, initialised, tested */

struct list {
	uint8_t *bytes;
	size_t size, used; /* used > size: it did not fit */
};

static void append(struct list *list, const void *block, size_t size)
{
	if (list->used + size <= list->size)
		memcpy(list->bytes + list->used, block, size);
	list->used += size;
}

static void append_memory(struct list *list, uint32_t type, uint64_t start, uint64_t end)
{
	const struct hob_resource block = {
		.header = { .type = HOB_RESOURCE, .length = sizeof(block) },
		.type = type,
		.attributes = RESOURCE_IS_THERE,
		.start = start,
		.length = end - start,
	};

	if (start < end)
		append(list, &block, sizeof(block));
}

static int compare_sections(const void *a, const void *b)
{
	const struct metadata_section *left = a, *right = b;

	return left->gpa < right->gpa ? -1 : left->gpa > right->gpa;
}

/* The sections that the host adds as zero pages at launch, in ascending order. */
static unsigned added_sections(const struct metadata *tdvf, struct metadata_section *added)
{
	unsigned count = 0;

	for (size_t i = 0; i < tdvf->count; i++)
		if (tdvf->section[i].type == TDVF_TD_HOB || tdvf->section[i].type == TDVF_TEMP_MEM)
			added[count++] = tdvf->section[i];
	qsort(added, count, sizeof(*added), compare_sections);
	return count;
}

size_t tdx_hob_write(const struct metadata *tdvf, const struct emu_ram *ram, size_t ram_count,
		     uint8_t *buffer, size_t size)
{
	struct hob_handoff handoff = {
		.header = { .type = HOB_HANDOFF, .length = sizeof(handoff) },
		.version = HANDOFF_VERSION,
	};
	const struct hob_header end = { .type = HOB_END, .length = sizeof(end) };
	struct metadata_section added[METADATA_SECTIONS_MAX];
	unsigned count = added_sections(tdvf, added);
	struct list list = { .bytes = buffer, .size = size };

	append(&list, &handoff, sizeof(handoff));
	for (size_t i = 0; i < ram_count; i++) {
		uint64_t start = ram[i].start;

		for (unsigned j = 0; j < count; j++) {
			if (added[j].gpa < start || added[j].gpa >= ram[i].end)
				continue;
			append_memory(&list, RESOURCE_UNACCEPTED, start, added[j].gpa);
			start = added[j].gpa + added[j].size;
			append_memory(&list, RESOURCE_SYSTEM_MEMORY, added[j].gpa, start);
		}
		append_memory(&list, RESOURCE_UNACCEPTED, start, ram[i].end);
	}
	append(&list, &end, sizeof(end));
	if (list.used > size)
		return 0;

	handoff.end_of_list = metadata_find(tdvf, TDVF_TD_HOB)->gpa + list.used;
	memcpy(buffer, &handoff, sizeof(handoff));
	return list.used;
}
