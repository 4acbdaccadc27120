/* SPDX-License-Identifier: MIT */
#include "firmware.h"

#define PAGE_WORDS 512

void converted(void);
void load_pending(void);
void load_accepted(void);
void store_pending(void);
void jump_pending(void);
void fetch_pending(void);
void walk_pending(void);
void walk_of_fetch(void);
void load_shared_alias(void);
void load_private_alias(void);
void load_converted(void);
void volume(void);

void fill(uint64_t address)
{
	for (unsigned i = 0; i < PAGE_WORDS; i++)
		store(address + i * 8, PATTERN);
}

uint64_t content(uint64_t address)
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

void load_pending(void)
{
	load(PAGE + 0x128);
}

void load_accepted(void)
{
	say("accept", accept(PAGE, 0));
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
	pml4[2] = TABLE | private_bit | 7;
	load(WALKED);
}

void walk_of_fetch(void)
{
	pml4[2] = TABLE | private_bit | 7;
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

/* The firmware's own: what was at a place of no use, and what is there after it was written. */
void volume(void)
{
	uint64_t gpa = (uint64_t)rom_gdt;

	say("entry", load(gpa));
	store(gpa, PATTERN);
	say("written entry", load(gpa));
	store(gpa, 0);
}
