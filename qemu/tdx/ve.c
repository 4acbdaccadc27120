/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"
#include "qemu/host/vcpu.h"
#include "qemu/host/x86/vcpu.h"
#include "qemu/tdx/tdx.h"
#include "qemu/x86/memory_operand.h"

/* #VE, the virtualization exception: TDX module base specification, "Virtualization Exception
 * (#VE)". */
enum { VECTOR_DF = 8, VECTOR_VE = 20 };

/* Intel SDM volume 3, appendix C, "Basic Exit Reasons". */
static const struct {
	uint32_t exit_reason;
	const char *name;
} kinds[TDX_VES] = {
	[TDX_VE_CPUID] = { 10, "cpuid" },
	[TDX_VE_HLT] = { 12, "hlt" },
	[TDX_VE_INVD] = { 13, "invd" },
	[TDX_VE_VMCALL] = { 18, "vmcall" },
	[TDX_VE_IO] = { 30, "io" },
	[TDX_VE_RDMSR] = { 31, "rdmsr" },
	[TDX_VE_WRMSR] = { 32, "wrmsr" },
	[TDX_VE_MMIO] = { 48, "mmio" },
	[TDX_VE_NOT_ACCEPTED] = { 48, "page_not_accepted" },
	[TDX_VE_WBINVD] = { 54, "wbinvd" },
};

const char *tdx_ve_name(enum tdx_ve kind)
{
	return kinds[kind].name;
}

void tdx_count_ve(unsigned vcpu, enum tdx_ve kind)
{
	tdx.vcpu[vcpu].ves[kind]++;
}

/* Impossible while the handler has not read the information of the previous #VE: TDX module base
 * specification, "VE_INFO". */
static __attribute__((noreturn)) void raise(unsigned vcpu, enum tdx_ve kind, struct emu_ve *ve)
{
	ve->exit_reason = kinds[kind].exit_reason;
	guest.vcpu[vcpu].exception = (struct guest_exception){ kinds[kind].name, qemu_rip(vcpu) };
	if (!emu_tdx_ve(tdx.emu, vcpu, ve))
		qemu_raise_code(vcpu, VECTOR_DF, 0, 0);
	tdx_count_ve(vcpu, kind);
	qemu_raise(vcpu, VECTOR_VE, 0);
}

void tdx_raise_ve(unsigned vcpu, enum tdx_ve kind, const struct tdx_exit *exit)
{
	struct emu_ve ve = {
		.exit_qualification = exit->qualification,
		.instruction_length = exit->length,
		.instruction_information = exit->information,
	};

	raise(vcpu, kind, &ve);
}

/* Intel SDM volume 3, "Exit Qualification for EPT Violations". The length of the instruction is
 * undefined then. */
enum { EPT_READ = 1 << 0, EPT_WRITE = 1 << 1, EPT_FETCH = 1 << 2 };
enum { EPT_LINEAR = 1 << 7, EPT_NO_WALK = 1 << 8 };

static __attribute__((noreturn)) void raise_ept(const struct platform_access *access,
						enum tdx_ve kind)
{
	struct emu_ve ve = {
		.exit_qualification = access->fetch   ? EPT_FETCH
				      : access->write ? EPT_WRITE
						      : EPT_READ,
		.gpa = access->shared ? access->gpa | tdx.shared_bit : access->gpa,
	};

	if (!access->fetch && x86_operand_address(access, &ve.gla))
		ve.exit_qualification |= EPT_LINEAR | EPT_NO_WALK;
	raise(access->vcpu, kind, &ve);
}

void tdx_raise_mmio(const struct platform_access *access)
{
	raise_ept(access, TDX_VE_MMIO);
}

void tdx_raise_violation(const struct platform_access *access)
{
	if (access->host_pc)
		qemu_sync(access->vcpu, access->host_pc);
	raise_ept(access, TDX_VE_NOT_ACCEPTED);
}
