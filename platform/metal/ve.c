/* SPDX-License-Identifier: MIT */
#include "platform/metal/exception.h"
#include "platform/tdx/tdcall.h"

/*
 * #VE: TDX module base specification 1.5, "Virtualization Exception (#VE)"; its information is read
 * by TDG.VP.VEINFO.GET. Until then a second #VE would be a #DF, so nothing that faults comes
 * before.
 */

/* Intel SDM volume 3, appendix C, "Basic Exit Reasons". */
enum {
	VE_CPUID = 10,
	VE_HLT = 12,
	VE_IO = 30,
	VE_RDMSR = 31,
	VE_WRMSR = 32,
	VE_EPT_VIOLATION = 48,
};

/* The same volume, table 28-5, "Exit Qualification for I/O Instructions". */
#define VE_IO_SIZE   7
#define VE_IO_IN     (1 << 3)
#define VE_IO_STRING (1 << 4)
#define VE_IO_PORT   16

#define RFLAGS_IF (1 << 9)

struct ve_info {
	uint32_t reason, length;
	uint64_t qualification, gpa;
};

static int ve_in(const void *platform, uint16_t port, unsigned bytes, uint32_t *value)
{
	(void)platform;
	return cvm_tdx_in(port, bytes, value);
}

static int ve_out(const void *platform, uint16_t port, unsigned bytes, uint32_t value)
{
	(void)platform;
	return cvm_tdx_out(port, bytes, value);
}

static int ve_cpuid(const void *platform, uint32_t leaf, uint32_t subleaf, struct cvm_cpuid *value)
{
	(void)platform;
	return cvm_tdx_cpuid(leaf, subleaf, value);
}

static int ve_rdmsr(const void *platform, uint32_t msr, uint64_t *value)
{
	(void)platform;
	return cvm_tdx_rdmsr(msr, value);
}

static int ve_wrmsr(const void *platform, uint32_t msr, uint64_t value)
{
	(void)platform;
	return cvm_tdx_wrmsr(msr, value);
}

static int ve_mmio_read(const void *platform, uint64_t gpa, unsigned bytes, uint64_t *value)
{
	(void)platform;
	return cvm_tdx_mmio_read(gpa, bytes, value);
}

static int ve_mmio_write(const void *platform, uint64_t gpa, unsigned bytes, uint64_t value)
{
	(void)platform;
	return cvm_tdx_mmio_write(gpa, bytes, value);
}

static const struct exception_host ve_host = {
	.in = ve_in,
	.out = ve_out,
	.cpuid = ve_cpuid,
	.rdmsr = ve_rdmsr,
	.wrmsr = ve_wrmsr,
	.mmio_read = ve_mmio_read,
	.mmio_write = ve_mmio_write,
};

static int get_ve_info(struct ve_info *info)
{
	struct tdcall_regs regs;

	x86_clear(&regs, sizeof(regs));
	if (tdcall(TDG_VP_VEINFO_GET, &regs))
		return CVM_EIO;
	info->reason = (uint32_t)regs.rcx;
	info->qualification = regs.rdx;
	info->gpa = regs.r9;
	info->length = (uint32_t)regs.r10;
	return 0;
}

static int ve_port(const struct ve_info *info, struct cvm_exception_frame *frame)
{
	if (info->qualification & VE_IO_STRING)
		return CVM_EINVAL;
	return cvm_exception_port(&ve_host, frame, (uint16_t)(info->qualification >> VE_IO_PORT),
				  (info->qualification & VE_IO_SIZE) + 1,
				  info->qualification & VE_IO_IN);
}

/* The length of the instruction is not in the information. */
static int ve_mmio(uint64_t gpa, struct cvm_exception_frame *frame, uint32_t *length)
{
	struct instruction instruction;
	int error = cvm_instruction_decode(frame, &instruction);

	*length = instruction.length;
	return error ? error : cvm_exception_mmio(&ve_host, &instruction, gpa, frame);
}

static int ve_halt(const struct cvm_exception_frame *frame)
{
	return cvm_tdx_halt(!(frame->rflags & RFLAGS_IF));
}

static int ve_serve(const struct cvm_exception_config *config, struct cvm_exception_frame *frame,
		    const struct ve_info *info)
{
	switch (info->reason) {
	case VE_CPUID:
		return cvm_exception_cpuid(&ve_host, config, frame);
	case VE_HLT:
		return ve_halt(frame);
	case VE_IO:
		return ve_port(info, frame);
	case VE_RDMSR:
		return cvm_exception_rdmsr(&ve_host, frame);
	case VE_WRMSR:
		return cvm_exception_wrmsr(&ve_host, frame);
	default:
		return CVM_EINVAL;
	}
}

int cvm_tdx_handle_ve(const struct cvm_tdx *tdx, const struct cvm_exception_config *config,
		      struct cvm_exception_frame *frame)
{
	struct ve_info info;
	int error = get_ve_info(&info);

	if (error)
		return error;
	if (info.reason == VE_EPT_VIOLATION && !(info.gpa & tdx->shared_mask))
		return config->not_accepted ? config->not_accepted(config->ctx, info.gpa)
					    : CVM_EINVAL;
	if (info.reason == VE_EPT_VIOLATION)
		error = ve_mmio(info.gpa & ~tdx->shared_mask, frame, &info.length);
	else
		error = ve_serve(config, frame, &info);
	if (!error)
		frame->rip += info.length;
	return error;
}
