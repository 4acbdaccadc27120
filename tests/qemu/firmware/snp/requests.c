/* SPDX-License-Identifier: MIT */
#include "snp.h"

/* GHCB specification 2.03: requests by the MSR, 2.3.1, and by the page, 4.1. */

void msr_requests(void);
void ghcb_requests(void);
void terminate(void);
void terminate_by_ghcb(void);

#define MSR_SEV_STATUS 0xc0010131
#define NOWHERE	       UINT64_C(0x10000000000)

void msr_requests(void)
{
	uint64_t registered = msr_request(OTHER_GHCB | 0x012);

	/* The one by which this says anything. */
	msr_request(GHCB | 0x012);
	say("SEV_STATUS", read_msr(MSR_SEV_STATUS));
	say("SEV information", msr_request(0x002));
	/* EBX of leaf 0x8000001f. */
	say("CPUID", msr_request(UINT64_C(0x8000001f) << 32 | UINT64_C(1) << 30 | 0x004));
	say("preferred GHCB", msr_request(0x010));
	say("register GHCB", registered);
	say("private", msr_request(UINT64_C(1) << 52 | PAGE | 0x014));
	say("shared", msr_request(UINT64_C(2) << 52 | PAGE | 0x014));
	say("operation 3", msr_request(UINT64_C(3) << 52 | PAGE | 0x014));
	say("private, no memory", msr_request(UINT64_C(1) << 52 | NOWHERE | 0x014));
	say("features", msr_request(0x080));
}

static void say_answer(const char *name, uint64_t gpa)
{
	uint64_t info1 = ghcb_at(gpa)->exitinfo1, info2 = ghcb_at(gpa)->exitinfo2;

	say(name, info1);
	say("reason", info2);
}

void ghcb_requests(void)
{
	request_by(OTHER_GHCB, 0x89, 0, 0);
	say_answer("not registered", OTHER_GHCB);
	request_by(GHCB, 0x8000ffff, 0, 0);
	say_answer("unknown", GHCB);
	request_by(GHCB, 0x80000003, 0, 0);
	say_answer("NMI complete", GHCB);
	request_by(GHCB, 0x80000014, 0, 0);
	say_answer("#HV doorbell", GHCB);
	request_by(GHCB, 0x89, 0, 0);
	say_answer("WBINVD", GHCB);
}

/* Reason set 5, code 7. */
void terminate(void)
{
	msr_request(0x075100);
}

void terminate_by_ghcb(void)
{
	request_by(GHCB, 0x8000fffe, 0x75, 0);
}
