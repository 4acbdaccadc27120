/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/snp/psp/psp_host.h"

/* A guest's life by the firmware's commands, and in which states each is refused. */

#define PAGE UINT64_C(0x1000)
#define M2   UINT64_C(0x200000)
#define OWN  EMU_SNP_ASID

/* By Python's hashlib, after "PAGE_INFO" in the firmware ABI: four pages at 2 MiB with 1 to 4 in
 * all of their bytes, and two at 4 MiB that are not measured. */
static const char expected[] = "dfcf15e900d4e63210c837cf2f448f7383b861c8f6c7ce76"
			       "cfe5e13299eb4d002dfdf48b3790c167ef619cca38b5abe7";

static uint32_t add(struct psp_host *host, uint64_t spa, unsigned type)
{
	assert_int_equal(psp_rmpupdate(host, spa, true, OWN, true, false), 0);
	return psp_launch_update(host, spa, type, false);
}

static void digest_of(struct psp_host *host, char hex[97])
{
	struct emu_psp_info info;

	emu_psp_info(host->psp, &info);
	for (unsigned i = 0; i < SHA384_BYTES; i++)
		snprintf(hex + (size_t)2 * i, 3, "%02x", info.digest[i]);
}

static void test_digest(void **state)
{
	char first[97], other[97];
	struct psp_host host;

	psp_start(&host);
	psp_launch(&host);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(add(&host, M2 + i * PAGE, EMU_SNP_PAGE_NORMAL), 0);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(add(&host, 2 * M2 + i * PAGE, EMU_SNP_PAGE_UNMEASURED), 0);
	digest_of(&host, first);
	assert_string_equal(first, expected);
	assert_int_equal(emu_machine_state(emu_snp_machine(host.snp), M2), EMU_PAGE_MAPPED);
	psp_finish(&host);

	/* The order of pages is measured; that of RMPUPDATEs is not. */
	for (unsigned reverse = 0; reverse < 2; reverse++) {
		psp_start(&host);
		psp_launch(&host);
		for (unsigned i = 0; i < 4; i++) {
			uint64_t spa = M2 + (3 - i) * PAGE;

			assert_int_equal(psp_rmpupdate(&host, spa, true, OWN, true, false), 0);
		}
		for (unsigned i = 0; i < 4; i++)
			assert_int_equal(psp_launch_update(&host, M2 + (reverse ? 3 - i : i) * PAGE,
							   EMU_SNP_PAGE_NORMAL, false),
					 0);
		for (unsigned i = 0; i < 2; i++)
			assert_int_equal(add(&host, 2 * M2 + i * PAGE, EMU_SNP_PAGE_UNMEASURED), 0);
		digest_of(&host, other);
		if (reverse)
			assert_string_not_equal(other, expected);
		else
			assert_string_equal(other, expected);
		psp_finish(&host);
	}
}

/* A 2 MiB page is measured as its 512 pages are. */
static void test_2m(void **state)
{
	char first[97], other[97];
	struct psp_host host;

	psp_start(&host);
	psp_launch(&host);
	assert_int_equal(psp_rmpupdate(&host, M2, true, OWN, true, true), 0);
	assert_int_equal(psp_launch_update(&host, M2, EMU_SNP_PAGE_NORMAL, false), 0x19);
	assert_int_equal(psp_launch_update(&host, M2, EMU_SNP_PAGE_CPUID, true), 0x16);
	assert_int_equal(psp_launch_update(&host, M2, EMU_SNP_PAGE_NORMAL, true), 0);
	digest_of(&host, first);
	psp_finish(&host);

	psp_start(&host);
	psp_launch(&host);
	for (unsigned i = 0; i < 512; i++)
		assert_int_equal(add(&host, M2 + i * PAGE, EMU_SNP_PAGE_NORMAL), 0);
	digest_of(&host, other);
	assert_string_equal(first, other);
	psp_finish(&host);
}

static void test_guest_states(void **state)
{
	struct psp_host host;
	struct emu_psp_info info;
	uint8_t wrong[SHA384_BYTES] = { 0 };

	psp_start(&host);
	/* No context. */
	assert_int_equal(psp_launch_start(&host, HOST_POLICY), 0x10);
	assert_int_equal(psp_activate(&host, OWN), 0x10);
	assert_int_equal(psp_launch_update(&host, M2, EMU_SNP_PAGE_NORMAL, false), 0x10);
	assert_int_equal(psp_launch_finish(&host, NULL, 0), 0x10);
	assert_int_equal(psp_address(&host, EMU_SNP_DECOMMISSION, HOST_CONTEXT), 0x10);
	assert_int_equal(psp_address(&host, EMU_SNP_GCTX_CREATE, HOST_CONTEXT), 0x1a);
	assert_int_equal(emu_psp_command(host.psp, 0x50, NULL), 0x11);
	/* INIT */
	assert_int_equal(psp_rmpupdate(&host, HOST_CONTEXT, true, 0, true, false), 0);
	assert_int_equal(psp_address(&host, EMU_SNP_GCTX_CREATE, HOST_CONTEXT), 0);
	assert_int_equal(psp_activate(&host, OWN), 2);
	assert_int_equal(psp_launch_update(&host, M2, EMU_SNP_PAGE_NORMAL, false), 2);
	assert_int_equal(psp_launch_finish(&host, NULL, 0), 2);
	assert_int_equal(psp_address(&host, EMU_SNP_PAGE_RECLAIM, HOST_CONTEXT), 0x1a);
	assert_int_equal(psp_rmpupdate(&host, HOST_CONTEXT, false, 0, false, false), 2);
	assert_int_equal(psp_launch_start(&host, 0), 0x16);
	assert_int_equal(psp_launch_start(&host, HOST_POLICY | 0x200), 7);
	assert_int_equal(psp_launch_start(&host, HOST_POLICY), 0);
	/* LAUNCH */
	assert_int_equal(psp_launch_start(&host, HOST_POLICY), 2);
	assert_int_equal(psp_launch_update(&host, M2, EMU_SNP_PAGE_NORMAL, false), 8);
	assert_int_equal(psp_activate(&host, 0), 0xd);
	assert_int_equal(psp_activate(&host, 100), 0xd);
	assert_int_equal(psp_activate(&host, OWN), 0);
	assert_int_equal(psp_activate(&host, OWN), 0x12);
	assert_int_equal(psp_launch_update(&host, M2, 0, false), 0x16);
	assert_int_equal(psp_launch_update(&host, M2, 7, false), 0x16);
	assert_int_equal(add(&host, M2, EMU_SNP_PAGE_ZERO), 0);
	assert_int_equal(add(&host, HOST_VMSA, EMU_SNP_PAGE_VMSA), 0);
	assert_int_equal(psp_launch_finish(&host, wrong, HOST_POLICY), 0xb);
	assert_int_equal(psp_launch_finish(&host, wrong, 0), 7);
	emu_psp_info(host.psp, &info);
	assert_int_equal(psp_launch_finish(&host, info.digest, HOST_POLICY), 0);
	/* RUNNING */
	assert_int_equal(psp_launch_finish(&host, NULL, 0), 2);
	assert_int_equal(psp_launch_update(&host, M2, EMU_SNP_PAGE_NORMAL, false), 2);
	assert_int_equal(psp_launch_start(&host, HOST_POLICY), 2);
	/* It is taken apart, and its ASID is used again. */
	assert_int_equal(psp_address(&host, EMU_SNP_DECOMMISSION, HOST_CONTEXT), 0);
	assert_int_equal(psp_address(&host, EMU_SNP_GCTX_CREATE, HOST_CONTEXT), 0);
	assert_int_equal(psp_launch_start(&host, HOST_POLICY), 0);
	assert_int_equal(psp_activate(&host, OWN), 0xf);
	assert_int_equal(emu_psp_command(host.psp, EMU_SNP_DF_FLUSH, NULL), 0);
	assert_int_equal(psp_activate(&host, OWN), 0);
	assert_int_equal(psp_address(&host, EMU_SNP_DECOMMISSION, HOST_CONTEXT), 0);
	assert_int_equal(psp_address(&host, EMU_SNP_PAGE_RECLAIM, HOST_CONTEXT), 0);
	assert_int_equal(psp_rmpupdate(&host, HOST_CONTEXT, false, 0, false, false), 0);
	assert_int_equal(psp_rmpupdate(&host, HOST_VMSA, false, 0, false, false), 0);
	assert_int_equal(psp_rmpupdate(&host, M2, false, 0, false, false), 0);
	assert_int_equal(emu_psp_assigned(host.psp), 0);
	psp_finish(&host);
}

/* A context that is bound to another ASID: this guest's pages are not its pages. */
static void test_owner(void **state)
{
	struct psp_host host;

	psp_start(&host);
	assert_int_equal(psp_rmpupdate(&host, HOST_CONTEXT, true, 0, true, false), 0);
	assert_int_equal(psp_address(&host, EMU_SNP_GCTX_CREATE, HOST_CONTEXT), 0);
	assert_int_equal(psp_launch_start(&host, HOST_POLICY), 0);
	assert_int_equal(psp_activate(&host, 7), 0);
	assert_int_equal(add(&host, M2, EMU_SNP_PAGE_NORMAL), 0x1c);
	/* The guest reaches no page of the firmware's, until it is given back. */
	assert_int_equal(psp_address(&host, EMU_SNP_PAGE_RECLAIM, M2), 0);
	assert_int_equal(psp_rmpupdate(&host, M2, false, 0, false, false), 0);
	psp_finish(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_2m),
		cmocka_unit_test(test_guest_states),
		cmocka_unit_test(test_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
