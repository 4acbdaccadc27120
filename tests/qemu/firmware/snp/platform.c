/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "snp.h"

#define MSR_GHCB 0xc0010130

enum { VECTOR_VC = 29 };

/* GHCB specification 2.03, 2.3.1. */
enum {
	MSR_REGISTER_GPA = 0x012,
	MSR_PSC = 0x014,
	PSC_PRIVATE = 1,
	PSC_SHARED = 2,
};

/* 4.1: IOIO, and its SW_EXITINFO1. */
enum { EVENT_IOIO = 0x7b, IOIO_SIZE_SHIFT = 4, IOIO_PORT_SHIFT = 16 };

bool validate_on_vc;

struct ghcb *ghcb_at(uint64_t gpa)
{
	return (struct ghcb *)(SHARED + gpa);
}

uint64_t read_msr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static void vmgexit(uint64_t value)
{
	__asm__ volatile("wrmsr\n\trep; vmmcall"
			 :
			 : "c"(MSR_GHCB), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
}

uint64_t msr_request(uint64_t request)
{
	vmgexit(request);
	return read_msr(MSR_GHCB);
}

void request_by(uint64_t gpa, uint64_t exitcode, uint64_t info1, uint64_t info2)
{
	struct ghcb *ghcb = ghcb_at(gpa);

	ghcb->exitcode = exitcode;
	ghcb->exitinfo1 = info1;
	ghcb->exitinfo2 = info2;
	ghcb->scratch = gpa + offsetof(struct ghcb, buffer);
	ghcb->valid[0] = ghcb->valid[1] = UINT64_MAX;
	ghcb->version = 2;
	vmgexit(gpa);
}

void port_out(uint16_t port, unsigned bytes, uint32_t value)
{
	ghcb_at(GHCB)->rax = value;
	request_by(GHCB, EVENT_IOIO, (uint64_t)port << IOIO_PORT_SHIFT | bytes << IOIO_SIZE_SHIFT,
		   0);
}

/* What PVALIDATE says, and CF, which tells that nothing was to be done, in bit 32. */
static uint64_t set_validated(uint64_t gpa, uint64_t size, bool validated)
{
	struct rmp_operands operands = { .rax = gpa, .rcx = size, .rdx = validated };

	pvalidate(&operands);
	return (uint32_t)operands.rax | (operands.rflags & 1) << 32;
}

uint64_t accept(uint64_t gpa, uint64_t level)
{
	return set_validated(gpa, level, true);
}

/* The answer has the error in its upper half. */
static uint64_t change_state(uint64_t gpa, uint64_t state)
{
	return msr_request(state << 52 | gpa | MSR_PSC) >> 32;
}

uint64_t share(uint64_t gpa)
{
	uint64_t error = set_validated(gpa, 0, false);

	return error ? error : change_state(gpa, PSC_SHARED);
}

uint64_t unshare(uint64_t gpa)
{
	return change_state(gpa, PSC_PRIVATE);
}

/* CR2 does not say which page it is about. */
bool take_exception_of_platform(struct frame *frame)
{
	if (frame->vector != VECTOR_VC || !validate_on_vc)
		return false;
	say("#VC", frame->error);
	say("CR2", last_cr2);
	say("accept", accept(PAGE, 0));
	return true;
}

void set_platform(void)
{
	uint64_t c_bit = read_msr(MSR_GHCB) >> 24 & 0xff;

	set_pages(UINT64_C(1) << c_bit, 0);
	change_state(GHCB, PSC_SHARED);
	change_state(OTHER_GHCB, PSC_SHARED);
	msr_request(GHCB | MSR_REGISTER_GPA);
}
