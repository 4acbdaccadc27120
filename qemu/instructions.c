/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "qemu/cost.h"
#include "qemu/internals.h"
#include "qemu/qemu_api.h"
#include "qemu/registers.h"
#include "qemu/td.h"
#include "qemu/view.h"

#define TDCALL_SIZE 4
#define CPUID_SIZE  2
#define LEAF_TDX    0x21

#define LEAF_VP_VMCALL	 0
#define LEAF_PAGE_ACCEPT 6

enum { VECTOR_UD = 6, VECTOR_GP = 13 };

/* The address in translated code that has called the callback. */
#define HOST_PC ((uintptr_t)__builtin_return_address(0))

static void note_phase(uint64_t rip)
{
	/* The kernel proper runs in the upper half of the address space, nothing before does. */
	if (td.phase == TD_PHASE_FIRMWARE && rip >> 63)
		__atomic_store_n(&td.phase, TD_PHASE_KERNEL, __ATOMIC_RELAXED);
}

static void note_call(struct td_vcpu *vcpu, const uint64_t *gpr)
{
	if (gpr[EMU_RAX] == LEAF_VP_VMCALL)
		vcpu->vmcalls[td_vmcall_kind(gpr[EMU_R10], gpr[EMU_R11])]++;
}

/* rcx: the operand of an accept that succeeded. */
static void note_accept(unsigned vcpu, uint64_t rcx, uint64_t began)
{
	unsigned level = rcx & 7;

	td.vcpu[vcpu].accepted[td.phase][level]++;
	td_cost_accept(vcpu, UINT64_C(4096) << (9 * level), began);
}

static enum emu_action execute(unsigned vcpu, uint64_t *gpr)
{
	uint64_t leaf = gpr[EMU_RAX], rcx = gpr[EMU_RCX], began = td_cost_now();
	enum emu_action action;

	note_call(&td.vcpu[vcpu], gpr);
	action = emu_tdx_tdcall(td.emu, vcpu, gpr);
	if (leaf == LEAF_PAGE_ACCEPT && action == EMU_NEXT && gpr[EMU_RAX] == 0)
		note_accept(vcpu, rcx, began);
	td_views_settle();
	return action;
}

static __attribute__((noreturn)) void stop(unsigned vcpu)
{
	struct emu_stop why;

	emu_tdx_stopped(td.emu, &why);
	td_stop(why.cause == EMU_STOP_GUEST_REQUEST ? TD_EXIT_GUEST : TD_EXIT_VIOLATION,
		"vCPU %u: %s, at RIP 0x%llx", why.vcpu, why.text,
		(unsigned long long)qemu_rip(vcpu));
	td_park(vcpu, 0);
}

void td_tdcall(unsigned vcpu, void *address)
{
	uint64_t rip = (uintptr_t)address;
	enum emu_action action;

	qemu_sync(vcpu, HOST_PC);
	if (td_register_read(TD_REG_CS) & 3)
		qemu_raise_code(vcpu, VECTOR_GP, 0, 0);
	note_phase(rip);
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

void td_cpuid(unsigned vcpu, void *address)
{
	uint64_t *gpr = qemu_gpr(vcpu);
	uint32_t vendor[3] = { 0 };

	if ((uint32_t)gpr[EMU_RAX] != LEAF_TDX)
		return;
	qemu_sync(vcpu, HOST_PC);
	/* TDX module ABI specification, "CPUID virtualization": EBX, EDX, ECX. */
	if ((uint32_t)gpr[EMU_RCX] == 0)
		memcpy(vendor, "IntelTDX    ", sizeof(vendor));
	gpr[EMU_RAX] = 0;
	gpr[EMU_RBX] = vendor[0];
	gpr[EMU_RDX] = vendor[1];
	gpr[EMU_RCX] = vendor[2];
	qemu_plugin_set_pc((uintptr_t)address + CPUID_SIZE);
}
