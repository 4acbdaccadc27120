/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "platform/metal/instruction.h"

/* The assembler encodes the instructions, so that it says where each ends. None is executed. */
#define CODE(name, text)                                                                           \
	__asm__(".pushsection .rodata\n" #name ":\n" text "\n" #name "_end:\n.popsection\n");      \
	extern const uint8_t name[], name##_end[]

static struct cvm_exception_frame frame;

static void begin(void)
{
	memset(&frame, 0, sizeof(frame));
	for (unsigned i = 0; i < 16; i++)
		frame.gpr[i] = UINT64_C(0x1122334455660000) + 0x100 * i;
	frame.gpr[4] = 0; /* not RSP */
	frame.rsp = UINT64_C(0x7fff0000);
}

static struct instruction decode(const uint8_t *code, const uint8_t *end)
{
	struct instruction out;

	frame.rip = (uintptr_t)code;
	assert_int_equal(cvm_instruction_decode(&frame, &out), 0);
	assert_int_equal(out.length, end - code);
	return out;
}

#define DECODE(name) decode(name, name##_end)

static void check_address(const uint8_t *code, const uint8_t *end, uint64_t address, unsigned bytes)
{
	struct instruction out = decode(code, end);

	assert_int_equal(out.count, 1);
	assert_int_equal(out.address[0], address);
	assert_int_equal(out.bytes, bytes);
}

CODE(base, "movq %rax, (%rbx)");
CODE(displacement8, "movl %ecx, -8(%rdx)");
CODE(displacement32, "movw %cx, 0x12345(%r9)");
CODE(scaled, "movb %cl, 4(%rbx, %rsi, 8)");
CODE(stack, "addq $1, 16(%rsp)");
CODE(no_index, "movq (%r12), %rax");
CODE(index_r12, "movq (%rax, %r12, 2), %rax");
CODE(no_base, "movl 0x1000(, %rdi, 4), %eax");
CODE(base_rbp, "movl (%rbp), %eax");
CODE(base_r13, "movl (%r13, %rcx), %eax");
CODE(absolute, "movl 0x7000, %eax");

static void test_addresses(void **state)
{
	begin();
	check_address(base, base_end, frame.gpr[3], 8);
	check_address(displacement8, displacement8_end, frame.gpr[2] - 8, 4);
	check_address(displacement32, displacement32_end, frame.gpr[9] + 0x12345, 2);
	check_address(scaled, scaled_end, frame.gpr[3] + frame.gpr[6] * 8 + 4, 1);
	check_address(stack, stack_end, frame.rsp + 16, 8);
	check_address(no_index, no_index_end, frame.gpr[12], 8);
	check_address(index_r12, index_r12_end, frame.gpr[0] + frame.gpr[12] * 2, 8);
	check_address(no_base, no_base_end, frame.gpr[7] * 4 + 0x1000, 4);
	check_address(base_rbp, base_rbp_end, frame.gpr[5], 4);
	check_address(base_r13, base_r13_end, frame.gpr[13] + frame.gpr[1], 4);
	check_address(absolute, absolute_end, 0x7000, 4);
}

CODE(relative, "movl $0x11223344, 0x100(%rip)");
CODE(relative_byte, "cmpb $5, -0x100(%rip)");
CODE(moffs, "movabsq 0x1122334455667788, %rax");

/* Relative to the end of the instruction, its immediate operand included. */
static void test_relative(void **state)
{
	begin();
	check_address(relative, relative_end, (uintptr_t)relative_end + 0x100, 4);
	check_address(relative_byte, relative_byte_end, (uintptr_t)relative_byte_end - 0x100, 1);
	check_address(moffs, moffs_end, UINT64_C(0x1122334455667788), 8);
}

CODE(movs, "rep movsq");
CODE(stos, "rep stosb");
CODE(lods, "lodsl");
CODE(cmps, "cmpsb");
CODE(scas, "scasq");

static void test_strings(void **state)
{
	struct instruction out;

	begin();
	out = DECODE(movs);
	assert_int_equal(out.count, 2);
	assert_int_equal(out.address[0], frame.gpr[6]);
	assert_int_equal(out.address[1], frame.gpr[7]);
	assert_true(out.repeated);
	assert_int_equal(DECODE(cmps).count, 2);
	check_address(stos, stos_end, frame.gpr[7], 1);
	check_address(lods, lods_end, frame.gpr[6], 4);
	check_address(scas, scas_end, frame.gpr[7], 8);
}

CODE(registers, "movq %rax, %rbx");
CODE(call, "call .+0x1000");
CODE(move64, "movabsq $0x1122334455667788, %rcx");
CODE(test_register, "testq $0x1234, %rdi");
CODE(test_memory, "testw $0x1234, (%rdi)");
CODE(neg_memory, "negw (%rdi)");
CODE(locked, "lock cmpxchg16b (%rdi)");
CODE(crc, "crc32q (%rsi), %rax");
CODE(shld, "shldq $3, %rax, 8(%rsi)");
CODE(bt, "btsl $7, (%rsi)");
CODE(jump, "jne .+0x1000");
CODE(nop, "nopw 0x0(%rax, %rax, 1)");
CODE(cpuid, "cpuid");
CODE(imul, "imulq $0x1000, (%rsi), %rax");
CODE(push, "pushq $0x1234");
CODE(in, "inl %dx, %eax");
CODE(out, "outw %ax, $0x80");

/* The ends of all formats, and whether an operand is in memory. */
static void test_lengths(void **state)
{
	begin();
	assert_int_equal(DECODE(registers).count, 0);
	assert_int_equal(DECODE(call).count, 0);
	assert_int_equal(DECODE(move64).immediate, UINT64_C(0x1122334455667788));
	assert_int_equal(DECODE(test_register).count, 0);
	check_address(test_memory, test_memory_end, frame.gpr[7], 2);
	check_address(neg_memory, neg_memory_end, frame.gpr[7], 2);
	assert_int_equal(DECODE(locked).address[0], frame.gpr[7]);
	assert_int_equal(DECODE(crc).address[0], frame.gpr[6]);
	check_address(shld, shld_end, frame.gpr[6] + 8, 8);
	assert_int_equal(DECODE(bt).address[0], frame.gpr[6]);
	assert_int_equal(DECODE(jump).count, 0);
	assert_int_equal(DECODE(nop).opcode, 0x11f);
	assert_int_equal(DECODE(cpuid).opcode, 0x1a2);
	check_address(imul, imul_end, frame.gpr[6], 8);
	assert_int_equal(DECODE(push).count, 0);
	assert_int_equal(DECODE(in).bytes, 4);
	assert_int_equal(DECODE(out).bytes, 2);
	assert_int_equal(DECODE(out).immediate & 0xff, 0x80);
}

CODE(gs, "movq %gs:(%rax), %rbx");
CODE(short_address, "movl (%eax), %ebx");
CODE(avx, "vmovdqu (%rax), %ymm0");
CODE(endless, ".fill 20, 1, 0x66");

static void test_refused(void **state)
{
	const uint8_t *const codes[] = { gs, short_address, avx, endless };
	struct instruction out;

	begin();
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		frame.rip = (uintptr_t)codes[i];
		assert_int_equal(cvm_instruction_decode(&frame, &out), CVM_EINVAL);
	}
}

CODE(store_high, "movb %ah, (%rsi)");
CODE(store_dil, "movb %dil, (%rsi)");
CODE(store_number, "movq $-2, (%rsi)");
CODE(store_word, "movw %r15w, (%rsi)");

static void check_stored(struct instruction out, uint64_t value)
{
	assert_true(cvm_instruction_is_store(&out));
	assert_false(cvm_instruction_is_load(&out));
	assert_int_equal(cvm_instruction_stored(&out, &frame), value);
}

static void test_stores(void **state)
{
	struct instruction out;

	begin();
	frame.gpr[0] = 0xabcd;
	frame.gpr[7] = 0x1234;
	frame.gpr[15] = 0x87654321;
	check_stored(DECODE(store_high), 0xab);
	check_stored(DECODE(store_dil), 0x34);
	check_stored(DECODE(store_number), UINT64_MAX - 1);
	check_stored(DECODE(store_word), 0x4321);
	check_stored(DECODE(base), 0xabcd);
	out = DECODE(stack);
	assert_false(cvm_instruction_is_store(&out) || cvm_instruction_is_load(&out));
}

CODE(load_byte, "movb (%rsi), %bh");
CODE(load_word, "movw (%rsi), %bx");
CODE(load_long, "movl (%rsi), %ebx");
CODE(load_zero, "movzbl (%rsi), %ebx");
CODE(load_sign, "movswq (%rsi), %rbx");
CODE(load_sign16, "movsbw (%rsi), %bx");
CODE(load_movsxd, "movslq (%rsi), %r8");

static uint64_t loaded(struct instruction out, uint64_t value, unsigned reg)
{
	begin();
	frame.gpr[reg] = UINT64_C(0x1111111122222222);
	assert_true(cvm_instruction_is_load(&out));
	assert_false(cvm_instruction_is_store(&out));
	cvm_instruction_load(&out, value, &frame);
	return frame.gpr[reg];
}

static void test_loads(void **state)
{
	begin();
	assert_int_equal(loaded(DECODE(load_byte), 0xee, 3), UINT64_C(0x111111112222ee22));
	assert_int_equal(loaded(DECODE(load_word), 0xeeff, 3), UINT64_C(0x111111112222eeff));
	assert_int_equal(loaded(DECODE(load_long), 0x87654321, 3), 0x87654321);
	assert_int_equal(loaded(DECODE(load_zero), 0xfe, 3), 0xfe);
	assert_int_equal(loaded(DECODE(load_sign), 0x8000, 3), UINT64_C(0xffffffffffff8000));
	assert_int_equal(loaded(DECODE(load_sign16), 0x80, 3), UINT64_C(0x111111112222ff80));
	assert_int_equal(loaded(DECODE(load_movsxd), 0x80000000, 8), UINT64_C(0xffffffff80000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses), cmocka_unit_test(test_relative),
		cmocka_unit_test(test_strings),	  cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_refused),	  cmocka_unit_test(test_stores),
		cmocka_unit_test(test_loads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
