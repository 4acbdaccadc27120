/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "qemu/report/x86/backtrace.h"
#include "qemu/report/symbols.h"

/* A made-up kernel: a function every 64 bytes from 0xffffffff81000000 on, 4 MiB above where its
 * symbols say, with a stack of 16 KiB elsewhere. */
#define LINKED UINT64_C(0xffffffff81000000)
#define SLIDE  UINT64_C(0x400000)
#define CODE   (LINKED + SLIDE)
#define STACK  UINT64_C(0xffffc90000010000)
#define COUNT  64

static unsigned char code[COUNT * 64], stack[0x4000];

static bool read_memory(void *ctx, uint64_t address, void *buffer, size_t size)
{
	if (address >= CODE && address + size <= CODE + sizeof(code))
		memcpy(buffer, code + (address - CODE), size);
	else if (address >= STACK && address + size <= STACK + sizeof(stack))
		memcpy(buffer, stack + (address - STACK), size);
	else
		return false;
	return true;
}

static const struct backtrace_memory memory = { .read = read_memory };

static uint64_t function(unsigned i)
{
	return CODE + i * 64;
}

/* A CALL at an offset of one function to another; returns where it comes back to. */
static uint64_t call(unsigned from, unsigned offset, unsigned to)
{
	int32_t distance = (int32_t)(function(to) - (function(from) + offset + 5));

	code[from * 64 + offset] = 0xe8;
	memcpy(code + from * 64 + offset + 1, &distance, 4);
	return function(from) + offset + 5;
}

static void push(unsigned slot, uint64_t value)
{
	memcpy(stack + 0x3000 + slot * 8, &value, 8);
}

static void write_symbols(const char *path, const char *more)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (unsigned i = 0; i < COUNT; i++)
		fprintf(file, "%llx t f%u\n", (unsigned long long)(LINKED + i * 64), i);
	fprintf(file, "%s", more);
	fclose(file);
}

static struct symbols symbols;
static char path[] = "test_backtrace.symbols";

static int set_up(void **state)
{
	memset(code, 0x90, sizeof(code));
	memset(stack, 0, sizeof(stack));
	write_symbols(path, "ffffffff81000040 D data\nffffffffc0000000 t of_a_module\t[virtio]\n"
			    "                 U needed\n\n");
	assert_null(symbols_read(&symbols, path));
	unlink(path);
	return 0;
}

static int tear_down(void **state)
{
	symbols_free(&symbols);
	return 0;
}

/* f9 <- f7 <- f5 <- f3 <- f1, with words left from earlier calls in between. */
static size_t fill(struct return_address *list)
{
	push(0, 0x1234);
	push(1, call(20, 10, 21));
	push(2, call(7, 8, 9));
	push(3, function(30)); /* not behind a CALL */
	push(4, call(5, 16, 7));
	push(6, call(22, 10, 23));
	push(7, call(3, 20, 5));
	push(9, call(1, 30, 3));
	return backtrace_scan(&memory, function(9) + 4, STACK + 0x3000, list, 16);
}

static void test_chain(void **state)
{
	static const char *const want[] = { "f9", "f7", "f5", "f3", "f1" };
	struct return_address list[16];
	size_t count = fill(list), length;
	uint64_t slide;
	long chain[8];

	assert_int_equal(count, 6);
	assert_true(backtrace_slide(&symbols, list, count, &slide));
	assert_int_equal(slide, SLIDE);
	length = backtrace_chain(&symbols, slide, function(9) + 4, list, count, chain, 8);
	assert_int_equal(length, 5);
	for (size_t i = 0; i < length; i++)
		assert_string_equal(symbols_name(&symbols, chain[i]), want[i]);
}

/* "call *%rax", "call *8(%rbx)" and "call *disp32(%rip)". */
static void test_indirect(void **state)
{
	struct return_address list[16];
	size_t count;

	memcpy(code + 2 * 64, "\xff\xd0", 2);
	memcpy(code + 3 * 64, "\xff\x53\x08", 3);
	memcpy(code + 4 * 64, "\xff\x15\x00\x10\x00\x00", 6);
	memcpy(code + 5 * 64, "\xff\xe0", 2); /* jmp *%rax */
	push(0, function(2) + 2);
	push(1, function(3) + 3);
	push(2, function(4) + 6);
	push(3, function(5) + 2);
	push(4, function(2) + 3); /* one byte behind it */
	count = backtrace_scan(&memory, function(9), STACK + 0x3000, list, 16);
	assert_int_equal(count, 3);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(list[i].target, 0);
}

static void test_slide_unknown(void **state)
{
	struct return_address list[16];
	uint64_t slide;

	/* Three CALLs are too few. */
	push(0, call(7, 8, 9));
	push(1, call(5, 16, 7));
	push(2, call(3, 20, 5));
	assert_int_equal(backtrace_scan(&memory, function(9), STACK + 0x3000, list, 16), 3);
	assert_false(backtrace_slide(&symbols, list, 3, &slide));
}

/* Functions are 64 bytes apart here; the symbols of this kernel repeat with the period of the
 * slide, so two slides explain the same CALLs: a guess would blame the wrong functions. */
static void test_slide_unique(void **state)
{
	struct return_address list[16];
	struct symbols twice;
	size_t count = fill(list);
	uint64_t slide;
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (unsigned copy = 0; copy < 2; copy++)
		for (unsigned i = 0; i < COUNT; i++)
			fprintf(file, "%llx t f%u_%u\n",
				(unsigned long long)(LINKED + copy * 0x200000 + i * 64), i, copy);
	fclose(file);
	assert_null(symbols_read(&twice, path));
	unlink(path);
	assert_false(backtrace_slide(&twice, list, count, &slide));
	symbols_free(&twice);
	/* With one of the two it is known. */
	assert_true(backtrace_slide(&symbols, list, count, &slide));
	assert_int_equal(slide, SLIDE);
}

static void test_stack_end(void **state)
{
	struct return_address list[4];
	uint64_t back = call(7, 8, 9);

	memcpy(stack + 0x3ff8, &back, 8);
	assert_int_equal(backtrace_scan(&memory, function(9), STACK + 0x3ff0, list, 4), 1);
	/* Of a page that is not mapped nothing is taken. */
	assert_int_equal(backtrace_scan(&memory, function(9), STACK + 0x8000, list, 4), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_slide_unique, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_chain, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_indirect, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_slide_unknown, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stack_end, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
