/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

#define COM1 0x3f8

void guest_put(const char *text)
{
	for (; *text; text++)
		guest_out(COM1, 1, (uint8_t)*text);
}

void guest_put_hex(const char *name, uint64_t value)
{
	static const char digits[] = "0123456789abcdef";
	char text[] = ": 0x................\n";

	for (unsigned i = 0; i < 16; i++)
		text[4 + i] = digits[value >> (60 - 4 * i) & 15];
	guest_put(name);
	guest_put(text);
}

/* ICH9's power management: its I/O base, that it is enabled, and the state S5 of PM1_CNT. */
void guest_power_off(void)
{
	guest_out(0xcf8, 4, 0x8000f840);
	guest_out(0xcfc, 4, 0x601);
	guest_out(0xcf8, 4, 0x8000f844);
	guest_out(0xcfc, 1, 0x80);
	guest_out(0x604, 2, 1 << 13);
	for (;;)
		__asm__ volatile("pause");
}

void guest_panic(const char *what, uint64_t value)
{
	guest_put("panic: ");
	guest_put_hex(what, value);
	guest_power_off();
}
