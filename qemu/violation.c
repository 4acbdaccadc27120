/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/violation.h"

#include <stdio.h>

#include "qemu/internals.h"
#include "qemu/td.h"

#define MAX_LOGGED 20

/* Intel SDM volume 3, "VMX Basic Exit Reasons", "Exit Qualification for EPT Violations". */
#define EXIT_EPT_VIOLATION 48
enum { EPT_READ = 1, EPT_WRITE = 2, EPT_FETCH = 4 };
enum { VECTOR_VE = 20 };

/* Changed under QEMU's device lock. */
static struct td_violations violations;

void td_violations_get(struct td_violations *out)
{
	*out = violations;
}

static void record(unsigned vcpu, uint64_t gpa, uint64_t rip, bool write, bool fetch, bool shared)
{
	if (violations.count++)
		return;
	violations.vcpu = vcpu;
	violations.gpa = gpa;
	violations.rip = rip;
	violations.write = write;
	violations.fetch = fetch;
	violations.shared = shared;
	snprintf(violations.state, sizeof(violations.state), "%s",
		 emu_sept_state_name(emu_tdx_state(td.emu, gpa)));
}

/* A #VE as for an EPT violation; the linear address is not known. */
static __attribute__((noreturn)) void raise_ve(unsigned vcpu, uintptr_t host_pc, uint64_t gpa,
					       bool write, bool fetch)
{
	const struct emu_ve ve = {
		.exit_reason = EXIT_EPT_VIOLATION,
		.exit_qualification = fetch   ? EPT_FETCH
				      : write ? EPT_WRITE
					      : EPT_READ,
		.gpa = gpa,
	};

	if (!emu_tdx_ve(td.emu, vcpu, &ve)) {
		td_stop(TD_EXIT_VIOLATION,
			"vCPU %u: the next #VE before TDG.VP.VEINFO.GET: GPA 0x%llx", vcpu,
			(unsigned long long)gpa);
		td_park(vcpu, host_pc);
	}
	qemu_raise(vcpu, VECTOR_VE, host_pc);
}

void td_violation(bool shared, uint64_t gpa, bool write)
{
	int index = qemu_trap_vcpu();
	unsigned vcpu = index < 0 ? 0 : (unsigned)index;
	uintptr_t host_pc = index < 0 ? 0 : qemu_trap_host_pc(vcpu);
	bool fetch = !host_pc;
	char text[160];
	uint64_t rip;

	if (td_is_stopped())
		td_park(vcpu, host_pc);
	if (host_pc)
		qemu_sync(vcpu, host_pc);
	rip = qemu_rip(vcpu);
	record(vcpu, gpa, rip, write, fetch, shared);
	snprintf(text, sizeof(text), "vCPU %u %s GPA 0x%llx (%s view, state: %s) at RIP 0x%llx",
		 vcpu,
		 fetch	 ? "executed"
		 : write ? "wrote"
			 : "read",
		 (unsigned long long)gpa, shared ? "shared" : "private",
		 emu_sept_state_name(emu_tdx_state(td.emu, gpa)), (unsigned long long)rip);
	if (td.options.violation == TD_VIOLATION_STOP) {
		td_stop(TD_EXIT_VIOLATION, "%s", text);
		td_park(vcpu, host_pc);
	}
	if (violations.count <= MAX_LOGGED)
		fprintf(stderr, "cvmem-tdx: %s\n", text);
	if (td.options.violation == TD_VIOLATION_VE)
		raise_ve(vcpu, host_pc, shared ? gpa | td.shared_bit : gpa, write, fetch);
}
