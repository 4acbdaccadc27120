/* SPDX-License-Identifier: MIT */
#include "platform/tdx/tdcall.h"

/*
 * TDG.VP.VMCALL<ReportFatalError> (GHCI 1.5). R12[31:0] = 0 means that the guest panicked, other
 * values are reserved; R12[62:32] is the guest's own code. A message of up to 64 bytes is
 * passed in R14, R15, RBX, RDI, RSI, R8, R9, RDX. (R13 is the address of a page of shared memory
 * with a longer message, not of the page that caused it.)
 */
union message {
	char text[64];
	uint64_t word[8];
};

/* RCX: R8 to R15 without R13, RDI, RSI, RBX, RDX are passed to the host. */
#define FATAL_ERROR_REGISTERS 0xdfcc

static void report(uint64_t code, const union message *message)
{
	uint64_t rax = TDG_VP_VMCALL, rcx = FATAL_ERROR_REGISTERS;
	uint64_t rbx = message->word[2], rdi = message->word[3], rsi = message->word[4];
	uint64_t word0 = message->word[0], word1 = message->word[1];
	uint64_t word5 = message->word[5], word6 = message->word[6];
	uint64_t rdx = message->word[7];
	register uint64_t r8 __asm__("r8") = word5;
	register uint64_t r9 __asm__("r9") = word6;
	register uint64_t r10 __asm__("r10") = 0;
	register uint64_t r11 __asm__("r11") = VMCALL_REPORT_FATAL_ERROR;
	register uint64_t r12 __asm__("r12") = code;
	register uint64_t r14 __asm__("r14") = word0;
	register uint64_t r15 __asm__("r15") = word1;

	/* tdcall */
	__asm__ volatile(".byte 0x66, 0x0f, 0x01, 0xcc"
			 : "+a"(rax), "+b"(rbx), "+c"(rcx), "+d"(rdx), "+S"(rsi), "+D"(rdi),
			   "+r"(r8), "+r"(r9), "+r"(r10), "+r"(r11), "+r"(r12), "+r"(r14), "+r"(r15)
			 :
			 : "memory", "cc");
}

static unsigned put(union message *message, unsigned at, const char *text)
{
	while (*text && at < sizeof(message->text))
		message->text[at++] = *text++;
	return at;
}

static const char *describe_reason(enum cvm_terminate_reason reason)
{
	switch (reason) {
	case CVM_TERMINATE_ALREADY_ACCEPTED:
		return "accepted twice";
	case CVM_TERMINATE_ACCEPT_FAILED:
		return "cannot be accepted";
	case CVM_TERMINATE_PAGE_GONE:
		return "gone after it was accepted";
	default:
		return "broken invariant";
	}
}

/* "cvmem: GPA 0x123456789abcd000: accepted twice" */
static void compose(union message *message, enum cvm_terminate_reason reason, uint64_t gpa)
{
	unsigned at;

	for (unsigned i = 0; i < 8; i++)
		message->word[i] = 0;
	at = put(message, 0, "cvmem: GPA 0x");
	for (int shift = 60; shift >= 0; shift -= 4)
		message->text[at++] = "0123456789abcdef"[gpa >> shift & 15];
	at = put(message, at, ": ");
	put(message, at, describe_reason(reason));
}

void cvm_tdx_terminate(struct cvm_platform *platform, enum cvm_terminate_reason reason,
		       uint64_t gpa)
{
	union message message;

	(void)platform;
	compose(&message, reason, gpa);
	/* A host that resumes the guest is told again. */
	for (;;) {
		report((uint64_t)reason << 32, &message);
		x86_pause();
	}
}
