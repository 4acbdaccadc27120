/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "qemu/guest/guest.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/host/devices.h"
#include "qemu/host/memory_map.h"
#include "qemu/host/x86/machine.h"
#include "qemu/snp/snp.h"

/* A vCPU other than the first starts from a VMSA that the guest has created: a page with the whole
 * state of a vCPU, AMD APM volume 2, appendix B, table B-4. */
enum {
	VMSA_ES = 0x000, /* then CS, SS, DS, FS, GS, GDTR, LDTR, IDTR, TR, 16 bytes each */
	VMSA_GDTR = 0x060,
	VMSA_LDTR = 0x070,
	VMSA_IDTR = 0x080,
	VMSA_TR = 0x090,
	VMSA_EFER = 0x0d0,
	VMSA_CR4 = 0x148,
	VMSA_CR3 = 0x150,
	VMSA_CR0 = 0x158,
	VMSA_DR7 = 0x160,
	VMSA_DR6 = 0x168,
	VMSA_RFLAGS = 0x170,
	VMSA_RIP = 0x178,
	VMSA_RSP = 0x1d8,
	VMSA_RAX = 0x1f8,
	VMSA_CR2 = 0x240,
	VMSA_RCX = 0x308, /* then RDX, RBX, 8 reserved bytes, RBP, RSI, RDI, R8 to R15 */
	VMSA_XCR0 = 0x3e8,
	VMSA_MXCSR = 0x408,
	VMSA_FCW = 0x410,
};

/* MSRs in the VMSA, and their offsets. */
static const struct {
	uint32_t msr;
	unsigned offset;
} msrs[] = {
	{ 0xc0000081, 0x200 },					   /* STAR */
	{ 0xc0000082, 0x208 },					   /* LSTAR */
	{ 0xc0000083, 0x210 },					   /* CSTAR */
	{ 0xc0000084, 0x218 },					   /* SFMASK */
	{ 0xc0000102, 0x220 },					   /* KernelGSBase */
	{ 0x174, 0x228 },					   /* SYSENTER_CS */
	{ 0x175, 0x230 },      { 0x176, 0x238 }, { 0x277, 0x268 }, /* PAT */
};

static uint64_t get(const uint8_t *vmsa, unsigned offset)
{
	uint64_t value;

	memcpy(&value, vmsa + offset, sizeof(value));
	return value;
}

static struct qemu_segment get_segment(const uint8_t *vmsa, unsigned offset)
{
	uint64_t head = get(vmsa, offset);

	return (struct qemu_segment){
		.selector = (uint16_t)head,
		.attributes = (uint16_t)(head >> 16),
		.limit = (uint32_t)(head >> 32),
		.base = get(vmsa, offset + 8),
	};
}

static void read_state(const uint8_t *vmsa, struct qemu_cpu_state *state)
{
	for (unsigned i = 0; i < QEMU_SEGMENTS; i++)
		state->segment[i] = get_segment(vmsa, VMSA_ES + 16 * i);
	state->gdt = get_segment(vmsa, VMSA_GDTR);
	state->ldt = get_segment(vmsa, VMSA_LDTR);
	state->idt = get_segment(vmsa, VMSA_IDTR);
	state->tr = get_segment(vmsa, VMSA_TR);
	state->efer = get(vmsa, VMSA_EFER);
	state->cr0 = get(vmsa, VMSA_CR0);
	state->cr2 = get(vmsa, VMSA_CR2);
	state->cr3 = get(vmsa, VMSA_CR3);
	state->cr4 = get(vmsa, VMSA_CR4);
	state->dr6 = get(vmsa, VMSA_DR6);
	state->dr7 = get(vmsa, VMSA_DR7);
	state->xcr0 = get(vmsa, VMSA_XCR0);
	state->mxcsr = (uint32_t)get(vmsa, VMSA_MXCSR);
	state->fcw = (uint16_t)get(vmsa, VMSA_FCW);
	state->rip = get(vmsa, VMSA_RIP);
	state->rflags = get(vmsa, VMSA_RFLAGS);
	for (unsigned i = EMU_RCX; i < EMU_GPRS; i++)
		state->gpr[i] = get(vmsa, VMSA_RCX + 8 * (i - EMU_RCX));
	state->gpr[EMU_RAX] = get(vmsa, VMSA_RAX);
	state->gpr[EMU_RSP] = get(vmsa, VMSA_RSP);
}

/* In the vCPU's own thread. */
static void run(unsigned vcpu)
{
	uint64_t vmsa = __atomic_exchange_n(&snp.vcpu[vcpu].vmsa, SNP_NOTHING, __ATOMIC_ACQ_REL);
	struct qemu_cpu_state state = { 0 };
	uint8_t page[4096];

	if (vmsa == SNP_NOTHING)
		return;
	qemu_init_cpu(vcpu);
	if (vmsa == SNP_STOP || !qemu_ram_read(vmsa, page, sizeof(page)))
		return;
	read_state(page, &state);
	snp.vcpu[vcpu].dr7 = state.dr7;
	qemu_load_cpu(vcpu, &state);
	/* A value that the processor does not allow is ignored, as one of XCR0 is. */
	for (unsigned i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++)
		qemu_wrmsr(vcpu, msrs[i].msr, get(page, msrs[i].offset));
}

uint32_t snp_apic_id(unsigned vcpu)
{
	uint32_t out[4];

	qemu_cpuid(vcpu, 1, 0, out);
	return out[1] >> 24;
}

bool snp_ap(void *ctx, const struct emu_snp_ap *ap)
{
	unsigned vcpu = 0;

	while (vcpu < guest.vcpus && snp_apic_id(vcpu) != ap->apic_id)
		vcpu++;
	if (vcpu == guest.vcpus || ap->on_init || ap->vmpl != snp.vmpl ||
	    (!ap->destroy && ap->sev_features != SNP_SEV_FEATURES))
		return false;
	__atomic_store_n(&snp.vcpu[vcpu].vmsa, ap->destroy ? SNP_STOP : ap->vmsa, __ATOMIC_RELEASE);
	__atomic_add_fetch(&snp.vcpu[vcpu].exits[SNP_EXIT_AP_CREATION], 1, __ATOMIC_RELAXED);
	qemu_run_on(vcpu, run);
	return true;
}
