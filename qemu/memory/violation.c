/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/memory/violation.h"

#include <stdio.h>

#include "qemu/guest/guest.h"
#include "qemu/host/internals.h"
#include "qemu/guest/platform.h"

#define MAX_LOGGED 20

/* Changed under QEMU's device lock. */
static struct guest_violations violations;

void guest_violations_get(struct guest_violations *out)
{
	*out = violations;
}

/* Says what has happened, and stops the machine if that is the policy. */
static void tell(const struct guest_violations *now)
{
	static const char *const views[] = { "private view", "shared view", "devices' view" };
	const char *verb = now->fetch ? "executed" : now->write ? "wrote" : "read";
	char who[32] = "a device", rip[48] = "", text[192];

	if (now->accessor != GUEST_DEVICE) {
		snprintf(who, sizeof(who), "vCPU %u", now->vcpu);
		snprintf(rip, sizeof(rip), " at RIP 0x%llx", (unsigned long long)now->rip);
	}
	snprintf(text, sizeof(text), "%s %s GPA 0x%llx (%s, state: %s)%s", who, verb,
		 (unsigned long long)now->gpa, views[now->accessor], now->state, rip);
	if (guest.options.violation == GUEST_VIOLATION_STOP)
		guest_stop(GUEST_EXIT_VIOLATION, "%s", text);
	else if (violations.count <= MAX_LOGGED)
		fprintf(stderr, "cvmem.so: %s\n", text);
}

static void record(struct guest_violations *now)
{
	uint64_t count = violations.count + 1;

	snprintf(now->state, sizeof(now->state), "%s", platform->state_name(now->gpa));
	if (count == 1)
		violations = *now;
	violations.count = count;
	tell(now);
}

static bool device_violation(uint64_t gpa, bool write)
{
	struct guest_violations now = { .accessor = GUEST_DEVICE, .gpa = gpa, .write = write };

	if (guest_is_stopped())
		return false;
	record(&now);
	return guest.options.violation == GUEST_VIOLATION_LOG;
}

bool guest_violation(enum guest_accessor accessor, uint64_t gpa, bool write)
{
	struct guest_violations now = { .accessor = accessor, .gpa = gpa, .write = write };
	struct platform_access access = { .gpa = gpa,
					  .shared = accessor == GUEST_VCPU_SHARED,
					  .write = write };

	if (accessor == GUEST_DEVICE)
		return device_violation(gpa, write);
	now.vcpu = access.vcpu = qemu_trap_vcpu();
	access.host_pc = qemu_trap_host_pc(now.vcpu);
	/* The push of an exception is of no instruction either. */
	now.fetch = access.fetch = !access.host_pc && !write;
	if (platform->allows && platform->allows(&access))
		return true;
	if (guest_is_stopped())
		guest_park(now.vcpu, access.host_pc);
	now.rip = qemu_rip_at(now.vcpu, access.host_pc);
	record(&now);
	if (guest.options.violation == GUEST_VIOLATION_STOP)
		guest_park(now.vcpu, access.host_pc);
	if (guest.options.violation == GUEST_VIOLATION_RAISE)
		platform->raise(&access);
	return true;
}
