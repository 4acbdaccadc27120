/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "tdx.h"

/* GHCI 1.5, chapter 3. */
enum {
	VMCALL_HLT = 12,
	VMCALL_RDMSR = 31,
	VMCALL_WRMSR = 32,
	VMCALL_WBINVD = 54,
	VMCALL_GET_QUOTE = 0x10002,
	VMCALL_FATAL_ERROR = 0x10003,
	VMCALL_EVENT_NOTIFY = 0x10004,
};
enum { LEAF_VP_INFO = 1 };

void accepts(void);
void calls(void);
void cpl3(void);
void fatal_error(void);
void not_caught(void);
void ve(void);
void reboot(void);

void accepts(void)
{
	say("accept", accept(PAGE, 0));
	say("accept again", accept(PAGE, 0));
	say("1 GiB accept", accept(0, 2));
}

void calls(void)
{
	say("entry RBX", entry_rbx);
	say("entry RCX", entry_rcx);
	say("entry RSI", entry_rsi);
	say("entry CR0", entry_cr0);
	say("entry CR4", entry_cr4);
	say("entry EFER", entry_efer);
	say("SetupEventNotifyInterrupt", vmcall(VMCALL_EVENT_NOTIFY, 32, 0, 0, 0, NULL));
	say("of an exception", vmcall(VMCALL_EVENT_NOTIFY, 31, 0, 0, 0, NULL));
	say("GetQuote", vmcall(VMCALL_GET_QUOTE, SHARED + PAGE, 4096, 0, 0, NULL));
	say("WBINVD", vmcall(VMCALL_WBINVD, 0, 0, 0, 0, NULL));
	say("WBNOINVD", vmcall(VMCALL_WBINVD, 1, 0, 0, 0, NULL));
	say("neither", vmcall(VMCALL_WBINVD, 2, 0, 0, 0, NULL));
	/* The APIC is in its older mode. */
	say("RDMSR of x2APIC ID", vmcall(VMCALL_RDMSR, 0x802, 0, 0, 0, NULL));
	say("WRMSR of x2APIC EOI", vmcall(VMCALL_WRMSR, 0x80b, 0, 0, 0, NULL));
	say("PKRS, more than 32 bits", vmcall(VMCALL_WRMSR, 0x6e1, UINT64_C(1) << 32, 0, 0, NULL));
	say("VM_HSAVE_PA, not aligned", vmcall(VMCALL_WRMSR, 0xc0010117, 1, 0, 0, NULL));
	say("LSTAR", vmcall(VMCALL_WRMSR, 0xc0000082, 0x1000, 0, 0, NULL));
}

#define APIC  UINT64_C(0xfee00000)
#define TICKS 50000000 /* a tenth of a second: two nanoseconds each */

static volatile uint32_t *apic(uint64_t offset)
{
	return (volatile uint32_t *)(APIC + offset);
}

/* Whether the interrupt is requested: Intel SDM volume 3, "Interrupt Acceptance". */
static uint32_t requested(void)
{
	return *apic(0x200 + INTERRUPT / 32 * 16) >> INTERRUPT % 32 & 1;
}

/* With interrupts disabled: the timer's interrupt ends the first, and is not taken; since it is
 * pending, the second ends at once. */
void halt(void)
{
	*apic(0xf0) = 0x1ff;
	*apic(0x320) = INTERRUPT;
	*apic(0x380) = TICKS;
	say("requested", requested());
	say("HLT", vmcall(VMCALL_HLT, 0, 0, 0, 0, NULL));
	say("requested", requested());
	/* As a guest says that has disabled them for good. */
	say("HLT", vmcall(VMCALL_HLT, 1, 0, 0, 0, NULL));
	say("requested", requested());
}

void cpl3(void)
{
	struct tdcall call = { .rax = LEAF_VP_INFO };

	attempt_at_cpl3((void (*)(void *))tdcall, &call);
	say("CS", last_exception.cs);
	say_attempt("TDCALL");
}

void fatal_error(void)
{
	/* "tiny firmware", 8 bytes in each register. */
	vmcall(VMCALL_FATAL_ERROR, 0x2a, 0, UINT64_C(0x72696620796e6974), UINT64_C(0x657261776d),
	       NULL);
}

/* What is not caught. */
void not_caught(void)
{
	/* The I/O APIC's register 1, its version. */
	store(0xfec00000, 1);
	say("I/O APIC", load(0xfec00010));
	load(0xd0000);
	say("accept of 832K", accept(0xd0000, 0));
}

void ve(void)
{
	accept_on_ve = true;
	say("loaded", load(PAGE + 0x128));
	say("vector", last_exception.vector);
	say("RIP", last_exception.rip);
}

void reboot(void)
{
	say("accept", accept(PAGE, 0));
	reset();
}
