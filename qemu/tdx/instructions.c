/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "qemu/guest/call.h"
#include "qemu/guest/finish.h"
#include "qemu/guest/platform.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/host/devices.h"
#include "qemu/host/vcpu.h"
#include "qemu/host/x86/machine.h"
#include "qemu/host/x86/vcpu.h"
#include "qemu/memory/view.h"
#include "qemu/report/accepts.h"
#include "qemu/tdx/tdx.h"
#include "qemu/tdx/ve_policy.h"

#define TDCALL_SIZE 4
#define CPUID_SIZE  2
#define LEAF_TDX    0x21

#define LEAF_VP_VMCALL	 0
#define LEAF_PAGE_ACCEPT 6

enum { VECTOR_GP = 13 };

static void count_vmcall(struct tdx_vcpu *vcpu, const uint64_t *gpr)
{
	if (gpr[EMU_RAX] == LEAF_VP_VMCALL)
		vcpu->vmcalls[tdx_vmcall_kind(gpr[EMU_R10], gpr[EMU_R11])]++;
}

static enum emu_action execute(struct guest_call *call, uint64_t *gpr)
{
	uint64_t leaf = gpr[EMU_RAX], rcx = gpr[EMU_RCX];
	enum emu_action action;

	count_vmcall(&tdx.vcpu[call->vcpu], gpr);
	action = emu_tdx_tdcall(tdx.emu, call->vcpu, gpr);
	if (action == EMU_VE)
		tdx_count_ve(call->vcpu, TDX_VE_NOT_ACCEPTED);
	if (leaf == LEAF_PAGE_ACCEPT && action == EMU_NEXT && gpr[EMU_RAX] == 0)
		accepts_record(call, rcx & 7);
	memory_views_commit();
	return action;
}

static void tdcall(unsigned vcpu, void *unused)
{
	uint64_t rip = guest_sync_rip(vcpu, GUEST_HOST_PC);
	enum emu_action action;

	if (qemu_cpl(vcpu))
		qemu_raise_code(vcpu, VECTOR_GP, 0, 0);
	action = execute(guest_call_begin(vcpu, rip), qemu_gpr(vcpu));
	if (action == EMU_NEXT && tdx.vcpu[vcpu].halt) {
		tdx.vcpu[vcpu].halt = false;
		qemu_set_rip(vcpu, rip + TDCALL_SIZE);
		tdx_halt(vcpu);
	}
	guest_finish(vcpu, action, rip + TDCALL_SIZE);
}

/* Leaves where the module's answer differs from that of QEMU's processor: its own leaf, and the
 * number of the last extended leaf. False: this is none of them. */
static bool answer(unsigned vcpu, uint32_t leaf, uint32_t subleaf, uint32_t last, uint32_t out[4])
{
	static const char nothing[4];

	memset(out, 0, 4 * sizeof(*out));
	if (leaf == LEAF_TDX) {
		/* EBX, EDX, ECX. */
		memcpy(&out[1], subleaf ? nothing : "Inte", 4);
		memcpy(&out[3], subleaf ? nothing : "lTDX", 4);
		memcpy(&out[2], subleaf ? nothing : "    ", 4);
		return true;
	}
	if (!tdx.ve || leaf < TDX_CPUID_EXTENDED)
		return false;
	if (leaf == TDX_CPUID_EXTENDED) {
		out[0] = TDX_CPUID_LAST_EXTENDED;
		return true;
	}
	if (leaf > TDX_CPUID_LAST_EXTENDED) {
		qemu_cpuid(vcpu, last, subleaf, out);
		return true;
	}
	return false;
}

static void cpuid(unsigned vcpu, void *unused)
{
	uint64_t *gpr = qemu_gpr(vcpu), rip;
	uint32_t leaf = (uint32_t)gpr[EMU_RAX], subleaf = (uint32_t)gpr[EMU_RCX], last, out[4];

	qemu_cpuid(vcpu, 0, 0, out);
	last = out[0];
	if (tdx.ve && !tdx_cpuid_is_answered(leaf, subleaf, last)) {
		qemu_sync(vcpu, GUEST_HOST_PC);
		tdx_raise_ve(vcpu, TDX_VE_CPUID, &(struct tdx_exit){ .length = CPUID_SIZE });
	}
	if (!answer(vcpu, leaf, subleaf, last, out))
		return;
	rip = guest_sync_rip(vcpu, GUEST_HOST_PC);
	gpr[EMU_RAX] = out[0];
	gpr[EMU_RBX] = out[1];
	gpr[EMU_RCX] = out[2];
	gpr[EMU_RDX] = out[3];
	qemu_jump(rip + CPUID_SIZE);
}

static bool is(const uint8_t *bytes, size_t size, const uint8_t *code, size_t length)
{
	return size >= length && !memcmp(bytes, code, length);
}

struct platform_call tdx_instruction(const uint8_t *bytes, size_t size)
{
	static const uint8_t tdcall_code[TDCALL_SIZE] = { 0x66, 0x0f, 0x01, 0xcc };
	static const uint8_t cpuid_code[CPUID_SIZE] = { 0x0f, 0xa2 };

	if (is(bytes, size, tdcall_code, sizeof(tdcall_code)))
		return (struct platform_call){ .call = tdcall };
	if (is(bytes, size, cpuid_code, sizeof(cpuid_code)))
		return (struct platform_call){ .call = cpuid };
	return tdx.ve ? tdx_intercept(bytes, size) : (struct platform_call){ 0 };
}
