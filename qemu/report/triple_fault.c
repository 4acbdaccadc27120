/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/report/triple_fault.h"

#include <stdio.h>

#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"
#include "qemu/host/vcpu.h"

/* False: no vCPU. */
static bool find(unsigned *vcpu)
{
	for (*vcpu = 0; platform->is_triple_fault && *vcpu < guest.vcpus; ++*vcpu)
		if (platform->is_triple_fault(*vcpu))
			return true;
	return false;
}

void triple_fault_print(void)
{
	const struct guest_exception *last;
	unsigned vcpu;

	if (!find(&vcpu))
		return;
	last = &guest.vcpu[vcpu].exception;
	fprintf(stderr, "\ncvmem.so: vCPU %u: triple fault at RIP 0x%llx", vcpu,
		(unsigned long long)qemu_rip(vcpu));
	if (last->reason)
		fprintf(stderr, "; its last #%s, for %s, at RIP 0x%llx", platform->exception_name,
			last->reason, (unsigned long long)last->rip);
	fputc('\n', stderr);
}

void triple_fault_report(struct json *json)
{
	const struct guest_exception *last;
	unsigned vcpu;

	if (!find(&vcpu))
		return;
	last = &guest.vcpu[vcpu].exception;
	json_object(json, "triple_fault");
	json_number(json, "vcpu", vcpu);
	json_number(json, "rip", qemu_rip(vcpu));
	if (last->reason) {
		json_object(json, "last_exception");
		json_text(json, "name", platform->exception);
		json_text(json, "reason", last->reason);
		json_number(json, "rip", last->rip);
		json_end(json);
	}
	json_end(json);
}
