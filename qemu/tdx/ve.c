/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest.h"
#include "qemu/internals.h"
#include "qemu/tdx/td.h"

/* Intel SDM volume 3, "VMX Basic Exit Reasons", "Exit Qualification for EPT Violations". */
#define EXIT_EPT_VIOLATION 48
enum { EPT_READ = 1, EPT_WRITE = 2, EPT_FETCH = 4 };
enum { VECTOR_VE = 20 };

/* A #VE as for an EPT violation; the linear address is not known. */
void td_raise_ve(const struct platform_access *access)
{
	const struct emu_ve ve = {
		.exit_reason = EXIT_EPT_VIOLATION,
		.exit_qualification = access->fetch   ? EPT_FETCH
				      : access->write ? EPT_WRITE
						      : EPT_READ,
		.gpa = access->shared ? access->gpa | td.shared_bit : access->gpa,
	};

	if (!emu_tdx_ve(td.emu, access->vcpu, &ve)) {
		guest_stop(GUEST_EXIT_VIOLATION,
			   "vCPU %u: the next #VE before TDG.VP.VEINFO.GET: GPA 0x%llx",
			   access->vcpu, (unsigned long long)access->gpa);
		guest_park(access->vcpu, access->host_pc);
	}
	qemu_raise(access->vcpu, VECTOR_VE, access->host_pc);
}
