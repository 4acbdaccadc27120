/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "qemu/guest/cost.h"
#include "qemu/host/internals.h"
#include "qemu/host/qemu_api.h"
#include "qemu/host/registers.h"
#include "qemu/tdx/td.h"
#include "qemu/tdx/virtual.h"
#include "qemu/memory/view.h"

#define TDCALL_SIZE 4
#define CPUID_SIZE  2
#define LEAF_TDX    0x21

#define LEAF_VP_VMCALL	 0
#define LEAF_PAGE_ACCEPT 6

enum { VECTOR_UD = 6, VECTOR_GP = 13 };

/* The address in translated code that has called the callback. */
#define HOST_PC ((uintptr_t)__builtin_return_address(0))

static void note_call(struct td_vcpu *vcpu, const uint64_t *gpr)
{
	if (gpr[EMU_RAX] == LEAF_VP_VMCALL)
		vcpu->vmcalls[td_vmcall_kind(gpr[EMU_R10], gpr[EMU_R11])]++;
}

static enum emu_action execute(unsigned vcpu, uint64_t *gpr)
{
	uint64_t leaf = gpr[EMU_RAX], rcx = gpr[EMU_RCX], began = guest_cost_now();
	enum emu_action action;

	note_call(&td.vcpu[vcpu], gpr);
	action = emu_tdx_tdcall(td.emu, vcpu, gpr);
	if (leaf == LEAF_PAGE_ACCEPT && action == EMU_NEXT && gpr[EMU_RAX] == 0)
		guest_note_accept(vcpu, rcx & 7, began);
	guest_views_settle();
	return action;
}

static __attribute__((noreturn)) void stop(unsigned vcpu)
{
	struct emu_stop why;

	emu_tdx_stopped(td.emu, &why);
	guest_stopped(vcpu, &why);
}

/* QEMU translates code once for all the virtual addresses at which it is mapped: the instruction
 * pointer is known only when it is executed. */
static uint64_t sync_rip(unsigned vcpu, uintptr_t host_pc)
{
	qemu_sync(vcpu, host_pc);
	return qemu_rip(vcpu);
}

static void tdcall(unsigned vcpu, void *unused)
{
	uint64_t rip = sync_rip(vcpu, HOST_PC);
	enum emu_action action;

	if (guest_register_read(GUEST_REG_CS) & 3)
		qemu_raise_code(vcpu, VECTOR_GP, 0, 0);
	guest_note_call(rip);
	action = execute(vcpu, qemu_gpr(vcpu));
	if (action == EMU_STOP)
		stop(vcpu);
	if (action == EMU_UD)
		qemu_raise(vcpu, VECTOR_UD, 0);
	if (action == EMU_GP)
		qemu_raise_code(vcpu, VECTOR_GP, 0, 0);
	if (action == EMU_AGAIN)
		qemu_restart(vcpu, 0);
	if (td.vcpu[vcpu].halt) {
		td.vcpu[vcpu].halt = false;
		qemu_set_rip(vcpu, rip + TDCALL_SIZE);
		td_halt(vcpu);
	}
	qemu_plugin_set_pc(rip + TDCALL_SIZE);
}

/* Where the module answers otherwise than QEMU's processor: its own leaf, and which extended one is
 * the last. False: it does not. */
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
	if (!td.ve || leaf < TD_CPUID_EXTENDED)
		return false;
	if (leaf == TD_CPUID_EXTENDED) {
		out[0] = TD_CPUID_LAST_EXTENDED;
		return true;
	}
	if (leaf > TD_CPUID_LAST_EXTENDED) {
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
	if (td.ve && !td_cpuid_is_answered(leaf, subleaf, last)) {
		qemu_sync(vcpu, HOST_PC);
		td_raise_ve(vcpu, TD_VE_CPUID, &(struct td_exit){ .length = CPUID_SIZE });
	}
	if (!answer(vcpu, leaf, subleaf, last, out))
		return;
	rip = sync_rip(vcpu, HOST_PC);
	gpr[EMU_RAX] = out[0];
	gpr[EMU_RBX] = out[1];
	gpr[EMU_RCX] = out[2];
	gpr[EMU_RDX] = out[3];
	qemu_plugin_set_pc(rip + CPUID_SIZE);
}

static bool is(const uint8_t *bytes, size_t size, const uint8_t *code, size_t length)
{
	return size >= length && !memcmp(bytes, code, length);
}

struct platform_call td_instruction(const uint8_t *bytes, size_t size)
{
	static const uint8_t tdcall_code[TDCALL_SIZE] = { 0x66, 0x0f, 0x01, 0xcc };
	static const uint8_t cpuid_code[CPUID_SIZE] = { 0x0f, 0xa2 };

	if (is(bytes, size, tdcall_code, sizeof(tdcall_code)))
		return (struct platform_call){ .call = tdcall };
	if (is(bytes, size, cpuid_code, sizeof(cpuid_code)))
		return (struct platform_call){ .call = cpuid };
	return td.ve ? td_intercept(bytes, size) : (struct platform_call){ 0 };
}
