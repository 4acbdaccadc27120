/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/x86/cpu_state.h"
#include "qemu/snp/exits.h"
#include "qemu/snp/snp.h"

/* AMD APM volume 2, 13.2.1: the four counters that every processor has. */
#define MSR_PERF_CTR0 0xc0010004
#define PERF_CTRS     4

/* KVM's answers, Documentation/virt/kvm/x86/hypercalls.rst and include/uapi/linux/kvm_para.h: no
 * such call, and not allowed at this privilege level. */
enum { KVM_EPERM = 1, KVM_ENOSYS = 1000 };

enum emu_ghcb_result snp_exit_cpuid(unsigned vcpu, struct emu_ghcb_event *event)
{
	uint32_t out[4];

	snp_cpuid(vcpu, (uint32_t)event->rax, (uint32_t)event->rcx, out);
	event->rax = out[0];
	event->rbx = out[1];
	event->rcx = out[2];
	event->rdx = out[3];
	return EMU_GHCB_DONE;
}

/* Leaf in bits 63:32, register in 31:30, subleaf 0. */
void snp_msr_cpuid(unsigned vcpu, uint64_t *value)
{
	const uint64_t answer = 0x005;
	uint32_t out[4];

	snp_cpuid(vcpu, (uint32_t)(*value >> 32), 0, out);
	*value = (uint64_t)out[*value >> 30 & 3] << 32 | (*value & 0xc0000000) | answer;
}

/* GHCB specification 2.03, 4.1: the #GP of an MSR is for the guest's #VC handler to raise. */
enum emu_ghcb_result snp_exit_msr(unsigned vcpu, struct emu_ghcb_event *event)
{
	uint64_t value = 0;

	if (event->info1 > 1)
		return EMU_GHCB_INVALID;
	if (event->info1) {
		value = (uint32_t)event->rax | event->rdx << 32;
		if (!snp_apic_wrmsr(vcpu, (uint32_t)event->rcx, value) &&
		    !qemu_wrmsr(vcpu, (uint32_t)event->rcx, value))
			return EMU_GHCB_GP;
		return EMU_GHCB_DONE;
	}
	if (!qemu_rdmsr(vcpu, (uint32_t)event->rcx, &value))
		return EMU_GHCB_GP;
	event->rax = (uint32_t)value;
	event->rdx = value >> 32;
	return EMU_GHCB_DONE;
}

/* The processor's DR7 is in the VMSA, which the host cannot access. What the guest writes only
 * affects what it reads back. */
enum emu_ghcb_result snp_exit_dr7_read(unsigned vcpu, struct emu_ghcb_event *event)
{
	event->rax = snp.vcpu[vcpu].dr7;
	return EMU_GHCB_DONE;
}

enum emu_ghcb_result snp_exit_dr7_write(unsigned vcpu, struct emu_ghcb_event *event)
{
	snp.vcpu[vcpu].dr7 = event->rax;
	return EMU_GHCB_DONE;
}

enum emu_ghcb_result snp_exit_rdpmc(unsigned vcpu, struct emu_ghcb_event *event)
{
	uint32_t counter = (uint32_t)event->rcx;
	uint64_t value = 0;

	if (counter >= PERF_CTRS || !qemu_rdmsr(vcpu, MSR_PERF_CTR0 + counter, &value))
		return EMU_GHCB_GP;
	event->rax = (uint32_t)value;
	event->rdx = value >> 32;
	return EMU_GHCB_DONE;
}

/* There are no hypercalls. */
enum emu_ghcb_result snp_exit_vmmcall(unsigned vcpu, struct emu_ghcb_event *event)
{
	event->rax = event->cpl ? (uint64_t)-KVM_EPERM : (uint64_t)-KVM_ENOSYS;
	return EMU_GHCB_DONE;
}

/* INVD and WBINVD: nothing is cached. MONITOR and MWAIT: a wait for a store may end at any time. */
enum emu_ghcb_result snp_exit_no_effect(unsigned vcpu, struct emu_ghcb_event *event)
{
	return EMU_GHCB_DONE;
}
