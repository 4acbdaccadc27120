/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>

#include "qemu/snp/launch/sev_check.h"
#include "qemu/tdx/launch/tdvf_check.h"

/*
 * An input is the end of a firmware image. What is read lies within it, errors are marked as the
 * headers say, and metadata that the plugin accepts is what its launch code relies on.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_table(struct bytes image)
{
	struct guid_table_entry entry, found;
	struct guid_table table;
	size_t end = image.size;

	guid_table_open(&table, image);
	while (guid_table_next(&table, &entry)) {
		assert(entry.guid >= image.data && entry.guid + 16 <= image.data + image.size);
		assert(entry.offset >= table.start && entry.offset + entry.data.size + 18 <= end);
		assert(guid_table_find(image, entry.guid, &found) && found.offset >= entry.offset);
		end = entry.offset;
	}
}

static void check_list(struct bytes image, const struct metadata *list, size_t section_size)
{
	assert(list->count <= METADATA_SECTIONS_MAX && list->count <= list->declared);
	assert(!list->present || bytes_have(image, list->offset, 4));
	assert(!list->count || list->present);
	for (size_t i = 0; i < list->count; i++)
		assert(list->section[i].offset == list->offset + 16 + i * section_size &&
		       bytes_have(image, list->section[i].offset, section_size));
	if (list->present && !list->errors)
		assert(list->version == 1 && list->count == list->declared &&
		       list->length == 16 + section_size * list->count);
}

static void check_tdx(const struct metadata *tdvf)
{
	size_t hobs = 0;

	if (tdx_tdvf_check(tdvf))
		return;
	assert(tdvf->present && !tdvf->legacy);
	for (size_t i = 0; i < tdvf->count; i++) {
		const struct metadata_section *section = &tdvf->section[i];

		assert(!(section->gpa % 4096) && !(section->size % 4096));
		assert(section->gpa + section->size >= section->gpa);
		assert(section->type <= TDVF_TEMP_MEM);
		hobs += section->type == TDVF_TD_HOB;
	}
	assert(hobs == 1);
}

static void check_page(const struct metadata *metadata, uint32_t type)
{
	const struct metadata_section *section = metadata_find(metadata, type);

	assert(!section || section->size == 4096);
	assert(metadata_count(metadata, type) <= 1);
}

static void check_snp(const struct sev *sev)
{
	const struct metadata *metadata = &sev->metadata;
	const struct metadata_section *hashes = metadata_find(metadata, SEV_KERNEL_HASHES);

	if (snp_sev_check(sev))
		return;
	assert(metadata_find(metadata, SEV_SECRETS) && metadata_find(metadata, SEV_CPUID));
	for (size_t i = 0; i < metadata->count; i++) {
		const struct metadata_section *a = &metadata->section[i];

		assert(a->size && !(a->gpa % 4096) && !(a->size % 4096));
		assert(a->gpa + a->size <= UINT64_C(1) << 32);
		for (size_t j = 0; j < i; j++) {
			const struct metadata_section *b = &metadata->section[j];

			assert(a->gpa + a->size <= b->gpa || b->gpa + b->size <= a->gpa);
		}
	}
	check_page(metadata, SEV_SECRETS);
	check_page(metadata, SEV_CPUID);
	check_page(metadata, SEV_SVSM_CAA);
	if (hashes && sev->hashes.address && sev->hashes.size)
		assert(sev->hashes.address >= hashes->gpa &&
		       (uint64_t)sev->hashes.address + sev->hashes.size <=
			       hashes->gpa + hashes->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes image = { data, size };
	struct metadata tdvf;
	struct sev sev;

	check_table(image);
	tdvf_read(&tdvf, image);
	check_list(image, &tdvf, 32);
	check_tdx(&tdvf);
	sev_read(&sev, image);
	check_list(image, &sev.metadata, 12);
	check_list(image, &sev.igvm, 12);
	check_snp(&sev);
	return 0;
}
