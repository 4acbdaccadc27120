/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "firmware.h"

/* GHCI 1.5, chapter 3. */
enum { VMCALL_HLT = 12, VMCALL_GET_QUOTE = 0x10002, VMCALL_FATAL_ERROR = 0x10003 };
enum { VMCALL_EVENT_NOTIFY = 0x10004 };

/* RAM that nobody has accepted. */
#define PAGE  UINT64_C(0x1000000)
#define TABLE UINT64_C(0x1400000)
/* An address whose walk goes through entry 2 of the PML4 and entry 5 of the next table. */
#define WALKED	   ((UINT64_C(2) << 39) + (UINT64_C(5) << 30))
#define PAGE_WORDS 512
#define PATTERN	   UINT64_C(0x5a5a5a5a5a5a5a5a)

void converted(void);
void accepts(void);
void calls(void);
void cpl3(void);
void fatal_error(void);
void load_pending(void);
void store_pending(void);
void jump_pending(void);
void fetch_pending(void);
void walk_pending(void);
void walk_of_fetch(void);
void load_shared_alias(void);
void load_private_alias(void);
void load_converted(void);
void not_caught(void);
void ve(void);
void reboot(void);

static void fill(uint64_t address)
{
	for (unsigned i = 0; i < PAGE_WORDS; i++)
		store(address + i * 8, PATTERN);
}

/* All bits that are set anywhere in the page. */
static uint64_t content(uint64_t address)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < PAGE_WORDS; i++)
		bits |= load(address + i * 8);
	return bits;
}

void converted(void)
{
	say("accept", accept(PAGE, 0));
	say("accepted page", content(PAGE));
	fill(PAGE);
	say("written page", content(PAGE));
	say("share", share(PAGE));
	say("shared page", content(SHARED + PAGE));
	fill(SHARED + PAGE);
	say("written shared page", content(SHARED + PAGE));
	say("unshare", unshare(PAGE));
	say("accept of converted page", accept(PAGE, 0));
	say("converted page", content(PAGE));
}

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
	/* Interrupts are off, and R12 says so. */
	say("HLT", vmcall(VMCALL_HLT, 1, 0, 0, 0, NULL));
}

void cpl3(void)
{
	at_cpl3();
	say("vector", last_exception.vector);
	say("error code", last_exception.error);
	say("RIP", last_exception.rip);
	say("CS", last_exception.cs);
}

void fatal_error(void)
{
	/* "tiny firmware", 8 bytes in each register. */
	vmcall(VMCALL_FATAL_ERROR, 0x2a, 0, UINT64_C(0x72696620796e6974), UINT64_C(0x657261776d),
	       NULL);
}

void load_pending(void)
{
	load(PAGE + 0x128);
}

void store_pending(void)
{
	store(PAGE + 0x128, PATTERN);
}

void jump_pending(void)
{
	jump(PAGE + 0x128);
}

void fetch_pending(void)
{
	((void (*)(void))(PAGE + 0x128))();
}

/* A page table that is not usable. */
void walk_pending(void)
{
	pml4[2] = TABLE | 7;
	load(WALKED);
}

void walk_of_fetch(void)
{
	pml4[2] = TABLE | 7;
	((void (*)(void))WALKED)();
}

void load_shared_alias(void)
{
	say("accept", accept(PAGE, 0));
	load(SHARED + PAGE + 0x128);
}

/* Used as private memory before. */
void load_private_alias(void)
{
	say("accept", accept(PAGE, 0));
	store(PAGE + 0x128, PATTERN);
	say("share", share(PAGE));
	load(PAGE + 0x128);
}

/* Private once more, and not accepted once more. */
void load_converted(void)
{
	say("accept", accept(PAGE, 0));
	say("share", share(PAGE));
	store(SHARED + PAGE + 0x128, PATTERN);
	say("unshare", unshare(PAGE));
	load(PAGE + 0x128);
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
