/* SPDX-License-Identifier: MIT */
#include "vmm/internal.h"

/* The region that holds gpa; NULL: none. */
static const struct cvm_vmm_region *region_at(const struct cvm_vmm_machine *machine, uint64_t gpa)
{
	for (size_t i = 0; i < machine->regions; i++)
		if (gpa - machine->region[i].gpa < machine->region[i].size)
			return &machine->region[i];
	return NULL;
}

/* The part of [gpa, end) in the region of gpa. */
static uint64_t part_of(const struct cvm_vmm_region *region, uint64_t gpa, uint64_t end)
{
	return vmm_min(end, region->gpa + region->size) - gpa;
}

static bool is_covered(const struct cvm_vmm_machine *machine, uint64_t gpa, uint64_t end,
		       uint64_t *at)
{
	while (gpa < end) {
		const struct cvm_vmm_region *region = region_at(machine, gpa);

		*at = gpa;
		if (!region || region->memfd < 0)
			return false;
		gpa += part_of(region, gpa, end);
	}
	return true;
}

/* The new side: shared memory from the host first, since mapping is a read fault. */
static int populate(const struct cvm_vmm_sys *sys, const struct cvm_vmm_caps *caps,
		    const struct cvm_vmm_region *region, int vcpu_fd, uint64_t gpa, uint64_t size,
		    bool to_private, uint64_t *at)
{
	bool maps = !to_private && region->backing != CVM_VMM_GUEST_MEMFD;
	uint64_t calls = 0;
	int error = CVM_VMM_OK;

	if (maps && region->host && caps->populate_write)
		error = cvm_vmm_back(sys, region, false, gpa - region->gpa, size, NULL, at, &calls);
	else if (maps && region->backing == CVM_VMM_PRIVATE_MAPPING)
		return CVM_VMM_OK;
	if (error || !caps->pre_fault || vcpu_fd < 0)
		return error;
	error = cvm_vmm_map(sys, vcpu_fd, gpa, size, NULL, at, &calls);
	/* The attributes are set by now, and the region is there: its slot is not. */
	if (error == CVM_VMM_EHOLE)
		return CVM_VMM_EFAULT;
	/* No kernel that maps before the launch is finished, or without two-dimensional paging. */
	return error == CVM_VMM_ENOTSUP ? CVM_VMM_OK : error;
}

int cvm_vmm_convert(const struct cvm_vmm_sys *sys, const struct cvm_vmm_machine *machine,
		    const struct cvm_vmm_caps *caps, int vcpu_fd, uint64_t gpa, uint64_t size,
		    bool to_private, bool keep, uint64_t *at)
{
	uint64_t end = gpa + size;

	*at = gpa;
	if (!size || (gpa | size) % VMM_PAGE || end < gpa)
		return CVM_VMM_EINVAL;
	if (!caps->attributes)
		return CVM_VMM_ENOTSUP;
	if (!is_covered(machine, gpa, end, at))
		return CVM_VMM_EHOLE;

	while (gpa < end) {
		const struct cvm_vmm_region *region = region_at(machine, gpa);
		/* So much, that a guest which waits is interrupted no longer than by KVM itself. */
		uint64_t part = vmm_min(part_of(region, gpa, end), VMM_2M - gpa % VMM_2M);
		int error;

		*at = gpa;
		error = cvm_vmm_set_private(sys, machine->vm_fd, gpa, part, to_private);
		if (!error && !keep)
			error = cvm_vmm_unback(sys, region, gpa - region->gpa, part, !to_private);
		if (!error)
			error = populate(sys, caps, region, vcpu_fd, gpa, part, to_private, at);
		if (error)
			return error;
		gpa += part;
	}
	*at = end;
	return CVM_VMM_OK;
}
