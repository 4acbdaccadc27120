/* SPDX-License-Identifier: MIT */
#include "firmware.h"

/* Ways to end, besides power_off() and reset(), and one not to. */

void spin(void);
void triple_fault(void);

void spin(void)
{
	say("spins", 0);
	for (;;)
		;
}

/* Without any gate, by what a kernel does that does not know the platform: CPUID, of a leaf that
 * a TD's module does not answer. */
void triple_fault(void)
{
	static const struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} nothing;
	uint32_t a = 2, b, c = 0, d;

	__asm__ volatile("lidt %0" : : "m"(nothing));
	__asm__ volatile(".globl triple_fault_here\ntriple_fault_here:\n\tcpuid"
			 : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	for (;;)
		;
}
