/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "emu/internal.h"
#include "emu/tdx/seam/internal.h"

/* Zeroed memory that the kernel allocates where it is touched. */
static void *sparse(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* Entries that the guest's address space has at each level, from 4 KiB up. */
static bool allocate(struct emu_seam *seam)
{
	for (unsigned level = LEVEL_4K; level <= seam->top; level++) {
		size_t n = (size_t)((seam->pages->end + sept_size(level) - 1) / sept_size(level));

		seam->entries[level] = n ? n : 1;
		seam->note[level] = sparse(seam->entries[level] * sizeof(struct sept_note));
		seam->upper[level] = sparse(seam->entries[level]);
		if (!seam->note[level] || !seam->upper[level])
			return false;
	}
	seam->pamt_bytes = (size_t)(seam->config.host_end / EMU_PAGE_SIZE);
	seam->pamt = sparse(seam->pamt_bytes ? seam->pamt_bytes : 1);
	seam->vcpu = calloc(seam->config.vcpus + 1, sizeof(*seam->vcpu));
	return seam->pamt && seam->vcpu;
}

struct emu_seam *emu_seam_create(const struct emu_seam_config *config)
{
	struct emu_seam *seam = calloc(1, sizeof(*seam));

	if (!seam)
		return NULL;
	seam->config = *config;
	seam->pages = &config->machine->pages;
	/* Four levels of tables for 48 bits, else five. */
	seam->top = config->gpa_width > 48 ? 4 : 3;
	if (!allocate(seam)) {
		emu_seam_destroy(seam);
		return NULL;
	}
	return seam;
}

void emu_seam_destroy(struct emu_seam *seam)
{
	if (!seam)
		return;
	for (unsigned level = LEVEL_4K; level < SEPT_LEVELS; level++) {
		if (seam->note[level])
			munmap(seam->note[level], seam->entries[level] * sizeof(struct sept_note));
		if (seam->upper[level])
			munmap(seam->upper[level], seam->entries[level]);
	}
	if (seam->pamt)
		munmap(seam->pamt, seam->pamt_bytes ? seam->pamt_bytes : 1);
	free(seam->vcpu);
	free(seam);
}

void emu_seam_drop_notes(struct emu_seam *seam)
{
	for (unsigned level = LEVEL_4K; level <= seam->top; level++) {
		/* Private and anonymous: they read as zeroes again, and take no memory. */
		madvise(seam->note[level], seam->entries[level] * sizeof(struct sept_note),
			MADV_DONTNEED);
		madvise(seam->upper[level], seam->entries[level], MADV_DONTNEED);
	}
	__atomic_store_n(&seam->cut_off, 0, __ATOMIC_RELAXED);
}

void emu_seam_lock(struct emu_seam *seam)
{
	unsigned turns = 0;

	while (__atomic_exchange_n(&seam->lock, 1, __ATOMIC_ACQUIRE))
		emu_pause(&turns);
}

void emu_seam_unlock(struct emu_seam *seam)
{
	__atomic_store_n(&seam->lock, 0, __ATOMIC_RELEASE);
}

void emu_seam_info(const struct emu_seam *seam, struct emu_seam_info *out)
{
	out->finalized = seam_is_finalized(seam);
	out->epoch = emu_counted(&seam->epoch);
	out->children = emu_counted(&seam->children);
	out->pages = emu_counted(&seam->pages_owned);
	memcpy(out->mrtd, seam->mrtd, sizeof(out->mrtd));
	for (unsigned i = 0; i < EMU_SEAM_LEAVES; i++)
		out->calls[i] = emu_counted(&seam->calls[i]);
}
