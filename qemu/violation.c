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

static const char *state_name(uint64_t gpa)
{
	return emu_sept_state_name(emu_tdx_state(td.emu, gpa));
}

/* Says what has happened, and stops the machine if that is the policy. */
static void tell(const struct td_violations *now)
{
	static const char *const views[] = { "private view", "shared view", "devices' view" };
	const char *verb = now->fetch ? "executed" : now->write ? "wrote" : "read";
	char who[32] = "a device", rip[48] = "", text[192];

	if (now->accessor != TD_DEVICE) {
		snprintf(who, sizeof(who), "vCPU %u", now->vcpu);
		snprintf(rip, sizeof(rip), " at RIP 0x%llx", (unsigned long long)now->rip);
	}
	snprintf(text, sizeof(text), "%s %s GPA 0x%llx (%s, state: %s)%s", who, verb,
		 (unsigned long long)now->gpa, views[now->accessor], now->state, rip);
	if (td.options.violation == TD_VIOLATION_STOP)
		td_stop(TD_EXIT_VIOLATION, "%s", text);
	else if (violations.count <= MAX_LOGGED)
		fprintf(stderr, "cvmem-tdx: %s\n", text);
}

static void record(struct td_violations *now)
{
	uint64_t count = violations.count + 1;

	snprintf(now->state, sizeof(now->state), "%s", state_name(now->gpa));
	if (count == 1)
		violations = *now;
	violations.count = count;
	tell(now);
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

static bool device_violation(uint64_t gpa, bool write)
{
	struct td_violations now = { .accessor = TD_DEVICE, .gpa = gpa, .write = write };

	if (td_is_stopped())
		return false;
	record(&now);
	return td.options.violation == TD_VIOLATION_LOG;
}

bool td_violation(enum td_accessor accessor, uint64_t gpa, bool write)
{
	struct td_violations now = { .accessor = accessor, .gpa = gpa, .write = write };
	uintptr_t host_pc;

	if (accessor == TD_DEVICE)
		return device_violation(gpa, write);
	now.vcpu = qemu_trap_vcpu();
	host_pc = qemu_trap_host_pc(now.vcpu);
	if (td_is_stopped())
		td_park(now.vcpu, host_pc);
	if (host_pc)
		qemu_sync(now.vcpu, host_pc);
	now.fetch = !host_pc;
	now.rip = qemu_rip(now.vcpu);
	record(&now);
	if (td.options.violation == TD_VIOLATION_STOP)
		td_park(now.vcpu, host_pc);
	if (td.options.violation == TD_VIOLATION_VE)
		raise_ve(now.vcpu, host_pc, accessor == TD_VCPU_SHARED ? gpa | td.shared_bit : gpa,
			 write, now.fetch);
	return true;
}
