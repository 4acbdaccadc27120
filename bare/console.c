/* SPDX-License-Identifier: MIT */
#include "bare/bare.h"

#define COM1 0x3f8

void bare_put(const char *text)
{
	for (; *text; text++)
		bare_out(COM1, 1, (uint8_t)*text);
}

void bare_put_hex(const char *name, uint64_t value)
{
	static const char digits[] = "0123456789abcdef";
	char text[] = ": 0x................\n";

	for (unsigned i = 0; i < 16; i++)
		text[4 + i] = digits[value >> (60 - 4 * i) & 15];
	bare_put(name);
	bare_put(text);
}

/* ICH9's power management: its I/O base, that it is enabled, and the state S5 of PM1_CNT. */
void bare_power_off(void)
{
	bare_out(0xcf8, 4, 0x8000f840);
	bare_out(0xcfc, 4, 0x601);
	bare_out(0xcf8, 4, 0x8000f844);
	bare_out(0xcfc, 1, 0x80);
	bare_out(0x604, 2, 1 << 13);
	for (;;)
		__asm__ volatile("pause");
}

void bare_panic(const char *what, uint64_t value)
{
	bare_put("panic: ");
	bare_put_hex(what, value);
	bare_power_off();
}
