/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/guest/efi_image.h"
#include "qemu/host/memory_map.h"

/* RAM is [1 MiB, 2 MiB). */
#define RAM UINT64_C(0x100000)

static unsigned char memory[0x100000];

bool qemu_ram_read(uint64_t gpa, void *buffer, size_t size)
{
	if (gpa < RAM || gpa + size > RAM + sizeof(memory))
		return false;
	memcpy(buffer, memory + (gpa - RAM), size);
	return true;
}

/* As Microsoft's "PE Format" has it: the header's place at 0x3c; behind its signature and the COFF
 * header (20 bytes) the optional header, with SizeOfImage at 56 and Subsystem at 68. */
static void put_image(uint64_t gpa, uint32_t size, uint16_t subsystem)
{
	unsigned char *at = memory + (gpa - RAM);
	uint32_t header = 0x80;

	memcpy(at, "MZ", 2);
	memcpy(at + 0x3c, &header, 4);
	memcpy(at + header, "PE\0\0", 4);
	memcpy(at + header + 4 + 20 + 56, &size, 4);
	memcpy(at + header + 4 + 20 + 68, &subsystem, 2);
}

static void test_application(void **state)
{
	memset(memory, 0, sizeof(memory));
	put_image(RAM + 0x10000, 0x8000, 10);
	assert_true(guest_is_application(RAM + 0x10400));
	assert_true(guest_is_application(RAM + 0x17fff));
	/* Behind its end, and before it. */
	assert_false(guest_is_application(RAM + 0x18000));
	assert_false(guest_is_application(RAM + 0xfff0));
	/* ROM. */
	assert_false(guest_is_application(0xffff0000));
}

static void test_driver(void **state)
{
	memset(memory, 0, sizeof(memory));
	put_image(RAM + 0x10000, 0x80000, 10);
	put_image(RAM + 0x20000, 0x4000, 11);
	put_image(RAM + 0x30000, 0x4000, 12);
	assert_false(guest_is_application(RAM + 0x21234));
	assert_false(guest_is_application(RAM + 0x31234));
	/* Behind a driver's end it is still the application's. */
	assert_true(guest_is_application(RAM + 0x25000));
}

static void test_no_header(void **state)
{
	uint32_t far = 0x100000;

	memset(memory, 0, sizeof(memory));
	memcpy(memory + 0x10000, "MZ", 2);
	assert_false(guest_is_application(RAM + 0x10400));
	put_image(RAM + 0x10000, 0x8000, 10);
	memcpy(memory + 0x1003c, &far, 4);
	assert_false(guest_is_application(RAM + 0x10400));
}

/* As Linux 6.12 and 7.2 begin. */
static void test_decompressor(void **state)
{
	static const unsigned char start[] = { 0xfc, 0xfa, 0x8d, 0xa6, 0xe8, 1, 0, 0, 0xe8 };

	memset(memory, 0, sizeof(memory));
	assert_false(guest_is_decompressor(RAM + 0x14000));
	memcpy(memory + 0x10000, start, sizeof(start));
	assert_true(guest_is_decompressor(RAM + 0x10000));
	assert_true(guest_is_decompressor(RAM + 0x14321));
	assert_false(guest_is_decompressor(RAM + 0xffff));
	assert_false(guest_is_application(RAM + 0x14321));
	/* It begins at a page. */
	memset(memory, 0, sizeof(memory));
	memcpy(memory + 0x10010, start, sizeof(start));
	assert_false(guest_is_decompressor(RAM + 0x14000));
	assert_false(guest_is_decompressor(0xffff0000));
}

/* A gate: the handler's address in three parts, AMD APM volume 2, figure 4-24. */
static void put_gate(uint64_t idt, unsigned vector, uint64_t handler)
{
	unsigned char *gate = memory + (idt - RAM) + vector * 16;

	memset(gate, 0xff, 16);
	memcpy(gate, &handler, 2);
	memcpy(gate + 6, (unsigned char *)&handler + 2, 6);
}

static void test_exceptions(void **state)
{
	const uint64_t idt = RAM + 0x1000;

	memset(memory, 0, sizeof(memory));
	put_image(RAM + 0x10000, 0x8000, 10);
	put_image(RAM + 0x20000, 0x8000, 11);
	put_gate(idt, 14, RAM + 0x10400);
	assert_true(guest_takes_exceptions(idt));
	/* The firmware's handler; one in ROM; other vectors do not count. */
	put_gate(idt, 13, RAM + 0x10400);
	put_gate(idt, 15, RAM + 0x10400);
	put_gate(idt, 14, RAM + 0x20400);
	assert_false(guest_takes_exceptions(idt));
	put_gate(idt, 14, 0xffff0000);
	assert_false(guest_takes_exceptions(idt));
	put_gate(idt, 14, UINT64_C(0xffffffff81000000));
	assert_true(guest_takes_exceptions(idt));
	assert_true(guest_takes_exceptions(UINT64_C(0xfffffe0000000000)));
	/* In ROM, as before there is any memory. */
	assert_false(guest_takes_exceptions(0xffff0000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_application), cmocka_unit_test(test_driver),
		cmocka_unit_test(test_no_header),   cmocka_unit_test(test_decompressor),
		cmocka_unit_test(test_exceptions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
