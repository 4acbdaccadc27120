/* SPDX-License-Identifier: MIT */
#include "vmm/internal.h"

/* A call that is interrupted says nothing of what it did: a signal costs a part of this size. */
#define PART VMM_2M

static bool from_memfd(const struct cvm_vmm_region *region, bool is_private)
{
	return is_private || region->backing == CVM_VMM_GUEST_MEMFD;
}

int cvm_vmm_back(const struct cvm_vmm_sys *sys, const struct cvm_vmm_region *region,
		 bool is_private, uint64_t offset, uint64_t size, const uint32_t *cancelled,
		 uint64_t *at, uint64_t *calls)
{
	struct vmm_tries tries = { .sys = sys, .cancelled = cancelled };
	uint64_t end = offset + size;

	while (offset < end) {
		uint64_t part = vmm_min(PART, end - offset);
		long result;
		int error;

		*at = region->gpa + offset;
		if (from_memfd(region, is_private))
			result = sys->fallocate(sys->ctx, region->memfd, ABI_FALLOC_KEEP_SIZE,
						region->memfd_offset + offset, part);
		else
			result = sys->madvise(sys->ctx, region->host + (uintptr_t)offset,
					      (size_t)part, ABI_MADV_POPULATE_WRITE);
		++*calls;
		error = cvm_vmm_try(&tries, result, !result);
		if (error)
			return error;
		if (!result)
			offset += part;
	}
	*at = region->gpa + end;
	return CVM_VMM_OK;
}

/*
 * Linux (mm/madvise.c) gives back no memory of a mapping that is locked, and of hugetlbfs only
 * whole huge pages: a range that begins inside one is EINVAL, and a conversion has 2 MiB or less.
 * Such memory stays, as with `keep`.
 */
static bool stays(const struct cvm_vmm_region *region, bool is_private, long result)
{
	return !from_memfd(region, is_private) && result == -ABI_EINVAL;
}

int cvm_vmm_unback(const struct cvm_vmm_sys *sys, const struct cvm_vmm_region *region,
		   uint64_t offset, uint64_t size, bool is_private)
{
	struct vmm_tries tries = { .sys = sys };
	long result = 0;
	int error;

	/* A mapped guest_memfd has one memory for both: it is the private memory by now. */
	if (!is_private && (!region->host || region->backing == CVM_VMM_GUEST_MEMFD))
		return CVM_VMM_OK;
	do {
		if (from_memfd(region, is_private))
			result = sys->fallocate(sys->ctx, region->memfd,
						ABI_FALLOC_KEEP_SIZE | ABI_FALLOC_PUNCH_HOLE,
						region->memfd_offset + offset, size);
		else
			result = sys->madvise(
				sys->ctx, region->host + (uintptr_t)offset, (size_t)size,
				region->backing == CVM_VMM_SHARED_MAPPING ? ABI_MADV_REMOVE
									  : ABI_MADV_DONTNEED);
		if (stays(region, is_private, result))
			return CVM_VMM_OK;
		error = cvm_vmm_try(&tries, result, !result);
	} while (!error && result);
	return error;
}
