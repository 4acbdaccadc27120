/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/snp/launch/secrets.h"

/* The page is read back through a structure as Linux declares it. */
struct secrets_page {
	uint32_t version, flags, fms, reserved;
	uint8_t gosvw[16];
	uint8_t vmpck[4][32];
	uint8_t os_area[96];
	uint8_t vmsa_tweak[64];
	uint64_t svsm_base, svsm_size, svsm_caa;
	uint32_t svsm_max_version;
	uint8_t svsm_guest_vmpl, reserved2[3];
	uint32_t tsc_factor;
	uint8_t reserved3[3740];
};

static void test_secrets(void **state)
{
	struct secrets secrets = {
		.fms = 0xa20f12, .svsm_base = 0x700000, .svsm_size = 0x80000, .svsm_caa = 0x80f000
	};
	static union {
		uint8_t bytes[SECRETS_SIZE];
		struct secrets_page page;
	} page;
	uint8_t none[SECRETS_SIZE] = { 0 };

	_Static_assert(sizeof(page) == SECRETS_SIZE, "the page");
	for (unsigned i = 0; i < 4; i++)
		memset(secrets.vmpck[i], 0x10 + (int)i, 32);

	memset(&page, 0xee, sizeof(page));
	secrets_build(&secrets, page.bytes);
	assert_int_equal(page.page.version, 3);
	assert_int_equal(page.page.fms, 0xa20f12);
	assert_int_equal(page.page.flags, 0);
	assert_memory_equal(page.page.vmpck, secrets.vmpck, 128);
	assert_memory_equal(page.page.os_area, none, SECRETS_SIZE - 0xa0);

	secrets.vmpl = 2;
	memset(&page, 0xee, sizeof(page));
	secrets_build(&secrets, page.bytes);
	assert_memory_equal(page.page.vmpck, none, 64);
	assert_memory_equal(page.page.vmpck[2], secrets.vmpck[2], 64);
	assert_int_equal(page.page.svsm_base, 0x700000);
	assert_int_equal(page.page.svsm_size, 0x80000);
	assert_int_equal(page.page.svsm_caa, 0x80f000);
	assert_int_equal(page.page.svsm_max_version, 1);
	assert_int_equal(page.page.svsm_guest_vmpl, 2);
	assert_memory_equal(page.page.os_area, none, 160);
	assert_memory_equal(page.page.reserved2, none, 3 + 4 + 3740);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
