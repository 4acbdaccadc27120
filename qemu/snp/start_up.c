/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "qemu/guest/guest.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/host/devices.h"
#include "qemu/snp/icr.h"
#include "qemu/snp/snp.h"

/*
 * vCPUs in an AP reset hold, GHCB specification 2.03, section 4.1. An INIT cannot reset a vCPU
 * whose state the host does not have, and a start-up interrupt only continues it after its VMGEXIT.
 * QEMU's APIC would do both, so neither may reach it. They are recognised where the guest's #VC
 * handler forwards its write to the APIC's command register.
 */
#define APIC_ICR       UINT64_C(0xfee00300)
#define APIC_ICR_HIGH  UINT64_C(0xfee00310)
#define MSR_X2APIC_ICR 0x830

void snp_reset_hold(void *ctx, unsigned vcpu)
{
	snp.vcpu[vcpu].exits[SNP_EXIT_RESET_HOLD]++;
	__atomic_store_n(&snp.vcpu[vcpu].has_held, true, __ATOMIC_RELEASE);
}

/* In the vCPU's own thread. */
static void start_up(unsigned vcpu)
{
	if (emu_snp_start_up(snp.emu, vcpu))
		qemu_wake(vcpu);
}

/* A message to several vCPUs, only some of which are in a reset hold, reaches only these. */
static bool command(unsigned vcpu, uint64_t icr)
{
	uint32_t sender = snp_apic_id(vcpu);
	enum icr_kind kind = icr_kind(icr);
	bool taken = false;

	if (kind == ICR_OTHER)
		return false;
	for (unsigned i = 0; i < guest.vcpus; i++) {
		if (!__atomic_load_n(&snp.vcpu[i].has_held, __ATOMIC_ACQUIRE) ||
		    !icr_names(icr, sender, snp_apic_id(i)))
			continue;
		taken = true;
		if (kind == ICR_START_UP)
			qemu_run_on(i, start_up);
	}
	return taken;
}

bool snp_apic_write(unsigned vcpu, uint64_t gpa, const void *bytes, uint64_t size)
{
	uint32_t low, high;

	if (gpa != APIC_ICR || size != sizeof(low) ||
	    !qemu_read(APIC_ICR_HIGH, &high, sizeof(high)))
		return false;
	memcpy(&low, bytes, sizeof(low));
	return command(vcpu, icr_of_halves(low, high));
}

bool snp_apic_wrmsr(unsigned vcpu, uint32_t msr, uint64_t value)
{
	return msr == MSR_X2APIC_ICR && command(vcpu, value);
}
