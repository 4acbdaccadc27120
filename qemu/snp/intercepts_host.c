/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/devices.h"
#include "qemu/snp/intercepts.h"
#include "qemu/snp/snp.h"

/* AMD APM volume 2, 13.2.1: the four counters that every processor has. */
#define MSR_PERF_CTR0 0xc0010004
#define PERF_CTRS     4

/* The answers of KVM, Documentation/virt/kvm/x86/hypercalls.rst and include/uapi/linux/kvm_para.h:
 * no such call, and not from this privilege level. */
enum { KVM_EPERM = 1, KVM_ENOSYS = 1000 };

static enum emu_ghcb_result rdpmc(unsigned vcpu, struct emu_ghcb_event *event)
{
	uint32_t counter = (uint32_t)event->rcx;
	uint64_t value;

	if (counter >= PERF_CTRS)
		return EMU_GHCB_GP;
	value = qemu_rdmsr(vcpu, MSR_PERF_CTR0 + counter);
	event->rax = (uint32_t)value;
	event->rdx = value >> 32;
	return EMU_GHCB_DONE;
}

enum emu_ghcb_result snp_intercepted(unsigned vcpu, enum snp_exit kind,
				     struct emu_ghcb_event *event)
{
	switch (kind) {
	/* The processor's own register is in the VMSA, out of the host's reach: what is written
	 * has no effect but that it can be read back. */
	case SNP_EXIT_DR7_READ:
		event->rax = snp.vcpu[vcpu].dr7;
		return EMU_GHCB_DONE;
	case SNP_EXIT_DR7_WRITE:
		snp.vcpu[vcpu].dr7 = event->rax;
		return EMU_GHCB_DONE;
	case SNP_EXIT_RDPMC:
		return rdpmc(vcpu, event);
	/* There are no hypercalls. */
	case SNP_EXIT_VMMCALL:
		event->rax = event->cpl ? (uint64_t)-KVM_EPERM : (uint64_t)-KVM_ENOSYS;
		return EMU_GHCB_DONE;
	/* Nothing is cached; and who waits for a store may find at any time that it has come. */
	case SNP_EXIT_INVD:
	case SNP_EXIT_WBINVD:
	case SNP_EXIT_MONITOR:
	case SNP_EXIT_MWAIT:
		return EMU_GHCB_DONE;
	default:
		return EMU_GHCB_UNKNOWN;
	}
}
