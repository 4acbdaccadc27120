/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/arm/image.h"

/* Recorded from qemu-system-aarch64 11.1 and Debian's Linux 7.2 for arm64. */
static const uint8_t stub[ARM_STUB_BYTES] = {
	0xc0, 0x00, 0x00, 0x58, 0xe1, 0x03, 0x1f, 0xaa, 0xe2, 0x03, 0x1f, 0xaa, 0xe3, 0x03,
	0x1f, 0xaa, 0x84, 0x00, 0x00, 0x58, 0x80, 0x00, 0x1f, 0xd6, 0x00, 0x00, 0x20, 0x4a,
	0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x20, 0x40, 0x00, 0x00, 0x00, 0x00,
};

static void test_stub(void **state)
{
	uint8_t other[ARM_STUB_BYTES];
	uint64_t tree = 0, entry = 0;

	assert_true(arm_stub_read(stub, &tree, &entry));
	assert_true(tree == UINT64_C(0x14a200000));
	assert_int_equal(entry, 0x40200000);
	memcpy(other, stub, sizeof(other));
	other[22] = 0x3f; /* blr */
	assert_false(arm_stub_read(other, &tree, &entry));
}

static void test_image(void **state)
{
	uint8_t header[ARM_IMAGE_HEADER] = "MZ";

	memcpy(header + 16, "\x00\x00\x00\x02\x00\x00\x00\x00", 8);
	memcpy(header + 56, "ARM\x64", 4);
	assert_int_equal(arm_image_bytes(header), 0x2000000);
	header[59] = 0;
	assert_int_equal(arm_image_bytes(header), 0);
}

/* As GNU's assembler encodes them. */
static void test_calls(void **state)
{
	assert_true(arm_is_smc(0xd4000003)); /* smc #0 */
	assert_true(arm_is_smc(0xd4000023)); /* smc #1 */
	assert_true(arm_is_smc(0xd41fffe3)); /* smc #0xffff */
	assert_true(arm_is_hvc(0xd4000002)); /* hvc #0 */
	assert_true(arm_is_hvc(0xd41fffe2));
	assert_false(arm_is_smc(0xd4000002) || arm_is_hvc(0xd4000003));
	assert_false(arm_is_smc(0xd4000001) || arm_is_hvc(0xd4000001)); /* svc */
	assert_false(arm_is_smc(0xd4200003) || arm_is_hvc(0xd4400002)); /* brk, hlt */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stub),
		cmocka_unit_test(test_image),
		cmocka_unit_test(test_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
