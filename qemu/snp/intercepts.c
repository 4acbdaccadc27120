/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/snp/intercepts.h"

#include <string.h>

#include "qemu/guest/call.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/host/devices.h"
#include "qemu/host/vcpu.h"
#include "qemu/host/x86/machine.h"
#include "qemu/host/x86/vcpu.h"
#include "qemu/x86/code.h"

/*
 * Instructions that a hypervisor intercepts, here those that KVM intercepts. In a guest with
 * encrypted state they raise a #VC with the exit code as its error code (AMD APM volume 2, 15.35.5
 * and appendix C). RDTSC and RDTSCP are not among them.
 *
 * Exceptions of the instruction itself have priority (15.9, table 15-7). In most cases QEMU raises
 * them if the instruction is left to QEMU.
 */
enum { VECTOR_GP = 13 };

#define CR4_PCE	     (1u << 8)
#define LEAF_VERSION 1
#define HAS_MONITOR  (1u << 3) /* in ECX */

struct intercept {
	enum snp_vc reason;
	uint32_t code;
	bool (*is_allowed)(unsigned vcpu);
	bool must_gp; /* raise #GP if it is not: QEMU would execute it at every privilege level */
};

static bool at_cpl0(unsigned vcpu)
{
	return !qemu_cpl(vcpu);
}

/* VMMCALL without an intercept would be a #UD, at every privilege level. */
static bool always(unsigned vcpu)
{
	return true;
}

static bool may_read_counters(unsigned vcpu)
{
	return !qemu_cpl(vcpu) || qemu_cr(vcpu, 4) & CR4_PCE;
}

/* #UD above CPL 0, and #GP for an extension that the processor does not have. */
static bool may_monitor(unsigned vcpu)
{
	uint32_t out[4];

	if (qemu_cpl(vcpu) || (uint32_t)qemu_gpr(vcpu)[EMU_RCX])
		return false;
	qemu_cpuid(vcpu, LEAF_VERSION, 0, out);
	return out[2] & HAS_MONITOR;
}

static const struct intercept intercepts[SNP_OPS] = {
	[SNP_OP_DR7_READ] = { SNP_VC_DR7_READ, 0x27, at_cpl0, false },
	[SNP_OP_DR7_WRITE] = { SNP_VC_DR7_WRITE, 0x37, at_cpl0, false },
	[SNP_OP_RDPMC] = { SNP_VC_RDPMC, 0x6f, may_read_counters, false },
	[SNP_OP_INVD] = { SNP_VC_INVD, 0x76, at_cpl0, true },
	[SNP_OP_VMMCALL] = { SNP_VC_VMMCALL, 0x81, always, false },
	[SNP_OP_WBINVD] = { SNP_VC_WBINVD, 0x89, at_cpl0, true },
	[SNP_OP_MONITOR] = { SNP_VC_MONITOR, 0x8a, may_monitor, false },
	[SNP_OP_MWAIT] = { SNP_VC_MWAIT, 0x8b, may_monitor, false },
};

static void raise(unsigned vcpu, void *data)
{
	const struct intercept *intercept = data;

	bool is_allowed = intercept->is_allowed(vcpu);

	if (!is_allowed && !intercept->must_gp)
		return;
	qemu_sync(vcpu, GUEST_HOST_PC);
	if (!is_allowed)
		qemu_raise_code(vcpu, VECTOR_GP, 0, 0);
	snp_raise_vc(vcpu, intercept->reason, intercept->code);
}

#define EXIT_IOIO 0x7b

static void raise_ioio(unsigned vcpu, void *data)
{
	uintptr_t operand = (uintptr_t)data;
	struct x86_port port;

	memcpy(&port, &operand, sizeof(port));
	qemu_sync(vcpu, GUEST_HOST_PC);
	if (qemu_needs_port_map(vcpu))
		qemu_check_port(vcpu, port.in_dx ? (uint16_t)qemu_gpr(vcpu)[EMU_RDX] : port.number,
				x86_port_size(&port, qemu_code_bits(vcpu)));
	snp_raise_vc(vcpu, SNP_VC_IOIO, EXIT_IOIO);
}

/* KVM intercepts these for a guest without DebugSwap. Here only on request: Linux 7.2 writes DR7 in
 * kexec, and hangs in its #VC handler. */
static bool is_dr7(enum snp_op op)
{
	return op == SNP_OP_DR7_READ || op == SNP_OP_DR7_WRITE;
}

struct platform_call snp_intercept(enum snp_op op, const uint8_t *bytes, size_t size)
{
	struct platform_call call = { 0 };
	struct x86_port port;
	uintptr_t operand = 0;

	if (op == SNP_OP_PORT) {
		_Static_assert(sizeof(port) <= sizeof(operand), "a port's operand is user data");
		port = x86_decode_port(bytes, size);
		memcpy(&operand, &port, sizeof(port));
		call = (struct platform_call){ raise_ioio, (void *)operand };
	} else if (intercepts[op].is_allowed && (snp.vc_dr7 || !is_dr7(op))) {
		call = (struct platform_call){ raise, (void *)(uintptr_t)&intercepts[op] };
	}
	return call;
}
