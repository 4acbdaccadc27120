/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/tdx/seam/host.h"

#define PAGE UINT64_C(4096)

static void add(struct host *host, uint64_t gpa)
{
	assert_int_equal(host_call(host, EMU_TDH_MEM_PAGE_ADD, gpa, HOST_TDR, gpa), 0);
}

static void extend(struct host *host, uint64_t gpa)
{
	for (uint64_t at = gpa; at < gpa + PAGE; at += 256)
		assert_int_equal(host_call(host, EMU_TDH_MR_EXTEND, at, HOST_TDR, 0), 0);
}

static void finish(struct host *host, uint8_t mrtd[SHA384_BYTES])
{
	struct emu_seam_info info;

	assert_int_equal(host_call(host, EMU_TDH_MR_FINALIZE, HOST_TDR, 0, 0), 0);
	emu_seam_info(host->seam, &info);
	assert_true(info.finalized);
	memcpy(mrtd, info.mrtd, sizeof(info.mrtd));
	host_finish(host);
}

/* Three pages, and memory around them that is not measured. */
static void build(bool tables_first, bool reverse, bool augment, uint8_t mrtd[SHA384_BYTES])
{
	struct host host;

	host_start(&host, 0);
	if (tables_first)
		host_add_tables(&host, 0x400000);
	host_add_tables(&host, 0x200000);
	if (augment)
		for (uint64_t gpa = 0x208000; gpa < 0x210000; gpa += PAGE)
			assert_int_equal(host_call(&host, EMU_TDH_MEM_PAGE_AUG, gpa, HOST_TDR, gpa),
					 0);
	add(&host, reverse ? 0x201000 : 0x200000);
	add(&host, reverse ? 0x200000 : 0x201000);
	extend(&host, 0x200000);
	add(&host, 0x202000);
	finish(&host, mrtd);
}

static void test_order_of_pages_alone_counts(void **state)
{
	uint8_t plain[SHA384_BYTES], other[SHA384_BYTES];

	build(false, false, false, plain);
	build(true, false, true, other);
	assert_memory_equal(plain, other, sizeof(plain));
	build(false, true, false, other);
	assert_memory_not_equal(plain, other, sizeof(plain));
}

/* Content counts where it is extended: the source's byte is the page's number. */
static void test_content(void **state)
{
	uint8_t plain[SHA384_BYTES], other[SHA384_BYTES];

	for (unsigned i = 0; i < 2; i++) {
		struct host host;

		host_start(&host, 0);
		host_add_tables(&host, 0);
		add(&host, 0x3000);
		assert_int_equal(host.memory[0x3fff], 3);
		host.memory[0x3fff] = (uint8_t)(3 + i);
		extend(&host, 0x3000);
		finish(&host, i ? other : plain);
	}
	assert_memory_not_equal(plain, other, sizeof(plain));
}

static void test_not_without_a_vcpu(void **state)
{
	struct host host;

	host_create(&host, 0);
	assert_int_equal(host_call(&host, EMU_TDH_MNG_CREATE, HOST_TDR, 3, 0), 0);
	assert_int_equal(host_call(&host, EMU_TDH_MNG_KEY_CONFIG, HOST_TDR, 0, 0), 0);
	for (unsigned i = 0; i < EMU_SEAM_TDCX; i++)
		host_call(&host, EMU_TDH_MNG_ADDCX, host_page(&host), HOST_TDR, 0);
	assert_int_equal(host_call(&host, EMU_TDH_MR_FINALIZE, HOST_TDR, 0, 0), 0xC000060800000000);
	assert_int_equal(host_call(&host, EMU_TDH_MNG_INIT, HOST_TDR, 0, 0), 0);
	assert_int_equal(host_call(&host, EMU_TDH_MR_FINALIZE, HOST_TDR, 0, 0), 0xC000060900000000);
	host_finish(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_of_pages_alone_counts),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_not_without_a_vcpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
