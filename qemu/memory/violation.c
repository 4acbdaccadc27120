/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/memory/violation.h"

#include <stdio.h>

#include "qemu/guest/guest.h"
#include "qemu/guest/options.h"
#include "qemu/guest/platform.h"
#include "qemu/guest/stop.h"
#include "qemu/host/origin.h"
#include "qemu/host/vcpu.h"
#include "qemu/memory/forgotten.h"

#define MAX_LOGGED 20

/* Changed only under QEMU's device lock. */
static struct memory_violations violations;

static void (*name_function)(struct memory_violations *now);
static _Thread_local bool is_naming;

void memory_violations_name(void (*name)(struct memory_violations *now))
{
	name_function = name;
}

void memory_violations_get(struct memory_violations *out)
{
	*out = violations;
}

/* An exception whose delivery needs memory that is not usable cannot be followed by the exception
 * that the policy is for: its delivery needs the same memory. */
static bool stops(const struct memory_violations *now)
{
	return guest.options.violation == GUEST_VIOLATION_STOP ||
	       (guest.options.violation == GUEST_VIOLATION_RAISE && now->delivery);
}

/* Prints what has happened, or stops the machine with it, if that is the policy. */
static void tell(const struct memory_violations *now)
{
	static const char *const views[] = { "private view", "shared view", "devices' view" };
	const char *verb = now->fetch ? "executed" : now->write ? "wrote" : "read";
	char who[32] = "a device", rip[176] = "", text[320];

	if (now->initiator != MEMORY_DEVICE) {
		snprintf(who, sizeof(who), "vCPU %u", now->vcpu);
		snprintf(rip, sizeof(rip), " at %s 0x%llx%s%s%s%s", platform->counter,
			 (unsigned long long)now->rip, *now->function ? " (" : "", now->function,
			 *now->function ? ")" : "",
			 now->delivery ? ", delivering an exception or interrupt" : "");
	}
	snprintf(text, sizeof(text), "%s %s %s 0x%llx (%s, state: %s)%s", who, verb,
		 platform->address, (unsigned long long)now->gpa, views[now->initiator], now->state,
		 rip);
	if (stops(now))
		guest_stop(GUEST_EXIT_VIOLATION, "%s", text);
	else if (violations.count <= MAX_LOGGED)
		fprintf(stderr, "cvmem.so: %s\n", text);
}

static void record(struct memory_violations *now)
{
	uint64_t count = violations.count + 1;

	snprintf(now->state, sizeof(now->state), "%s",
		 memory_is_forgotten(now->gpa) ? platform->unaccepted
					       : platform->state_name(now->gpa));
	if (name_function && now->initiator != MEMORY_DEVICE && count <= MAX_LOGGED) {
		is_naming = true;
		name_function(now);
		is_naming = false;
	}
	if (count == 1)
		violations = *now;
	violations.count = count;
	tell(now);
}

static bool device_violation(uint64_t gpa, bool write)
{
	struct memory_violations now = { .initiator = MEMORY_DEVICE, .gpa = gpa, .write = write };

	if (guest_is_stopped())
		return false;
	record(&now);
	return guest.options.violation == GUEST_VIOLATION_LOG;
}

bool memory_violation(enum memory_initiator initiator, uint64_t gpa, bool write)
{
	struct memory_violations now = { .initiator = initiator, .gpa = gpa, .write = write };
	struct platform_access access = { .gpa = gpa,
					  .shared = initiator == MEMORY_VCPU_SHARED,
					  .write = write };
	enum qemu_origin origin = QEMU_BY_INSTRUCTION;

	if (is_naming)
		return false;
	if (initiator == MEMORY_DEVICE)
		return device_violation(gpa, write);
	now.vcpu = access.vcpu = qemu_this_vcpu();
	access.host_pc = qemu_trap_host_pc(now.vcpu);
	if (!access.host_pc)
		origin = qemu_origin();
	now.fetch = access.fetch = origin == QEMU_BY_FETCH;
	now.delivery = origin == QEMU_BY_DELIVERY;
	if (platform->allows && platform->allows(&access))
		return true;
	if (guest_is_stopped())
		guest_block_vcpu(now.vcpu, access.host_pc);
	now.rip = qemu_rip_at(now.vcpu, access.host_pc);
	record(&now);
	if (stops(&now))
		guest_block_vcpu(now.vcpu, access.host_pc);
	if (guest.options.violation != GUEST_VIOLATION_RAISE)
		return true;
	if (platform->raise)
		platform->raise(&access);
	return false;
}
