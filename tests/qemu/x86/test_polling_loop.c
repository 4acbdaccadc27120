/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "qemu/x86/polling_loop.h"

/* Blocks of instructions as the GNU assembler encodes them; a size of 0 ends the block. */
struct block {
	const char *text;
	struct {
		uint8_t size, bytes[10];
	} code[4];
	bool waits;
};

static const struct block blocks[] = {
	{ "OVMF's mailbox: 1: cmpl $0,(%rbx); je 1b",
	  { { 3, { 0x83, 0x3b, 0x00 } }, { 2, { 0x74, 0xfb } } },
	  true },
	{ "1: mov (%rdi),%eax; test %eax,%eax; je 1b",
	  { { 2, { 0x8b, 0x07 } }, { 2, { 0x85, 0xc0 } }, { 2, { 0x74, 0xfa } } },
	  true },
	{ "1: cmpq $1,0x1000(%r8); jne 1b, a long jump",
	  { { 8, { 0x49, 0x83, 0xb8, 0x00, 0x10, 0x00, 0x00, 0x01 } },
	    { 6, { 0x0f, 0x85, 0xf2, 0xff, 0xff, 0xff } } },
	  true },
	{ "1: testb $1,(%rdi); jmp 1b",
	  { { 3, { 0xf6, 0x07, 0x01 } }, { 2, { 0xeb, 0xfb } } },
	  true },
	{ "it counts: 1: dec %ecx; jne 1b",
	  { { 2, { 0xff, 0xc9 } }, { 2, { 0x75, 0xfc } } },
	  false },
	{ "it loads nothing: 1: cmp %eax,%ebx; je 1b",
	  { { 2, { 0x39, 0xc3 } }, { 2, { 0x74, 0xfc } } },
	  false },
	{ "it stores: 1: mov %eax,(%rdi); cmpl $0,(%rbx); je 1b",
	  { { 2, { 0x89, 0x07 } }, { 3, { 0x83, 0x3b, 0x00 } }, { 2, { 0x74, 0xf9 } } },
	  false },
	{ "it adds: 1: addl $0,(%rbx); je 1b",
	  { { 3, { 0x83, 0x03, 0x00 } }, { 2, { 0x74, 0xfb } } },
	  false },
	{ "it inverts: 1: notl (%rbx); je 1b",
	  { { 2, { 0xf7, 0x13 } }, { 2, { 0x74, 0xfc } } },
	  false },
	{ "a string: 1: repe cmpsb; je 1b",
	  { { 2, { 0xf3, 0xa6 } }, { 2, { 0x74, 0xfc } } },
	  false },
	{ "it goes elsewhere: cmpl $0,(%rbx); je .-9",
	  { { 3, { 0x83, 0x3b, 0x00 } }, { 2, { 0x74, 0xf7 } } },
	  false },
	{ "it goes on: cmpl $0,(%rbx)", { { 3, { 0x83, 0x3b, 0x00 } } }, false },
};

#define START UINT64_C(0xfffd4478)

static bool completes(const struct block *block, uint64_t start, struct x86_polling_blocks *seen)
{
	struct x86_polling_block made = { .start = start };

	for (unsigned i = 0; i < 4 && block->code[i].size; i++)
		x86_polling_add(&made, block->code[i].bytes, block->code[i].size);
	return x86_polling_completes(&made, seen);
}

static void test_blocks(void **state)
{
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		struct x86_polling_blocks seen = { 0 };

		if (completes(&blocks[i], START, &seen) != blocks[i].waits)
			fail_msg("%s", blocks[i].text);
	}
}

/* OVMF: 1: cmpq $1,0x80ca00; je 2f; pause; jmp 1b. */
static const struct block head = {
	.code = { { 9, { 0x48, 0x83, 0x3c, 0x25, 0x00, 0xca, 0x80, 0x00, 0x01 } },
		  { 2, { 0x74, 0x04 } } },
};
static const struct block pause_block = { .code = { { 2, { 0xf3, 0x90 } } } };
static const struct block back = { .code = { { 2, { 0xeb, 0xf1 } } } };
static const struct block store = { .code = { { 2, { 0x89, 0x07 } } } };

static void test_parts(void **state)
{
	struct x86_polling_blocks seen = { 0 };

	assert_false(completes(&head, START, &seen));
	assert_false(completes(&pause_block, START + 11, &seen));
	/* Other code is translated in between, and then the last part. */
	for (unsigned i = 0; i < 20; i++)
		assert_false(completes(&head, START + 0x1000 + 32 * i, &seen));
	assert_true(completes(&back, START + 13, &seen));
}

/* The same branch, but not all that is between it and its target only reads; or it is unknown. */
static void test_parts_with_more(void **state)
{
	struct x86_polling_blocks seen = { 0 };

	assert_false(completes(&back, START + 13, &seen));
	assert_false(completes(&head, START, &seen));
	assert_false(completes(&store, START + 11, &seen));
	assert_false(completes(&back, START + 13, &seen));
}

/* A loop that is entered in its middle: its last part comes first. */
static void test_last_part_first(void **state)
{
	struct x86_polling_blocks seen = { 0 };

	assert_false(completes(&back, START + 13, &seen));
	assert_false(completes(&pause_block, START + 11, &seen));
	assert_true(completes(&head, START, &seen));
	assert_true(completes(&back, START + 13, &seen));
}

/* Linux: 1: pause; cmpl $0,(%rbx); jne 1b. */
static void test_pause_first(void **state)
{
	static const struct block test = {
		.code = { { 3, { 0x83, 0x3b, 0x00 } }, { 2, { 0x75, 0xf9 } } },
	};
	struct x86_polling_blocks seen = { 0 };

	assert_false(completes(&pause_block, START, &seen));
	assert_true(completes(&test, START + 2, &seen));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks),		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_parts_with_more), cmocka_unit_test(test_pause_first),
		cmocka_unit_test(test_last_part_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
