/* SPDX-License-Identifier: MIT */
#include "firmware.h"

void wait_for_debugger(void);
void load_after_debugger(void);

/* Known by name to the debugger, which sets the second one. */
volatile uint64_t waits, may_continue;

void wait_for_debugger(void)
{
	say("accept", accept(PAGE, 0));
	store(PAGE, PATTERN);
	waits = PATTERN;
	while (!may_continue)
		;
}

void load_after_debugger(void)
{
	wait_for_debugger();
	load(TABLE + 0x128);
}
