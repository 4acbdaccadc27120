/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>

#include "qemu/snp/asev.h"

/* An input is the end of a firmware image. What is accepted must be what the header promises. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_page(const struct asev *asev, const struct asev_section *section)
{
	assert(!section || (section >= asev->section && section < asev->section + asev->count));
	assert(!section || section->type == ASEV_KERNEL_HASHES || section->size == 4096);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct asev asev;

	if (asev_parse(data, size, &asev))
		return 0;
	assert(asev.count <= ASEV_MAX_SECTIONS && asev.secrets && asev.cpuid);
	for (unsigned i = 0; i < asev.count; i++) {
		const struct asev_section *a = &asev.section[i];

		assert(a->size && !(a->gpa % 4096) && !(a->size % 4096));
		assert(a->gpa + a->size <= UINT64_C(1) << 32);
		for (unsigned j = 0; j < i; j++) {
			const struct asev_section *b = &asev.section[j];

			assert(a->gpa + a->size <= b->gpa || b->gpa + b->size <= a->gpa);
		}
	}
	check_page(&asev, asev.secrets);
	check_page(&asev, asev.cpuid);
	check_page(&asev, asev.svsm_caa);
	check_page(&asev, asev.kernel_hashes);
	if (asev.kernel_hashes && asev.hash_table_size)
		assert(asev.hash_table >= asev.kernel_hashes->gpa &&
		       (uint64_t)asev.hash_table + asev.hash_table_size <=
			       asev.kernel_hashes->gpa + asev.kernel_hashes->size);
	return 0;
}
