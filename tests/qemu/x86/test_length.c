/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "qemu/x86/length.h"

/*
 * Against the assembler, which writes the length of each instruction before it. A 0 ends a list.
 */
__asm__(".pushsection .rodata\n"
	".macro insn text:vararg\n"
	"	.byte 9f - 8f\n"
	"8:	\\text\n"
	"9:\n"
	".endm\n"
	"known:\n"
	"insn add %rax, %rbx\n"
	"insn add $1, %al\n"
	"insn add $0x12345678, %rax\n"
	"insn add $0x1234, %ax\n"
	"insn cmpb $1, (%rax)\n"
	"insn cmpl $0x12345678, 8(%rax,%rbx,4)\n"
	"insn cmpw $0x1234, 0x1000(%rsp)\n"
	"insn cmpq $-1, %gs:0x10(%rip)\n"
	"insn mov 0x10, %eax\n"
	"insn mov (,%rax,8), %r8\n"
	"insn mov (%r13), %r9\n"
	"insn mov (%r12), %r9\n"
	"insn movabs $0x1122334455667788, %r10\n"
	"insn mov $0x12345678, %r10d\n"
	"insn mov $0x1234, %cx\n"
	"insn mov $5, %cl\n"
	"insn movq $7, 16(%rbp)\n"
	"insn movb $7, (%rdi)\n"
	"insn testb $1, 4(%rsi)\n"
	"insn testl $1, 4(%rsi)\n"
	"insn testw $1, 4(%rsi)\n"
	"insn notl 4(%rsi)\n"
	"insn divq (%rcx)\n"
	"insn notb (%rcx)\n"
	"insn imul $3, %rax, %rbx\n"
	"insn imul $300, (%rax), %ebx\n"
	"insn imul %rcx, %rdx\n"
	"insn push %r15\n"
	"insn push $1\n"
	"insn push $0x12345\n"
	"insn pop (%rax)\n"
	"insn shl $3, %rax\n"
	"insn shlq %cl, (%rax)\n"
	"insn ret\n"
	"insn ret $8\n"
	"insn leave\n"
	"insn int3\n"
	"insn int $0x80\n"
	"insn rep movsb\n"
	"insn lock cmpxchg %rcx, (%rdx)\n"
	"insn xchg %ax, %ax\n"
	"insn pause\n"
	"insn jmp .\n"
	"insn jmp . + 0x10000\n"
	"insn jne .\n"
	"insn jne . + 0x10000\n"
	"insn call . + 0x10000\n"
	"insn call *0x20(%rax)\n"
	"insn jmp *%rax\n"
	"insn loop .\n"
	"insn sete %al\n"
	"insn cmovb (%rax), %ebx\n"
	"insn movzbl (%rax), %ebx\n"
	"insn movslq %eax, %rbx\n"
	"insn shld $3, %rax, (%rbx)\n"
	"insn btq $3, (%rbx)\n"
	"insn bsf %rax, %rbx\n"
	"insn bswap %r9\n"
	"insn xadd %rax, (%rbx)\n"
	"insn syscall\n"
	"insn rdtsc\n"
	"insn mfence\n"
	"insn ud2\n"
	"insn nopw 0x200(%rax,%rax,1)\n"
	"insn fldt (%rax)\n"
	"insn fxsave (%rsp)\n"
	"insn movaps %xmm1, 16(%rsp)\n"
	"insn pshufd $3, (%rax), %xmm9\n"
	"insn psrlq $3, %xmm9\n"
	"insn cmpps $3, (%rax), %xmm9\n"
	"insn pinsrw $3, %eax, %xmm9\n"
	"insn pshufb (%rax), %xmm1\n"
	"insn palignr $3, (%rax), %xmm1\n"
	"insn crc32q (%rax), %rbx\n"
	"insn vzeroupper\n"
	"insn vpxor (%rax), %ymm1, %ymm2\n"
	"insn vpxor (%r8,%r9), %ymm1, %ymm2\n"
	"insn vpshufb (%rax), %ymm1, %ymm2\n"
	"insn vpalignr $3, 0x1000(%rax), %ymm1, %ymm2\n"
	"insn vpsrldq $3, %ymm1, %ymm2\n"
	".byte 0\n"
	"unknown:\n"
	"insn hlt\n"
	"insn cpuid\n"
	"insn rdmsr\n"
	"insn wrmsr\n"
	"insn rdpmc\n"
	"insn invd\n"
	"insn wbinvd\n"
	"insn in (%dx), %al\n"
	"insn in $0x80, %eax\n"
	"insn out %al, (%dx)\n"
	"insn out %ax, $0x80\n"
	"insn rep insb\n"
	"insn outsl\n"
	"insn mov %rax, %dr7\n"
	"insn mov %dr7, %rax\n"
	"insn monitor\n"
	"insn vmcall\n"
	"insn .byte 0x66, 0x0f, 0x01, 0xcc\n"
	"insn .byte 0xf2, 0x0f, 0x01, 0xff\n"
	"insn .byte 0x62, 0xf1, 0x7d, 0x48, 0xef, 0xc0\n"
	"insn .byte 0x66, 0xe9, 0, 0, 0, 0\n"
	"insn .byte 0x06\n"
	".byte 0\n"
	".popsection\n");

extern const uint8_t known[], unknown[];

/* More code follows, as it does in memory, and then nothing more than a part. */
static void test_known(void **state)
{
	size_t length;

	for (const uint8_t *code = known; *code; code += 1 + length) {
		length = *code;
		if (x86_length(code + 1, 32) != length)
			fail_msg("instruction at %zu", (size_t)(code - known));
		assert_int_equal(x86_length(code + 1, length), length);
		for (size_t part = 0; part < length; part++)
			if (x86_length(code + 1, part) > part)
				fail_msg("%zu bytes at %zu", part, (size_t)(code - known));
	}
}

/* Among them all that exits from a confidential guest. */
static void test_unknown(void **state)
{
	for (const uint8_t *code = unknown; *code; code += 1 + *code)
		if (x86_length(code + 1, 32))
			fail_msg("instruction at %zu", (size_t)(code - unknown));
}

/* At most 15 bytes. */
static void test_too_long(void **state)
{
	uint8_t code[32];

	for (size_t i = 0; i < sizeof(code); i++)
		code[i] = 0x66;
	assert_int_equal(x86_length(code, sizeof(code)), 0);
	code[14] = 0x90;
	assert_int_equal(x86_length(code, sizeof(code)), 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
