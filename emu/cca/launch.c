/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <string.h>

#include "emu/cca/internal.h"
#include "hash/sha256.h"

/* What the host does before the Realm runs. */

static uint8_t init_ripas(const struct emu_cca *cca, uint8_t byte)
{
	switch (emu_cca_state_of(byte)) {
	case EMU_PAGE_FREE:
	case EMU_PAGE_SHARED:
		return EMU_PAGE_MAPPED | (byte & EMU_PAGE_ASSIGNED) |
		       (cca->config.populate ? EMU_PAGE_ASSIGNED : 0);
	case EMU_PAGE_MAPPED:
		return byte;
	default:
		return CCA_NO_CHANGE;
	}
}

uint64_t emu_cca_init_ripas(struct emu_cca *cca, uint64_t start, uint64_t end)
{
	if (emu_cca_attack_on_init(cca, start))
		return end;
	return emu_cca_change(cca, start, end, init_ripas);
}

/* RmmMeasurementDescriptorData. */
struct data_descriptor {
	uint64_t type, length;
	uint8_t rim[64];
	uint64_t ipa, flags;
	uint8_t content[64];
	uint8_t rest[0x60];
};

_Static_assert(sizeof(struct data_descriptor) == 0x100 &&
		       offsetof(struct data_descriptor, ipa) == 0x50,
	       "");

#define MEASURE_CONTENT 1

static void hash(const void *data, size_t size, uint8_t digest[SHA256_BYTES])
{
	struct sha256 sha;

	sha256_start(&sha);
	sha256_add(&sha, data, size);
	sha256_end(&sha, digest);
}

static void measure(struct emu_cca *cca, uint64_t ipa, const void *content)
{
	struct data_descriptor descriptor = { .length = sizeof(descriptor),
					      .ipa = ipa,
					      .flags = content ? MEASURE_CONTENT : 0 };

	if (content)
		hash(content, EMU_PAGE_SIZE, descriptor.content);
	emu_cca_measurement_lock(cca);
	memcpy(descriptor.rim, cca->measurement[0], EMU_CCA_MEASUREMENT);
	hash(&descriptor, sizeof(descriptor), cca->measurement[0]);
	emu_cca_measurement_unlock(cca);
}

/* USED: the image is there, and no zeros. */
static uint8_t data_map_init(const struct emu_cca *cca, uint8_t byte)
{
	return byte & EMU_PAGE_ASSIGNED || emu_cca_state_of(byte) == EMU_PAGE_PENDING
		       ? CCA_NO_CHANGE
		       : EMU_PAGE_MAPPED | EMU_PAGE_ASSIGNED | EMU_PAGE_USED;
}

uint64_t emu_cca_data_map_init(struct emu_cca *cca, uint64_t ipa, const void *content)
{
	uint64_t end = emu_cca_change(cca, ipa, ipa + EMU_PAGE_SIZE, data_map_init);

	if (end != ipa)
		measure(cca, ipa, content);
	return end;
}
