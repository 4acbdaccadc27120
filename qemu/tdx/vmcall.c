/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/devices.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/host/x86/halt.h"
#include "qemu/host/vcpu.h"
#include "qemu/host/x86/machine.h"
#include "qemu/host/x86/vcpu.h"
#include "qemu/tdx/tdx.h"

/* TDVMCALLs that do not concern memory, Guest-Hypervisor Communication Interface 1.5, chapter 3.
 * The host of this TD is QEMU's machine. R11 is the sub-function, R12 to R15 are arguments; R10 and
 * R11 are the answer. */
#define SUCCESS		UINT64_C(0)
#define INVALID_OPERAND UINT64_C(0x8000000000000000)

#define MSR_APIC_BASE 0x1b
#define RFLAGS_IF     (1u << 9)

static uint64_t cpuid(unsigned vcpu, uint64_t *gpr)
{
	uint32_t out[4];

	qemu_cpuid(vcpu, (uint32_t)gpr[EMU_R12], (uint32_t)gpr[EMU_R13], out);
	for (unsigned i = 0; i < 4; i++)
		gpr[EMU_R12 + i] = out[i];
	return SUCCESS;
}

/* R12: bytes, R13: 1 to write, R14: port, R15: value. */
static uint64_t io(unsigned vcpu, uint64_t *gpr)
{
	uint64_t size = gpr[EMU_R12], port = gpr[EMU_R14];

	if ((size != 1 && size != 2 && size != 4) || gpr[EMU_R13] > 1 || port > 0xffff)
		return INVALID_OPERAND;
	if (gpr[EMU_R13])
		qemu_port_out((uint16_t)port, (unsigned)size, (uint32_t)gpr[EMU_R15]);
	else
		gpr[EMU_R11] = qemu_port_in((uint16_t)port, (unsigned)size);
	return SUCCESS;
}

/* VGA memory is a window to a device within RAM. */
static bool is_device(uint64_t gpa)
{
	return !emu_machine_is_ram(emu_tdx_machine(tdx.emu), gpa) ||
	       (gpa >= 0xa0000 && gpa < 0xc0000);
}

/* R12: bytes, R13: 1 to write, R14: address, R15: value. */
static uint64_t mmio(unsigned vcpu, uint64_t *gpr)
{
	uint64_t size = gpr[EMU_R12], gpa = gpr[EMU_R14] & ~tdx.shared_bit, value = gpr[EMU_R15];

	if ((size != 1 && size != 2 && size != 4 && size != 8) || gpr[EMU_R13] > 1 || gpa % size ||
	    gpa >= tdx.shared_bit || !is_device(gpa))
		return INVALID_OPERAND;
	if (gpr[EMU_R13]) {
		qemu_write(gpa, &value, size);
		return SUCCESS;
	}
	value = 0;
	qemu_read(gpa, &value, size);
	gpr[EMU_R11] = value;
	return SUCCESS;
}

/* R12: MSR. */
static uint64_t rdmsr(unsigned vcpu, uint64_t *gpr)
{
	uint64_t value = 0;

	if (gpr[EMU_R12] > UINT32_MAX || !qemu_rdmsr(vcpu, (uint32_t)gpr[EMU_R12], &value))
		return INVALID_OPERAND;
	gpr[EMU_R11] = value;
	return SUCCESS;
}

/* R12: MSR, R13: value. A TD may not move its APIC, as with KVM. */
static uint64_t wrmsr(unsigned vcpu, uint64_t *gpr)
{
	if (gpr[EMU_R12] > UINT32_MAX || gpr[EMU_R12] == MSR_APIC_BASE ||
	    !qemu_wrmsr(vcpu, (uint32_t)gpr[EMU_R12], gpr[EMU_R13]))
		return INVALID_OPERAND;
	return SUCCESS;
}

/* R12: 0 for WBINVD, 1 for WBNOINVD. There is no cache. */
static uint64_t wbinvd(unsigned vcpu, uint64_t *gpr)
{
	return gpr[EMU_R12] <= 1 ? SUCCESS : INVALID_OPERAND;
}

/* R12: vector. This host never uses it. */
static uint64_t event_notify(unsigned vcpu, uint64_t *gpr)
{
	return gpr[EMU_R12] >= 32 && gpr[EMU_R12] <= 255 ? SUCCESS : INVALID_OPERAND;
}

/* R12 = 0: which of the base sub-functions are missing; all exist. */
static uint64_t info(unsigned vcpu, uint64_t *gpr)
{
	if (gpr[EMU_R12])
		return INVALID_OPERAND;
	for (unsigned i = EMU_R11; i <= EMU_R14; i++)
		gpr[i] = 0;
	return SUCCESS;
}

static uint64_t hlt(unsigned vcpu, uint64_t *gpr)
{
	tdx.vcpu[vcpu].halt = true;
	return SUCCESS;
}

/* fn NULL: answered by the emulator, or not supported. */
static const struct {
	uint64_t number; /* R11 */
	const char *name;
	uint64_t (*fn)(unsigned vcpu, uint64_t *gpr); /* R10 of the answer */
} vmcalls[TDX_VMCALLS] = {
	[TDX_VMCALL_CPUID] = { 10, "cpuid", cpuid },
	[TDX_VMCALL_HLT] = { 12, "hlt", hlt },
	[TDX_VMCALL_IO] = { 30, "io", io },
	[TDX_VMCALL_RDMSR] = { 31, "rdmsr", rdmsr },
	[TDX_VMCALL_WRMSR] = { 32, "wrmsr", wrmsr },
	[TDX_VMCALL_MMIO] = { 48, "mmio", mmio },
	[TDX_VMCALL_WBINVD] = { 54, "wbinvd", wbinvd },
	[TDX_VMCALL_INFO] = { 0x10000, "get_td_vmcall_info", info },
	[TDX_VMCALL_MAP_GPA] = { 0x10001, "map_gpa", NULL },
	[TDX_VMCALL_GET_QUOTE] = { 0x10002, "get_quote", NULL },
	[TDX_VMCALL_FATAL_ERROR] = { 0x10003, "report_fatal_error", NULL },
	[TDX_VMCALL_EVENT_NOTIFY] = { 0x10004, "setup_event_notify", event_notify },
	[TDX_VMCALL_OTHER] = { UINT64_MAX, "other", NULL },
};

enum tdx_vmcall tdx_vmcall_kind(uint64_t r10, uint64_t r11)
{
	for (unsigned i = 0; i < TDX_VMCALLS && !r10; i++)
		if (vmcalls[i].number == r11)
			return (enum tdx_vmcall)i;
	return TDX_VMCALL_OTHER;
}

const char *tdx_vmcall_name(enum tdx_vmcall kind)
{
	return vmcalls[kind].name;
}

bool tdx_vmcall(void *ctx, unsigned vcpu, uint64_t *gpr)
{
	enum tdx_vmcall kind = tdx_vmcall_kind(gpr[EMU_R10], gpr[EMU_R11]);

	if (!vmcalls[kind].fn)
		return true;
	gpr[EMU_R10] = vmcalls[kind].fn(vcpu, gpr);
	return false;
}

void tdx_halt(unsigned vcpu)
{
	if (qemu_rflags(vcpu) & RFLAGS_IF)
		qemu_halt(vcpu);
	/* An interrupt ends the HLT of a TD's vCPU also while interrupts are disabled. */
	qemu_halt_until_pending(vcpu);
}
