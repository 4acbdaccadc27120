/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "qemu/guest/call.h"
#include "qemu/guest/platform.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/host/devices.h"
#include "qemu/host/vcpu.h"
#include "qemu/host/x86/machine.h"
#include "qemu/host/x86/vcpu.h"
#include "qemu/tdx/tdx.h"
#include "qemu/tdx/ve_policy.h"
#include "qemu/x86/code.h"

/* Instructions that exit to the TDX module, which reflects most of them to the TD as a #VE: TDX
 * module base specification, "TD Guest: Instructions". The processor checks privileges first. */
enum { VECTOR_GP = 13 };

/* Above CPL 0 some of them raise #GP, which QEMU does not do for all. */
struct intercept {
	uint8_t size, bytes[3];
	enum tdx_ve kind;
	bool privileged;
};

static void raise(unsigned vcpu, void *data)
{
	const struct intercept *intercept = data;
	const struct tdx_exit exit = { .length = intercept->size };

	qemu_sync(vcpu, GUEST_HOST_PC);
	if (intercept->privileged && qemu_cpl(vcpu))
		qemu_raise_code(vcpu, VECTOR_GP, 0, 0);
	tdx_raise_ve(vcpu, intercept->kind, &exit);
}

/* ATTRIBUTES.PERFMON is 0. */
static void rdpmc(unsigned vcpu, void *unused)
{
	qemu_sync(vcpu, GUEST_HOST_PC);
	qemu_raise_code(vcpu, VECTOR_GP, 0, 0);
}

static struct tdx_features features(unsigned vcpu)
{
	uint32_t out[4];

	qemu_cpuid(vcpu, 7, 0, out);
	return (struct tdx_features){ out[1], out[2], out[3] };
}

static void end_msr(unsigned vcpu, enum tdx_msr_access access, enum tdx_ve kind, uintptr_t host_pc)
{
	if (access == TDX_MSR_DONE)
		return;
	qemu_sync(vcpu, host_pc);
	if (access == TDX_MSR_GP)
		qemu_raise_code(vcpu, VECTOR_GP, 0, 0);
	tdx_raise_ve(vcpu, kind, &(struct tdx_exit){ .length = 2 });
}

static void rdmsr(unsigned vcpu, void *unused)
{
	uint32_t msr = (uint32_t)qemu_gpr(vcpu)[EMU_RCX];
	const struct tdx_features has = features(vcpu);

	if (!qemu_cpl(vcpu))
		end_msr(vcpu, tdx_msr_read(msr, &has), TDX_VE_RDMSR, GUEST_HOST_PC);
}

static void wrmsr(unsigned vcpu, void *unused)
{
	const uint64_t *gpr = qemu_gpr(vcpu);
	uint32_t msr = (uint32_t)gpr[EMU_RCX];
	uint64_t value = (uint32_t)gpr[EMU_RAX] | gpr[EMU_RDX] << 32, previous = 0;
	const struct tdx_features has = features(vcpu);

	if (qemu_cpl(vcpu))
		return;
	if (msr == TDX_MSR_EFER)
		qemu_rdmsr(vcpu, msr, &previous);
	end_msr(vcpu, tdx_msr_write(msr, value, previous, &has), TDX_VE_WRMSR, GUEST_HOST_PC);
}

/* Intel SDM volume 3, "Exit Qualification for I/O Instructions", and "Format of the VM-Exit
 * Instruction-Information Field as Used for INS and OUTS". */
enum { IO_IN = 1 << 3, IO_STRING = 1 << 4, IO_REP = 1 << 5, IO_IMMEDIATE = 1 << 6 };

static struct tdx_exit io_exit(const struct x86_port *port, uint16_t number, unsigned size,
			       unsigned address_size)
{
	struct tdx_exit exit = { .length = port->length };

	exit.qualification = (size - 1) | (port->in ? IO_IN : 0) | (port->string ? IO_STRING : 0) |
			     (port->repeats ? IO_REP : 0) | (port->in_dx ? 0 : IO_IMMEDIATE) |
			     (uint32_t)number << 16;
	if (port->string)
		exit.information = (address_size / 4) << 7;
	if (port->string && !port->in)
		exit.information |= (uint32_t)port->segment << 15;
	return exit;
}

/* A repeated string instruction with count 0 accesses no port and does not exit. */
static bool is_nothing(const struct x86_port *port, unsigned address_size, uint64_t count)
{
	if (address_size < 8)
		count &= address_size == 4 ? UINT32_MAX : UINT16_MAX;
	return port->repeats && !count;
}

static void raise_io(unsigned vcpu, void *data)
{
	const uint64_t *gpr = qemu_gpr(vcpu);
	unsigned bits = qemu_code_bits(vcpu), size, address_size;
	uintptr_t operand = (uintptr_t)data;
	struct x86_port port;
	struct tdx_exit exit;
	uint16_t number;

	memcpy(&port, &operand, sizeof(port));
	size = x86_port_size(&port, bits);
	address_size = x86_port_address_size(&port, bits);
	if (is_nothing(&port, address_size, gpr[EMU_RCX]))
		return;
	number = port.in_dx ? (uint16_t)gpr[EMU_RDX] : port.number;
	qemu_sync(vcpu, GUEST_HOST_PC);
	if (qemu_needs_port_map(vcpu))
		qemu_check_port(vcpu, number, size);
	exit = io_exit(&port, number, size, address_size);
	tdx_raise_ve(vcpu, TDX_VE_IO, &exit);
}

/* The exit reports the length, so only forms without further prefixes are matched. */
static const struct intercept always[] = {
	{ 1, { 0xf4 }, TDX_VE_HLT, true },
	{ 2, { 0x0f, 0x08 }, TDX_VE_INVD, true },
	{ 2, { 0x0f, 0x09 }, TDX_VE_WBINVD, true },
	{ 3, { 0xf3, 0x0f, 0x09 }, TDX_VE_WBINVD, true }, /* WBNOINVD */
	{ 3, { 0x0f, 0x01, 0xc1 }, TDX_VE_VMCALL, false },
};

static const struct {
	uint8_t bytes[2];
	void (*call)(unsigned vcpu, void *data);
} others[] = {
	{ { 0x0f, 0x30 }, wrmsr },
	{ { 0x0f, 0x32 }, rdmsr },
	{ { 0x0f, 0x33 }, rdpmc },
};

struct platform_call tdx_intercept(const uint8_t *bytes, size_t size)
{
	struct x86_port port;
	uintptr_t operand = 0;

	for (unsigned i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (size >= always[i].size && !memcmp(bytes, always[i].bytes, always[i].size))
			return (struct platform_call){ raise, (void *)(uintptr_t)&always[i] };
	for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (size >= 2 && !memcmp(bytes, others[i].bytes, 2))
			return (struct platform_call){ .call = others[i].call };
	if (!x86_is_port_access(bytes, size))
		return (struct platform_call){ 0 };
	_Static_assert(sizeof(port) <= sizeof(operand), "a port's operand is user data");
	port = x86_decode_port(bytes, size);
	memcpy(&operand, &port, sizeof(port));
	return (struct platform_call){ raise_io, (void *)operand };
}
