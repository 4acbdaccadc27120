/* SPDX-License-Identifier: MIT */
#include "hosted/machine.h"

#include <stdio.h>

/* The page-fault error code (Intel SDM volume 3, "Page-Fault Exceptions"). */
#define PF_WRITE (1 << 1)
#define PF_FETCH (1 << 4)

bool hosted_violation(struct hosted_vcpu *vcpu, int sig, uint64_t address, const ucontext_t *uc)
{
	struct hosted_machine *machine = vcpu->machine;
	struct hosted_report report = { 0 };
	uint64_t error = (uint64_t)uc->uc_mcontext.gregs[REG_ERR];

	if (!hosted_memory_find(&machine->memory, address, &report.gpa, &report.shared_view))
		return false;
	if (sig != SIGBUS && !report.shared_view && machine->config.on_fault &&
	    machine->config.on_fault(machine->config.on_fault_ctx, vcpu->number, report.gpa))
		return true;
	report.rip = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
	report.write = error & PF_WRITE;
	report.stop.cause = sig == SIGBUS ? EMU_STOP_FAILED : EMU_STOP_HOST_FAULT;
	report.stop.vcpu = vcpu->number;
	report.stop.gpa = report.gpa;
	snprintf(report.state, sizeof(report.state), "%s",
		 emu_machine_state_name(machine->emu, report.gpa));

	if (sig == SIGBUS) {
		snprintf(report.stop.text, sizeof(report.stop.text),
			 "the host has no memory left for GPA 0x%lx", (unsigned long)report.gpa);
	} else {
		report.violation = true;
		__atomic_fetch_add(&machine->violations, 1, __ATOMIC_RELAXED);
		snprintf(report.stop.text, sizeof(report.stop.text),
			 "vCPU %u %s GPA 0x%lx (%s view, state: %s) at RIP 0x%lx", vcpu->number,
			 error & PF_FETCH ? "executed"
			 : report.write	  ? "wrote"
					  : "read",
			 (unsigned long)report.gpa, report.shared_view ? "shared" : "private",
			 report.state, (unsigned long)report.rip);
	}
	hosted_stop(machine, &report);
	hosted_leave_if_stopped(vcpu);
	return true;
}
