/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "qemu/cost.h"
#include "qemu/internals.h"
#include "qemu/qemu_api.h"
#include "qemu/registers.h"
#include "qemu/tdx/td.h"
#include "qemu/view.h"

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

static void cpuid(unsigned vcpu, void *unused)
{
	uint64_t *gpr = qemu_gpr(vcpu), rip;
	uint32_t vendor[3] = { 0 };

	if ((uint32_t)gpr[EMU_RAX] != LEAF_TDX)
		return;
	rip = sync_rip(vcpu, HOST_PC);
	/* TDX module ABI specification, "CPUID virtualization": EBX, EDX, ECX. */
	if ((uint32_t)gpr[EMU_RCX] == 0)
		memcpy(vendor, "IntelTDX    ", sizeof(vendor));
	gpr[EMU_RAX] = 0;
	gpr[EMU_RBX] = vendor[0];
	gpr[EMU_RDX] = vendor[1];
	gpr[EMU_RCX] = vendor[2];
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
	return (struct platform_call){ 0 };
}
