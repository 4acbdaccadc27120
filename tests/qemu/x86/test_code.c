/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "emu/gpr.h"
#include "qemu/x86/code.h"

/* Instructions as the GNU assembler encodes them, and where each has its operand. */

#define RIP	UINT64_C(0xffffffff81000000)
#define FS_BASE UINT64_C(0x10000000000)
#define GS_BASE UINT64_C(0x20000000000)

/* Each register has a value of its own. */
#define REG(number) (((number) + UINT64_C(1)) * 0x1000010000)

static const struct {
	const char *text;
	uint8_t size, bytes[10];
	uint64_t address; /* 0: it has none */
} operands[] = {
	{ "mov (%rdi),%eax", 2, { 0x8b, 0x07 }, REG(EMU_RDI) },
	{ "mov 0x10(%r9),%eax", 4, { 0x41, 0x8b, 0x41, 0x10 }, REG(EMU_R9) + 0x10 },
	{ "mov %r8,-0x80(%rbp)", 4, { 0x4c, 0x89, 0x45, 0x80 }, REG(EMU_RBP) - 0x80 },
	{ "movzbl 0x1234(%r12),%ecx",
	  9,
	  { 0x41, 0x0f, 0xb6, 0x8c, 0x24, 0x34, 0x12, 0, 0 },
	  REG(EMU_R12) + 0x1234 },
	{ "mov %eax,0x4(%rsp)", 4, { 0x89, 0x44, 0x24, 0x04 }, REG(EMU_RSP) + 4 },
	{ "movb $0x7,(%rax,%r13,8)",
	  5,
	  { 0x42, 0xc6, 0x04, 0xe8, 0x07 },
	  REG(EMU_RAX) + 8 * REG(EMU_R13) },
	{ "mov %eax,0xffffffffff5fc0b0",
	  7,
	  { 0x89, 0x04, 0x25, 0xb0, 0xc0, 0x5f, 0xff },
	  UINT64_C(0xffffffffff5fc0b0) },
	{ "mov %eax,0x12345678(,%rcx,4)",
	  7,
	  { 0x89, 0x04, 0x8d, 0x78, 0x56, 0x34, 0x12 },
	  0x12345678 + 4 * REG(EMU_RCX) },
	{ "mov 0x0(%r13),%eax", 4, { 0x41, 0x8b, 0x45, 0x00 }, REG(EMU_R13) },
	{ "mov 0x0(%rbp,%rax,1),%eax", 4, { 0x8b, 0x44, 0x05, 0x00 }, REG(EMU_RBP) + REG(EMU_RAX) },
	{ "lock orl $0x1,0x20(%rdx)", 5, { 0xf0, 0x83, 0x4a, 0x20, 0x01 }, REG(EMU_RDX) + 0x20 },
	{ "mov %gs:0x28(%rbx),%eax", 4, { 0x65, 0x8b, 0x43, 0x28 }, GS_BASE + REG(EMU_RBX) + 0x28 },
	{ "mov %fs:(%ecx),%eax", 4, { 0x64, 0x67, 0x8b, 0x01 }, FS_BASE + (uint32_t)REG(EMU_RCX) },
	{ "mov %eax,(%edx)", 3, { 0x67, 0x89, 0x02 }, (uint32_t)REG(EMU_RDX) },
	/* Relative to the end of the instruction. */
	{ "mov 0x100(%rip),%eax", 6, { 0x8b, 0x05, 0x00, 0x01, 0, 0 }, RIP + 6 + 0x100 },
	{ "movw $0x1,0x100(%rip)",
	  9,
	  { 0x66, 0xc7, 0x05, 0x00, 0x01, 0, 0, 1, 0 },
	  RIP + 9 + 0x100 },
	{ "movl $0x1,0x100(%rip)",
	  10,
	  { 0xc7, 0x05, 0x00, 0x01, 0, 0, 1, 0, 0, 0 },
	  RIP + 10 + 0x100 },
	{ "testb $0x1,0x100(%rip)", 7, { 0xf6, 0x05, 0x00, 0x01, 0, 0, 1 }, RIP + 7 + 0x100 },
	{ "movabs %eax,0x1122334455667788",
	  9,
	  { 0xa3, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11 },
	  UINT64_C(0x1122334455667788) },
	{ "movups (%rsi),%xmm0", 3, { 0x0f, 0x10, 0x06 }, REG(EMU_RSI) },
	{ "pshufb (%r10),%xmm1", 6, { 0x66, 0x41, 0x0f, 0x38, 0x00, 0x0a }, REG(EMU_R10) },
	{ "vmovdqu (%r11),%ymm0", 5, { 0xc4, 0xc1, 0x7e, 0x6f, 0x03 }, REG(EMU_R11) },
	{ "vmovdqu (%rdi,%rcx,2),%ymm0",
	  5,
	  { 0xc5, 0xfe, 0x6f, 0x04, 0x4f },
	  REG(EMU_RDI) + 2 * REG(EMU_RCX) },
	{ "vmovdqu64 (%r15),%zmm0", 6, { 0x62, 0xd1, 0xfe, 0x48, 0x6f, 0x07 }, REG(EMU_R15) },
	/* REX that is not the last prefix counts for nothing. */
	{ "rex.B data16 mov (%rdi),%ax", 4, { 0x41, 0x66, 0x8b, 0x07 }, REG(EMU_RDI) },
	{ "crc32b (%rdx),%eax", 5, { 0xf2, 0x0f, 0x38, 0xf0, 0x02 }, REG(EMU_RDX) },
	/* Of strings: source and destination. */
	{ "movsb", 1, { 0xa4 }, REG(EMU_RSI) },
	{ "movsb", 1, { 0xa4 }, REG(EMU_RDI) },
	{ "rep stos %eax,(%rdi)", 2, { 0xf3, 0xab }, REG(EMU_RDI) },
	{ "lods %fs:(%rsi),%eax", 2, { 0x64, 0xad }, FS_BASE + REG(EMU_RSI) },
	{ "mov %eax,%ebx", 2, { 0x89, 0xc3 }, 0 },
	{ "hlt", 1, { 0xf4 }, 0 },
};

static unsigned decode(const uint8_t *bytes, size_t size, uint64_t found[X86_MAX_OPERANDS])
{
	uint64_t gpr[EMU_GPRS];
	const struct x86_address_parts parts = { gpr, RIP, FS_BASE, GS_BASE };

	for (unsigned i = 0; i < EMU_GPRS; i++)
		gpr[i] = REG(i);
	return x86_decode_operand(bytes, size, &parts, found);
}

static void test_operands(void **state)
{
	for (size_t i = 0; i < sizeof(operands) / sizeof(operands[0]); i++) {
		uint64_t found[X86_MAX_OPERANDS] = { 0 };
		unsigned count = decode(operands[i].bytes, operands[i].size, found), matches = 0;

		for (unsigned j = 0; j < count; j++)
			matches += found[j] == operands[i].address;
		if (operands[i].address ? matches != 1 : count)
			fail_msg("%s: %u of %u match, the first is 0x%llx", operands[i].text,
				 matches, count, (unsigned long long)found[0]);
	}
}

/* The end of a page behind which nothing can be read. */
static uint8_t *end_of_page(void)
{
	uint8_t *pages =
		mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(pages != MAP_FAILED);
	assert_int_equal(mprotect(pages + 4096, 4096, PROT_NONE), 0);
	return pages + 4096;
}

/* Code that ends anywhere: nothing behind its end is read, and what is left of an instruction has
 * no address that the whole one does not have. */
static void test_cut_off(void **state)
{
	uint8_t *end = end_of_page();

	for (size_t i = 0; i < sizeof(operands) / sizeof(operands[0]); i++) {
		uint64_t whole[X86_MAX_OPERANDS], found[X86_MAX_OPERANDS];
		unsigned all = decode(operands[i].bytes, operands[i].size, whole);

		for (size_t size = 0; size < operands[i].size; size++) {
			uint8_t *bytes = end - size;
			unsigned count;

			memcpy(bytes, operands[i].bytes, size);
			count = decode(bytes, size, found);
			for (unsigned j = 0; j < count; j++) {
				unsigned k = 0;

				while (k < all && whole[k] != found[j])
					k++;
				if (k == all)
					fail_msg("%zu bytes of %s: 0x%llx", size, operands[i].text,
						 (unsigned long long)found[j]);
			}
			/* Opcode and ModRM are the least that an operand takes. */
			assert_true(size > 1 || !count);
			if (size)
				x86_decode_port(bytes, size);
		}
	}
	munmap(end - 4096, 8192);
}

enum { DS = 3, FS };

static const struct {
	const char *text;
	unsigned bits;
	uint8_t size, bytes[4];
	struct x86_port port;
	unsigned datum, address; /* bytes */
} ports[] = {
	{ "in $0x71,%al",
	  64,
	  2,
	  { 0xe4, 0x71 },
	  { .in = true, .number = 0x71, .segment = DS, .length = 2 },
	  1,
	  8 },
	{ "out %eax,(%dx)", 64, 1, { 0xef }, { .in_dx = true, .segment = DS, .length = 1 }, 4, 8 },
	{ "out %ax,(%dx)",
	  64,
	  2,
	  { 0x66, 0xef },
	  { .in_dx = true, .segment = DS, .length = 2 },
	  2,
	  8 },
	{ "rep insb",
	  64,
	  2,
	  { 0xf3, 0x6c },
	  { .in = true,
	    .string = true,
	    .repeats = true,
	    .in_dx = true,
	    .segment = DS,
	    .length = 2 },
	  1,
	  8 },
	{ "rep outsw %fs:(%rsi)",
	  64,
	  4,
	  { 0x64, 0x66, 0xf3, 0x6f },
	  { .string = true, .repeats = true, .in_dx = true, .segment = FS, .length = 4 },
	  2,
	  8 },
	{ "outsb (%esi)",
	  64,
	  2,
	  { 0x67, 0x6e },
	  { .string = true, .in_dx = true, .segment = DS, .length = 2 },
	  1,
	  4 },
	{ "rep in (%dx),%eax",
	  64,
	  2,
	  { 0xf3, 0xed },
	  { .in = true, .in_dx = true, .segment = DS, .length = 2 },
	  4,
	  8 },
	{ "rex.W in (%dx),%eax",
	  64,
	  2,
	  { 0x48, 0xed },
	  { .in = true, .in_dx = true, .segment = DS, .length = 2 },
	  4,
	  8 },
	{ "insl",
	  32,
	  1,
	  { 0x6d },
	  { .in = true, .string = true, .in_dx = true, .segment = DS, .length = 1 },
	  4,
	  4 },
	{ "insl (%di)",
	  32,
	  2,
	  { 0x67, 0x6d },
	  { .in = true, .string = true, .in_dx = true, .segment = DS, .length = 2 },
	  4,
	  2 },
	{ "in (%dx),%ax",
	  16,
	  1,
	  { 0xed },
	  { .in = true, .in_dx = true, .segment = DS, .length = 1 },
	  2,
	  2 },
	{ "in (%dx),%eax",
	  16,
	  2,
	  { 0x66, 0xed },
	  { .in = true, .in_dx = true, .segment = DS, .length = 2 },
	  4,
	  2 },
	{ "insl (%edi)",
	  16,
	  3,
	  { 0x67, 0x66, 0x6d },
	  { .in = true, .string = true, .in_dx = true, .segment = DS, .length = 3 },
	  4,
	  4 },
};

static void test_ports(void **state)
{
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		const struct x86_port *want = &ports[i].port;
		struct x86_port found = x86_decode_port(ports[i].bytes, ports[i].size);

		if (!x86_is_port_access(ports[i].bytes, ports[i].size) || found.in != want->in ||
		    found.string != want->string || found.repeats != want->repeats ||
		    found.in_dx != want->in_dx || found.number != want->number ||
		    found.segment != want->segment || found.length != want->length ||
		    x86_port_size(&found, ports[i].bits) != ports[i].datum ||
		    x86_port_address_size(&found, ports[i].bits) != ports[i].address)
			fail_msg("%s", ports[i].text);
	}
}

static void test_no_ports(void **state)
{
	/* MOV, HLT, INC in 32-bit code, JMP, MOVS, PUSH, LOCK IN, which is a #UD. */
	static const uint8_t others[][2] = { { 0x8b, 0xec }, { 0xf4, 0xe4 }, { 0x40, 0x90 },
					     { 0xe8, 0xec }, { 0xa4, 0x6c }, { 0x6a, 0xec },
					     { 0xf0, 0xec } };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(x86_is_port_access(others[i], 2));
	assert_false(x86_is_port_access(others[0], 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operands),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_no_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
