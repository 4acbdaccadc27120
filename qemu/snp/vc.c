/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/host/vcpu.h"
#include "qemu/snp/snp.h"

/* #VC, the VMM communication exception: AMD APM volume 2, 15.35.5. */
#define VECTOR_VC	   29
#define EXIT_NPF	   0x400
#define EXIT_NOT_VALIDATED 0x404 /* 15.36.10 */

static const char *const names[SNP_VCS] = {
	[SNP_VC_CPUID] = "cpuid",
	[SNP_VC_IOIO] = "ioio",
	[SNP_VC_MSR] = "msr",
	[SNP_VC_WBINVD] = "wbinvd",
	[SNP_VC_DR7_READ] = "dr7_read",
	[SNP_VC_DR7_WRITE] = "dr7_write",
	[SNP_VC_RDPMC] = "rdpmc",
	[SNP_VC_INVD] = "invd",
	[SNP_VC_VMMCALL] = "vmmcall",
	[SNP_VC_MONITOR] = "monitor",
	[SNP_VC_MWAIT] = "mwait",
	[SNP_VC_MMIO] = "mmio",
	[SNP_VC_NOT_VALIDATED] = "page_not_validated",
};

const char *snp_vc_name(enum snp_vc reason)
{
	return names[reason];
}

void snp_raise_vc(unsigned vcpu, enum snp_vc reason, uint32_t code)
{
	snp.vcpu[vcpu].vcs[reason]++;
	guest.vcpu[vcpu].exception = (struct guest_exception){ names[reason], qemu_rip(vcpu) };
	qemu_deliver(vcpu, VECTOR_VC, code);
}

/* The hypervisor cannot emulate the instruction, since it cannot read it: the nested page fault
 * becomes a #VC. The guest's handler asks the host by NAE events 0x80000001 and 0x80000002. */
void snp_raise_mmio(const struct platform_access *access)
{
	snp_raise_vc(access->vcpu, SNP_VC_MMIO, EXIT_NPF);
}

void snp_raise_violation(const struct platform_access *access)
{
	if (access->host_pc)
		qemu_sync(access->vcpu, access->host_pc);
	snp_raise_vc(access->vcpu, SNP_VC_NOT_VALIDATED, EXIT_NOT_VALIDATED);
}
