/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/call.h"
#include "qemu/guest/finish.h"
#include "qemu/guest/platform.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/host/vcpu.h"
#include "qemu/host/x86/vcpu.h"
#include "qemu/memory/view.h"
#include "qemu/report/accepts.h"
#include "qemu/snp/decode.h"
#include "qemu/snp/intercepts.h"
#include "qemu/snp/snp.h"
#include "qemu/x86/walk.h"

/* The instructions that SEV-SNP adds, and those that raise a #VC only for some operands.
 * intercepts.c has those that always do. */
enum { VECTOR_GP = 13 };

enum { EXIT_CPUID = 0x72, EXIT_MSR = 0x7c };

enum { FLAG_CF = 1 << 0, FLAG_PF = 1 << 2, FLAG_ZF = 1 << 6 };

#define MSR_GHCB       0xc0010130
#define MSR_SEV_STATUS 0xc0010131

#define LEAF_XSAVE 0xd

#define MSR_SIZE   2
#define CPUID_SIZE 2
#define SNP_SIZE   4 /* of PVALIDATE, RMPADJUST and VMGEXIT */

/* Flags as after a comparison of the result with 0. */
static uint32_t flags_of(uint32_t eax)
{
	return (eax ? 0 : FLAG_ZF) | (__builtin_parity(eax & 0xff) ? 0 : FLAG_PF);
}

/* The page that RAX points to, with its address as a GPA. Does not return from a #PF. */
static struct x86_mapping operand(unsigned vcpu)
{
	uint64_t address = qemu_gpr(vcpu)[EMU_RAX];
	struct x86_mapping mapping;

	if (qemu_cpl(vcpu))
		qemu_raise_code(vcpu, VECTOR_GP, 0, 0);
	if (!qemu_is_long_mode(vcpu))
		address = (uint32_t)address;
	if (!x86_walk(vcpu, address, &mapping))
		qemu_page_fault(vcpu, address, 0);
	return mapping;
}

static void pvalidate(unsigned vcpu, void *unused)
{
	uint64_t rip = guest_sync_rip(vcpu, GUEST_HOST_PC), *gpr = qemu_gpr(vcpu);
	uint32_t size = (uint32_t)gpr[EMU_RCX], validate = (uint32_t)gpr[EMU_RDX], eax = 0;
	struct x86_mapping mapping;
	struct guest_call *call = guest_call_begin(vcpu, rip);
	enum emu_action action;
	bool cf = false;

	mapping = operand(vcpu);
	action = emu_snp_pvalidate(snp.emu, vcpu, mapping.gpa, mapping.size > 4096, size, validate,
				   &eax, &cf);
	if (action == EMU_NEXT) {
		gpr[EMU_RAX] = eax;
		qemu_set_flags(vcpu, flags_of(eax) | (cf ? FLAG_CF : 0));
		if (validate & 1 && !eax && !cf)
			accepts_record(call, size);
	}
	guest_finish(vcpu, action, rip + SNP_SIZE);
}

static void rmpadjust(unsigned vcpu, void *unused)
{
	uint64_t rip = guest_sync_rip(vcpu, GUEST_HOST_PC), *gpr = qemu_gpr(vcpu);
	struct x86_mapping mapping;
	enum emu_action action;
	uint32_t eax = 0;

	mapping = operand(vcpu);
	action = emu_snp_rmpadjust(snp.emu, vcpu, mapping.gpa, mapping.size > 4096,
				   (uint32_t)gpr[EMU_RCX], gpr[EMU_RDX], &eax);
	if (action == EMU_NEXT) {
		gpr[EMU_RAX] = eax;
		qemu_set_flags(vcpu, flags_of(eax));
	}
	guest_finish(vcpu, action, rip + SNP_SIZE);
}

/* Allowed at every privilege level. */
static void vmgexit(unsigned vcpu, void *unused)
{
	uint64_t rip = guest_sync_rip(vcpu, GUEST_HOST_PC);
	enum emu_action action;

	guest_call_begin(vcpu, rip);
	action = emu_snp_vmgexit(snp.emu, vcpu);
	memory_views_commit();
	guest_finish(vcpu, action, rip + SNP_SIZE);
}

/* MSRs that KVM does not intercept for an SNP guest. SEV's own MSRs are the processor's. */
static bool is_intercepted(uint32_t msr)
{
	static const uint32_t direct[] = {
		0x48,	    0x49,	0x10b,	    0x174,	0x175,	    0x176,
		0x277,	    0xda0,	0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083,
		0xc0000084, 0xc0000100, 0xc0000101, 0xc0000102, 0xc0000103,
	};

	for (unsigned i = 0; i < sizeof(direct) / sizeof(direct[0]); i++)
		if (direct[i] == msr)
			return false;
	return true;
}

static bool is_of_sev(uint32_t msr)
{
	return msr == MSR_GHCB || msr == MSR_SEV_STATUS;
}

static void rdmsr(unsigned vcpu, void *unused)
{
	uint64_t *gpr = qemu_gpr(vcpu), value = 0;
	uint32_t msr = (uint32_t)gpr[EMU_RCX];
	enum emu_action action;
	uint64_t rip;

	/* At other privilege levels QEMU raises #GP. */
	if (qemu_cpl(vcpu) || (!is_of_sev(msr) && !(snp.vc && is_intercepted(msr))))
		return;
	rip = guest_sync_rip(vcpu, GUEST_HOST_PC);
	if (!is_of_sev(msr))
		snp_raise_vc(vcpu, SNP_VC_MSR, EXIT_MSR);
	action = emu_snp_rdmsr(snp.emu, vcpu, msr, &value);
	if (action == EMU_NEXT) {
		gpr[EMU_RAX] = (uint32_t)value;
		gpr[EMU_RDX] = value >> 32;
	}
	guest_finish(vcpu, action, rip + MSR_SIZE);
}

static void wrmsr(unsigned vcpu, void *unused)
{
	uint64_t *gpr = qemu_gpr(vcpu);
	uint32_t msr = (uint32_t)gpr[EMU_RCX];
	enum emu_action action;
	uint64_t rip;

	if (qemu_cpl(vcpu) || (!is_of_sev(msr) && !(snp.vc && is_intercepted(msr))))
		return;
	rip = guest_sync_rip(vcpu, GUEST_HOST_PC);
	if (!is_of_sev(msr))
		snp_raise_vc(vcpu, SNP_VC_MSR, EXIT_MSR);
	action = emu_snp_wrmsr(snp.emu, vcpu, msr, (uint32_t)gpr[EMU_RAX] | gpr[EMU_RDX] << 32);
	guest_finish(vcpu, action, rip + MSR_SIZE);
}

/* Leaf 0xD is left to QEMU. A guest's #VC handler computes that leaf itself and assumes XSAVES,
 * which QEMU's processor does not have. */
static void cpuid(unsigned vcpu, void *unused)
{
	uint64_t *gpr = qemu_gpr(vcpu);
	uint32_t leaf = (uint32_t)gpr[EMU_RAX], out[4];
	uint64_t rip;

	if (leaf == LEAF_XSAVE)
		return;
	rip = guest_sync_rip(vcpu, GUEST_HOST_PC);
	if (snp.vc)
		snp_raise_vc(vcpu, SNP_VC_CPUID, EXIT_CPUID);
	snp_cpuid(vcpu, leaf, (uint32_t)gpr[EMU_RCX], out);
	gpr[EMU_RAX] = out[0];
	gpr[EMU_RBX] = out[1];
	gpr[EMU_RCX] = out[2];
	gpr[EMU_RDX] = out[3];
	qemu_jump(rip + CPUID_SIZE);
}

static void (*const calls[SNP_OPS])(unsigned vcpu, void *data) = {
	[SNP_OP_PVALIDATE] = pvalidate, [SNP_OP_RMPADJUST] = rmpadjust, [SNP_OP_VMGEXIT] = vmgexit,
	[SNP_OP_RDMSR] = rdmsr,		[SNP_OP_WRMSR] = wrmsr,		[SNP_OP_CPUID] = cpuid,
};

struct platform_call snp_instruction(const uint8_t *bytes, size_t size)
{
	enum snp_op op = snp_decode(bytes, size);

	if (calls[op] || !snp.vc)
		return (struct platform_call){ .call = calls[op] };
	return snp_intercept(op, bytes, size);
}
