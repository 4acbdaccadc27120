/* SPDX-License-Identifier: MIT */
#include "hosted/machine.h"

#include <stdarg.h>
#include <stdio.h>

_Thread_local struct hosted_vcpu *hosted_this_vcpu;

bool hosted_stopped(const struct hosted_machine *machine)
{
	return __atomic_load_n(&machine->state, __ATOMIC_ACQUIRE) != MACHINE_RUNS;
}

void hosted_stop(struct hosted_machine *machine, const struct hosted_report *report)
{
	int runs = MACHINE_RUNS;

	if (!__atomic_compare_exchange_n(&machine->state, &runs, MACHINE_STOPPING, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return;
	machine->report = *report;
	__atomic_store_n(&machine->state, MACHINE_STOPPED, __ATOMIC_RELEASE);
}

void hosted_stop_text(struct hosted_machine *machine, enum emu_stop_cause cause, unsigned vcpu,
		      uint64_t gpa, const char *format, ...)
{
	struct hosted_report report = {
		.stop = { .cause = cause, .vcpu = vcpu, .gpa = gpa },
		.gpa = gpa,
	};
	va_list args;

	va_start(args, format);
	vsnprintf(report.stop.text, sizeof(report.stop.text), format, args);
	va_end(args);
	hosted_stop(machine, &report);
}

void hosted_stop_emulated(struct hosted_machine *machine)
{
	struct hosted_report report = { 0 };

	emu_stop_get(machine->emu, &report.stop);
	report.gpa = report.stop.gpa;
	hosted_stop(machine, &report);
}

void hosted_leave_if_stopped(struct hosted_vcpu *vcpu)
{
	if (!hosted_stopped(vcpu->machine))
		return;
	vcpu->in_trap = 0;
	siglongjmp(vcpu->leave, 1);
}
