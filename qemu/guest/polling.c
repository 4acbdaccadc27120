/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/polling.h"

#include <string.h>
#include <time.h>

#include "qemu/guest/guest.h"
#include "qemu/host/vcpu.h"

/* Some tens of microseconds, for which most locks and flags are waited for. */
#define YOUNG 2000

/* Sleeps double in length after so many, from the first to the last. A sleeping vCPU delays those
 * that need it between two instructions by no more than that. */
#define PER_LENGTH    8
#define FIRST_NS      UINT64_C(16000)
#define MAX_DOUBLINGS 8

uint64_t guest_polling_round(struct guest_polling *polling, const void *code, const uint64_t *gpr)
{
	unsigned doublings;

	/* A loop that also does something changes a register. */
	if (polling->code != code || memcmp(polling->gpr, gpr, sizeof(polling->gpr))) {
		polling->code = code;
		memcpy(polling->gpr, gpr, sizeof(polling->gpr));
		polling->rounds = 0;
	}
	if (polling->rounds < YOUNG + PER_LENGTH * MAX_DOUBLINGS)
		polling->rounds++;
	if (polling->rounds <= YOUNG)
		return 0;
	doublings = (polling->rounds - YOUNG) / PER_LENGTH;
	return FIRST_NS << doublings;
}

void guest_poll(unsigned vcpu, void *code)
{
	uint64_t ns = guest_polling_round(&guest.vcpu[vcpu].polling, code, qemu_gpr(vcpu));
	const struct timespec pause = { .tv_nsec = (long)ns };

	if (ns)
		nanosleep(&pause, NULL);
}
