/* SPDX-License-Identifier: MIT */
#include "snp.h"

/*
 * A vCPU that sleeps until it is started, GHCB specification 2.03: request 0x006 of the MSR
 * protocol, and NAE event 0x80000004.
 */
#define APIC UINT64_C(0xfee00000)

enum { HOLD = 0x006, HELD = 0x007, REGISTER_GPA = 0x012 };
enum { AP_RESET_HOLD = 0x80000004, MMIO_WRITE = 0x80000002 };
enum { ICR = 0x300, ICR_HIGH = 0x310, INIT = 0xc500, START_UP = 0x699 };

void hold(void);

static uint64_t by_msr, by_ghcb; /* atomic: what the second vCPU was told, which is not 0 */

/* In the second vCPU. Another event may wake it: then it asks again. */
static void sleep_twice(void)
{
	struct ghcb *ghcb = ghcb_at(OTHER_GHCB);
	uint64_t value;

	do {
		value = msr_request(HOLD);
	} while (value == HELD);
	__atomic_store_n(&by_msr, value, __ATOMIC_RELEASE);
	msr_request(OTHER_GHCB | REGISTER_GPA);
	do {
		request_by(OTHER_GHCB, AP_RESET_HOLD, 0, 0);
	} while (!ghcb->exitinfo2);
	__atomic_store_n(&by_ghcb, ghcb->exitinfo1 << 32 | ghcb->exitinfo2, __ATOMIC_RELEASE);
}

static void set_apic(uint64_t offset, uint32_t value)
{
	ghcb_at(GHCB)->buffer[0] = value;
	request_by(GHCB, MMIO_WRITE, APIC + offset, 4);
}

static void send(uint32_t message)
{
	set_apic(ICR_HIGH, 1 << 24);
	set_apic(ICR, message);
}

/* One that comes too early for it is not noticed, as by a processor. */
static uint64_t start_until_told(const uint64_t *told)
{
	uint64_t value;

	while (!(value = __atomic_load_n(told, __ATOMIC_ACQUIRE)))
		send(START_UP);
	return value;
}

void hold(void)
{
	start_ap(sleep_twice);
	say("by MSR", start_until_told(&by_msr));
	/* It would be reset, and forget what it is about to do. */
	send(INIT);
	say("by GHCB", start_until_told(&by_ghcb));
}
