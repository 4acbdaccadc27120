/* SPDX-License-Identifier: MIT */
#include "vmm/internal.h"

const char *cvm_vmm_step_name(enum cvm_vmm_step step)
{
	switch (step) {
	case CVM_VMM_STEP_ATTRIBUTES:
		return "attributes";
	case CVM_VMM_STEP_HOST:
		return "host memory";
	case CVM_VMM_STEP_STAGE2:
		return "stage 2";
	default:
		return "?";
	}
}

const char *cvm_vmm_reason_text(enum cvm_vmm_reason reason)
{
	switch (reason) {
	case CVM_VMM_DO:
		return "to be done";
	case CVM_VMM_DONE:
		return "done before";
	case CVM_VMM_NOT_THIS_KIND:
		return "not needed for memory of this kind";
	case CVM_VMM_BY_STAGE2:
		return "mapping it for the guest allocates it";
	case CVM_VMM_NO_CAPABILITY:
		return "this kernel has no call for it";
	case CVM_VMM_NO_MAPPING:
		return "it is not mapped in this process";
	case CVM_VMM_NOT_LAUNCHED:
		return "only after the launch is finished";
	case CVM_VMM_WOULD_DOUBLE:
		return "not populated on the host: mapping alone would double the violations";
	default:
		return "?";
	}
}

static bool has_private_memory(enum cvm_vmm_type type)
{
	return type != CVM_VMM_ORDINARY;
}

/* Before the end of the launch KVM refuses to map (pre_fault_allowed). */
static bool waits_for_launch(const struct cvm_vmm_machine *machine)
{
	return (machine->type == CVM_VMM_TDX || machine->type == CVM_VMM_SNP) && !machine->launched;
}

/* Memory that comes from the guest_memfd. */
static bool from_memfd(const struct cvm_vmm_region *region)
{
	return region->is_private || region->backing == CVM_VMM_GUEST_MEMFD;
}

static enum cvm_vmm_reason plan_attributes(const struct cvm_vmm_machine *machine,
					   const struct cvm_vmm_caps *caps,
					   const struct cvm_vmm_region *region)
{
	if (!has_private_memory(machine->type))
		return CVM_VMM_NOT_THIS_KIND;
	if (region->is_set)
		return CVM_VMM_DONE;
	/* A new VM's memory is shared. */
	if (!region->is_private)
		return CVM_VMM_NOT_THIS_KIND;
	return caps->attributes ? CVM_VMM_DO : CVM_VMM_NO_CAPABILITY;
}

static enum cvm_vmm_reason plan_stage2(const struct cvm_vmm_machine *machine,
				       const struct cvm_vmm_caps *caps)
{
	if (!caps->pre_fault)
		return CVM_VMM_NO_CAPABILITY;
	if (waits_for_launch(machine))
		return CVM_VMM_NOT_LAUNCHED;
	return CVM_VMM_DO;
}

static enum cvm_vmm_reason plan_host(const struct cvm_vmm_caps *caps,
				     const struct cvm_vmm_region *region,
				     enum cvm_vmm_reason stage2)
{
	if (region->is_backed)
		return CVM_VMM_DONE;
	if (from_memfd(region))
		return stage2 == CVM_VMM_DO ? CVM_VMM_BY_STAGE2 : CVM_VMM_DO;
	if (region->backing == CVM_VMM_SHARED_MAPPING && stage2 == CVM_VMM_DO)
		return CVM_VMM_BY_STAGE2;
	if (!region->host)
		return CVM_VMM_NO_MAPPING;
	return caps->populate_write ? CVM_VMM_DO : CVM_VMM_NO_CAPABILITY;
}

static bool is_valid(const struct cvm_vmm_machine *machine, const struct cvm_vmm_region *region)
{
	if (!region->size || (region->gpa | region->size | region->host) % VMM_PAGE ||
	    region->memfd_offset % VMM_PAGE || region->gpa + region->size < region->gpa)
		return false;
	if (region->is_private && !has_private_memory(machine->type))
		return false;
	return !from_memfd(region) || region->memfd >= 0;
}

int cvm_vmm_plan(const struct cvm_vmm_machine *machine, const struct cvm_vmm_caps *caps,
		 struct cvm_vmm_plan *plan, size_t *wrong)
{
	uint64_t end = 0;

	for (size_t i = 0; i < machine->regions; i++) {
		const struct cvm_vmm_region *region = &machine->region[i];
		enum cvm_vmm_reason *why = plan[i].why;

		if (!is_valid(machine, region) || region->gpa < end) {
			if (wrong)
				*wrong = i;
			return CVM_VMM_EINVAL;
		}
		end = region->gpa + region->size;
		why[CVM_VMM_STEP_ATTRIBUTES] = plan_attributes(machine, caps, region);
		why[CVM_VMM_STEP_STAGE2] = plan_stage2(machine, caps);
		/* Private memory that cannot be made private cannot be mapped as such. */
		if (why[CVM_VMM_STEP_ATTRIBUTES] == CVM_VMM_NO_CAPABILITY)
			why[CVM_VMM_STEP_STAGE2] = CVM_VMM_NO_CAPABILITY;
		why[CVM_VMM_STEP_HOST] = plan_host(caps, region, why[CVM_VMM_STEP_STAGE2]);
		if (why[CVM_VMM_STEP_STAGE2] == CVM_VMM_DO && !from_memfd(region) &&
		    region->backing == CVM_VMM_PRIVATE_MAPPING &&
		    why[CVM_VMM_STEP_HOST] != CVM_VMM_DO && why[CVM_VMM_STEP_HOST] != CVM_VMM_DONE)
			why[CVM_VMM_STEP_STAGE2] = CVM_VMM_WOULD_DOUBLE;
	}
	return CVM_VMM_OK;
}
