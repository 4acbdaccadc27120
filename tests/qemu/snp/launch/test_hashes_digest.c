/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <nettle/sha2.h>

#include "qemu/snp/launch/hashes.h"
#include "emu/snp/psp/launch_digest.h"

/*
 * Digests that the tests of sev-snp-measure expect, for a build of OVMF for AMD SEV of 2023 whose
 * own part is given as a digest, with an empty kernel and initrd. The metadata is that build's.
 */
#define FMS    0x800f12 /* EPYC-v4 */
#define AP_IP  0x80b004
#define HASHES 0x80f000
#define OFFSET 0xc00

static struct emu_launch_digest digest;

static void begin(const char *text)
{
	for (unsigned i = 0; i < sizeof(digest.value); i++)
		assert_int_equal(sscanf(text + 2 * i, "%2hhx", &digest.value[i]), 1);
}

static void zeros(uint64_t gpa, uint64_t size)
{
	for (uint64_t i = 0; i < size; i += 4096)
		emu_launch_digest_page(&digest, EMU_LAUNCH_PAGE_ZERO, gpa + i);
}

static void sha256(const char *data, size_t size, uint8_t *hash)
{
	struct sha256_ctx context;

	sha256_init(&context);
	sha256_update(&context, size, (const uint8_t *)data);
	sha256_digest(&context, 32, hash);
}

static void launch(const char *command_line, unsigned vcpus)
{
	struct kernel_hashes hashes;
	uint8_t page[4096] = { 0 };

	zeros(0x800000, 0x9000);
	zeros(0x80a000, 0x3000);
	emu_launch_digest_page(&digest, EMU_LAUNCH_PAGE_SECRETS, 0x80d000);
	emu_launch_digest_page(&digest, EMU_LAUNCH_PAGE_CPUID, 0x80e000);
	sha256("", 0, hashes.kernel);
	sha256("", 0, hashes.initrd);
	sha256(command_line, strlen(command_line) + 1, hashes.cmdline);
	kernel_hashes_table(&hashes, page + OFFSET);
	emu_launch_digest_normal(&digest, HASHES, page);
	zeros(0x810000, 0x10000);
	for (unsigned i = 0; i < vcpus; i++)
		emu_launch_digest_vcpu(&digest, i ? AP_IP : 0xfffffff0, FMS);
}

static void expect(const char *text)
{
	char found[97];

	for (unsigned i = 0; i < sizeof(digest.value); i++)
		sprintf(found + 2 * i, "%02x", digest.value[i]);
	assert_string_equal(found, text);
}

static void test_known(void **state)
{
	static const char firmware[] = "edcf6d1c57ce868a167c990f58c8667c698269ef9e080324"
				       "6419eea914186343054d557e1f17acd93b032c106bc70d25";

	begin("cab7e085874b3acfdbe2d96dcaa3125111f00c35c6fc9708"
	      "464c2ae74bfdb048a198cb9a9ccae0b3e5e1a33f5f249819");
	launch("", 1);
	expect("db06fb267824b1ccb56edbe2a9c2ce88841bca5090dc6dac"
	       "91d9cd30f3c2c0bf42daccb30d55d6625bfbf0dae5c50c6d");
	begin(firmware);
	launch("console=ttyS0 loglevel=7", 1);
	expect("f07864303ad8243132029e8110b92805c78d1135a15da75f"
	       "67abb9a711d78740347f24ee76f603e650ec4adf3611cc1e");
	begin(firmware);
	launch("", 4);
	expect("1c784beb8c49aa604b7fd57fbc73b36ec53a3f5fb48a2b89"
	       "5ad6cc2ea15d18ee7cc15e3e57c792766b45f944c3e81cfe");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
