/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/snp/decode.h"
#include "qemu/x86/code.h"

/* Which instructions are found, by their encodings in AMD APM volume 3. */

struct instruction {
	enum snp_op op;
	uint8_t size, bytes[6];
};

static void decode(const struct instruction *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		/* What follows is ignored. */
		uint8_t bytes[16];

		memset(bytes, 0xd9, sizeof(bytes));
		memcpy(bytes, list[i].bytes, list[i].size);
		if (snp_decode(bytes, list[i].size) != list[i].op)
			fail_msg("number %zu: %d", i, snp_decode(bytes, list[i].size));
	}
}

#define DECODE(list) decode(list, sizeof(list) / sizeof(list[0]))

static void test_found(void **state)
{
	static const struct instruction list[] = {
		{ SNP_OP_PVALIDATE, 4, { 0xf2, 0x0f, 0x01, 0xff } },
		{ SNP_OP_RMPADJUST, 4, { 0xf3, 0x0f, 0x01, 0xfe } },
		{ SNP_OP_VMGEXIT, 4, { 0xf3, 0x0f, 0x01, 0xd9 } },
		{ SNP_OP_VMGEXIT, 4, { 0xf2, 0x0f, 0x01, 0xd9 } },
		{ SNP_OP_RDMSR, 2, { 0x0f, 0x32 } },
		{ SNP_OP_WRMSR, 2, { 0x0f, 0x30 } },
		{ SNP_OP_CPUID, 2, { 0x0f, 0xa2 } },
		{ SNP_OP_INVD, 2, { 0x0f, 0x08 } },
		{ SNP_OP_WBINVD, 2, { 0x0f, 0x09 } },
		{ SNP_OP_WBINVD, 3, { 0xf3, 0x0f, 0x09 } }, /* WBNOINVD */
		{ SNP_OP_RDPMC, 2, { 0x0f, 0x33 } },
		{ SNP_OP_RDPMC, 3, { 0x48, 0x0f, 0x33 } },
		{ SNP_OP_VMMCALL, 3, { 0x0f, 0x01, 0xd9 } },
		{ SNP_OP_MONITOR, 3, { 0x0f, 0x01, 0xc8 } },
		{ SNP_OP_MONITOR, 5, { 0x64, 0x67, 0x0f, 0x01, 0xc8 } }, /* of FS:EAX */
		{ SNP_OP_MWAIT, 3, { 0x0f, 0x01, 0xc9 } },
		{ SNP_OP_DR7_READ, 3, { 0x0f, 0x21, 0xf8 } },
		{ SNP_OP_DR7_READ, 4, { 0x41, 0x0f, 0x21, 0xff } }, /* to R15 */
		{ SNP_OP_DR7_WRITE, 3, { 0x0f, 0x23, 0xf8 } },
		{ SNP_OP_DR7_WRITE, 4, { 0x41, 0x0f, 0x23, 0xff } },
		/* Another prefix makes nothing of REX. */
		{ SNP_OP_DR7_READ, 5, { 0x44, 0x66, 0x0f, 0x21, 0xf8 } },
	};

	DECODE(list);
}

static void test_not_found(void **state)
{
	static const struct instruction list[] = {
		{ SNP_OP_OTHER, 1, { 0x90 } },
		{ SNP_OP_OTHER, 1, { 0x0f } }, /* the begin of a page's end */
		{ SNP_OP_OTHER, 2, { 0x0f, 0x01 } },
		{ SNP_OP_OTHER, 2, { 0x0f, 0x21 } },
		{ SNP_OP_OTHER, 1, { 0x66 } },
		{ SNP_OP_OTHER, 3, { 0x0f, 0x01, 0xc1 } }, /* VMCALL */
		{ SNP_OP_OTHER, 3, { 0x0f, 0x01, 0xfa } }, /* MONITORX */
		{ SNP_OP_OTHER, 3, { 0x0f, 0x01, 0xf9 } }, /* RDTSCP */
		{ SNP_OP_OTHER, 2, { 0x0f, 0x31 } },	   /* RDTSC */
		{ SNP_OP_OTHER, 4, { 0x66, 0x0f, 0x01, 0xc8 } },
		{ SNP_OP_OTHER, 4, { 0xf3, 0x0f, 0x01, 0xc9 } },
		{ SNP_OP_OTHER, 5, { 0xf3, 0x66, 0x0f, 0x01, 0xd9 } },
		{ SNP_OP_OTHER, 3, { 0x0f, 0x21, 0xf0 } },	 /* DR6 */
		{ SNP_OP_OTHER, 3, { 0x0f, 0x23, 0xc7 } },	 /* DR0, from RDI */
		{ SNP_OP_OTHER, 4, { 0x44, 0x0f, 0x21, 0xf8 } }, /* DR15 */
		{ SNP_OP_OTHER, 3, { 0x0f, 0x20, 0xf8 } },	 /* CR7 */
		{ SNP_OP_OTHER, 3, { 0xf0, 0x0f, 0x08 } },	 /* LOCK */
		{ SNP_OP_OTHER, 5, { 0xb8, 0x0f, 0x01, 0xd9, 0x00 } },
	};

	DECODE(list);
}

static void test_ports(void **state)
{
	static const struct {
		uint8_t size, bytes[4];
		struct x86_port port;
	} list[] = {
		{ 2, { 0xe4, 0x71 }, { .number = 0x71, .byte = true } },
		{ 2, { 0xe5, 0x72 }, { .number = 0x72 } },
		{ 2, { 0xe6, 0x80 }, { .number = 0x80, .byte = true } },
		{ 3, { 0x66, 0xe7, 0x81 }, { .number = 0x81, .other_size = true } },
		{ 1, { 0xec }, { .in_dx = true, .byte = true } },
		{ 1, { 0xed }, { .in_dx = true } },
		{ 1, { 0xee }, { .in_dx = true, .byte = true } },
		{ 2, { 0x66, 0xef }, { .in_dx = true, .other_size = true } },
		{ 2, { 0xf3, 0x6c }, { .in_dx = true, .byte = true } },
		{ 3, { 0xf3, 0x48, 0x6d }, { .in_dx = true } },
		{ 1, { 0x6e }, { .in_dx = true, .byte = true } },
		{ 3, { 0x66, 0xf2, 0x6f }, { .in_dx = true, .other_size = true } },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		struct x86_port port;

		assert_int_equal(snp_decode(list[i].bytes, list[i].size), SNP_OP_PORT);
		port = x86_decode_port(list[i].bytes, list[i].size);
		assert_int_equal(port.in_dx, list[i].port.in_dx);
		assert_int_equal(port.number, list[i].port.number);
		assert_int_equal(port.byte, list[i].port.byte);
		assert_int_equal(port.other_size, list[i].port.other_size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_not_found),
		cmocka_unit_test(test_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
