/* SPDX-License-Identifier: MIT */
#include "vmm/internal.h"

static void advance(struct cvm_vmm_content *content, uint64_t done)
{
	content->gpa += done;
	content->size -= done;
	if (content->source)
		content->source += (uintptr_t)done;
}

/* A part that is done is written back with an error as well. */
static long add_tdx(const struct cvm_vmm_sys *sys, int vcpu_fd, struct cvm_vmm_content *content,
		    uint64_t *firmware)
{
	struct abi_tdx_region region;
	struct abi_tdx_cmd command;
	long result;

	region.source = content->source;
	region.gpa = content->gpa;
	region.pages = content->size / VMM_PAGE;
	command.id = ABI_TDX_INIT_MEM_REGION;
	command.flags = content->kind == CVM_VMM_CONTENT ? ABI_TDX_MEASURE : 0;
	command.data = (uintptr_t)&region;
	command.hw_error = 0;
	result = sys->ioctl(sys->ctx, vcpu_fd, ABI_ENCRYPT_OP, &command);
	*firmware = command.hw_error;
	if (region.pages > content->size / VMM_PAGE)
		return -ABI_EIO;
	advance(content, content->size - region.pages * VMM_PAGE);
	return result;
}

static uint8_t snp_type(enum cvm_vmm_content_kind kind)
{
	switch (kind) {
	case CVM_VMM_CONTENT_UNMEASURED:
		return ABI_SNP_UNMEASURED;
	case CVM_VMM_CONTENT_ZERO:
		return ABI_SNP_ZERO;
	case CVM_VMM_CONTENT_SECRETS:
		return ABI_SNP_SECRETS;
	case CVM_VMM_CONTENT_CPUID:
		return ABI_SNP_CPUID;
	default:
		return ABI_SNP_NORMAL;
	}
}

static long add_snp(const struct cvm_vmm_sys *sys, int vm_fd, int sev_fd,
		    struct cvm_vmm_content *content, uint64_t *firmware)
{
	struct abi_snp_update update;
	struct abi_sev_cmd command;
	long result;

	update.gfn = content->gpa / VMM_PAGE;
	update.uaddr = content->source;
	update.size = content->size;
	update.type = snp_type(content->kind);
	update.pad0 = 0;
	update.flags = 0;
	update.pad1 = 0;
	for (unsigned i = 0; i < sizeof(update.pad2) / sizeof(update.pad2[0]); i++)
		update.pad2[i] = 0;
	command.id = ABI_SNP_LAUNCH_UPDATE;
	command.pad0 = 0;
	command.data = (uintptr_t)&update;
	command.error = 0;
	command.sev_fd = (uint32_t)sev_fd;
	result = sys->ioctl(sys->ctx, vm_fd, ABI_ENCRYPT_OP, &command);
	*firmware = command.error;
	if (update.size > content->size)
		return -ABI_EIO;
	advance(content, content->size - update.size);
	return result;
}

static bool is_possible(enum cvm_vmm_type type, enum cvm_vmm_content_kind kind)
{
	if (type == CVM_VMM_TDX)
		return kind == CVM_VMM_CONTENT || kind == CVM_VMM_CONTENT_UNMEASURED;
	return type == CVM_VMM_SNP;
}

/* In a row, before an EIO is believed. */
#define MAX_SIGNALS 3

/* Linux makes EIO of each error before the first page, also of a signal; the firmware was not asked
 * then (arch/x86/kvm/svm/sev.c, snp_launch_update()). */
static bool may_be_signal(long result, uint64_t firmware, uint64_t before, uint64_t left)
{
	return result == -ABI_EIO && !firmware && before == left;
}

int cvm_vmm_launch_add(const struct cvm_vmm_sys *sys, const struct cvm_vmm_machine *machine,
		       int vcpu_fd, int sev_fd, struct cvm_vmm_content *content, uint64_t *firmware)
{
	struct vmm_tries tries = { .sys = sys };
	unsigned signals = 0;
	uint64_t ignored;

	if (!firmware)
		firmware = &ignored;
	*firmware = 0;
	if (!is_possible(machine->type, content->kind))
		return CVM_VMM_ENOTSUP;
	if (machine->launched || (content->gpa | content->size | content->source) % VMM_PAGE ||
	    content->gpa + content->size < content->gpa)
		return CVM_VMM_EINVAL;
	if (content->size && !content->source && content->kind != CVM_VMM_CONTENT_ZERO)
		return CVM_VMM_EFAULT;
	while (content->size) {
		uint64_t left = content->size;
		long result = machine->type == CVM_VMM_TDX
				      ? add_tdx(sys, vcpu_fd, content, firmware)
				      : add_snp(sys, machine->vm_fd, sev_fd, content, firmware);
		int error;

		if (machine->type == CVM_VMM_SNP && signals < MAX_SIGNALS &&
		    may_be_signal(result, *firmware, left, content->size)) {
			signals++;
			continue;
		}
		signals = 0;
		error = cvm_vmm_try(&tries, result, content->size < left);
		if (error && content->size)
			return error;
	}
	return CVM_VMM_OK;
}
