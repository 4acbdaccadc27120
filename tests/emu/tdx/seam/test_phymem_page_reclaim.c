/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/tdx/seam/host.h"

/* A TD's life from TDH.MNG.CREATE to the last page, with what each call says at the wrong time. */

#define METADATA  UINT64_C(0xC000030000000000)
#define LIFECYCLE UINT64_C(0xC000060700000000)
#define OP_STATE  UINT64_C(0xC000060800000000)

enum { RCX = 1, RDX = 2, R8 = 8 };

static void test_building(void **state)
{
	struct host host;
	uint64_t vcpu;

	host_create(&host, 0);
	assert_int_equal(host_call(&host, 63, 0, 0, 0), 0xC000010000000000);
	assert_int_equal(host_call(&host, EMU_TDH_MNG_KEY_CONFIG, HOST_TDR, 0, 0), METADATA | RCX);
	assert_int_equal(host_call(&host, EMU_TDH_MNG_CREATE, HOST_TDR + 1, 3, 0),
			 0xC000010000000001);
	assert_int_equal(host_call(&host, EMU_TDH_MNG_CREATE, HOST_TDR, 16, 0), 0xC000010000000002);
	assert_int_equal(host_call(&host, EMU_TDH_MNG_CREATE, HOST_TDR, 3, 0), 0);
	assert_int_equal(host_call(&host, EMU_TDH_MNG_CREATE, HOST_TDR, 3, 0), METADATA | RCX);
	assert_int_equal(host_call(&host, EMU_TDH_MNG_CREATE, host_page(&host), 3, 0),
			 0xC000082000000002);

	assert_int_equal(host_call(&host, EMU_TDH_MNG_ADDCX, host_page(&host), HOST_TDR, 0),
			 0x8000081000000000);
	assert_int_equal(host_call(&host, EMU_TDH_MNG_KEY_CONFIG, HOST_TDR, 0, 0), 0);
	assert_int_equal(host_call(&host, EMU_TDH_MNG_KEY_CONFIG, HOST_TDR, 0, 0), LIFECYCLE);
	assert_int_equal(host_call(&host, EMU_TDH_MNG_INIT, HOST_TDR, 0, 0), 0xC000060600000000);
	assert_int_equal(host_call(&host, EMU_TDH_MNG_ADDCX, HOST_TDR, HOST_TDR, 0),
			 METADATA | RCX);
	for (unsigned i = 0; i < EMU_SEAM_TDCX; i++)
		assert_int_equal(host_call(&host, EMU_TDH_MNG_ADDCX, host_page(&host), HOST_TDR, 0),
				 0);
	assert_int_equal(host_call(&host, EMU_TDH_MNG_ADDCX, host_page(&host), HOST_TDR, 0),
			 0xC000061000000000);

	vcpu = host_page(&host);
	assert_int_equal(host_call(&host, EMU_TDH_VP_CREATE, vcpu, HOST_TDR, 0), OP_STATE);
	assert_int_equal(host_call(&host, EMU_TDH_MNG_INIT, HOST_TDR, 0, 0), 0);
	assert_int_equal(host_call(&host, EMU_TDH_MNG_INIT, HOST_TDR, 0, 0), OP_STATE);
	assert_int_equal(host_call(&host, EMU_TDH_VP_CREATE, vcpu, HOST_TDR, 0), 0);
	assert_false(emu_seam_enter(host.seam, 0));
	assert_int_equal(host_call(&host, EMU_TDH_VP_INIT, HOST_TDR, 0, 0), METADATA | RCX);
	assert_int_equal(host_call(&host, EMU_TDH_VP_INIT, vcpu, 0, 0), 0);
	assert_int_equal(host_call(&host, EMU_TDH_VP_INIT, vcpu, 0, 0), 0xC000070000000000);
	assert_int_equal(host_call(&host, EMU_TDH_VP_CREATE, host_page(&host), HOST_TDR, 0), 0);
	assert_int_equal(host_call(&host, EMU_TDH_VP_CREATE, host_page(&host), HOST_TDR, 0),
			 0xC000070500000000);
	/* It has not been initialised. */
	assert_int_equal(host_call(&host, EMU_TDH_MR_FINALIZE, HOST_TDR, 0, 0), 0);
	assert_false(emu_seam_enter(host.seam, 1));
	assert_true(emu_seam_enter(host.seam, 0));
	assert_false(emu_seam_enter(host.seam, 0));
	host_finish(&host);
}

/* A host page has one use at a time. */
static void test_pages_in_use(void **state)
{
	struct host host;

	host_start(&host, 0);
	host_add_tables(&host, 0);
	assert_int_equal(host_call(&host, EMU_TDH_MEM_PAGE_AUG, 0, HOST_TDR, 0x5000), 0);
	assert_int_equal(host_call(&host, EMU_TDH_MEM_PAGE_AUG, 0x1000, HOST_TDR, 0x5000),
			 METADATA | R8);
	assert_int_equal(host_call(&host, EMU_TDH_MEM_PAGE_ADD, 0x1000, HOST_TDR, 0x5000),
			 METADATA | R8);
	assert_int_equal(host_call(&host, EMU_TDH_MEM_SEPT_ADD, 0x200001, HOST_TDR, 0x5000),
			 METADATA | R8);
	/* It is part of this 2 MiB page of the host. */
	assert_int_equal(host_call(&host, EMU_TDH_MEM_PAGE_AUG, 0x200001, HOST_TDR, 0),
			 METADATA | R8);
	assert_int_equal(host_call(&host, EMU_TDH_MEM_PAGE_AUG, 0x200001, HOST_TDR, 0x200000), 0);
	assert_int_equal(host_call(&host, EMU_TDH_MEM_PAGE_AUG, 0x1000, HOST_TDR, 0x3ff000),
			 METADATA | R8);
	assert_int_equal(host_call(&host, EMU_TDH_MEM_PAGE_AUG, 0x1000, HOST_TDR,
				   emu_tdx_host_end(host.tdx)),
			 0xC000010000000008);
	/* Removed, and free for another use. */
	assert_int_equal(host_call(&host, EMU_TDH_MEM_PAGE_REMOVE, 0, HOST_TDR, 0), 0);
	assert_int_equal(host_call(&host, EMU_TDH_MEM_PAGE_AUG, 0x1000, HOST_TDR, 0x5000), 0);
	/* Outside RAM. */
	assert_int_equal(
		host_call(&host, EMU_TDH_MEM_SEPT_ADD, 0x40000001, HOST_TDR, host_page(&host)),
		0xC000010000000001);
	host_finish(&host);
}

static void test_teardown(void **state)
{
	struct emu_seam_info info;
	struct host host;
	uint64_t end;

	host_start(&host, 0);
	host_add_tables(&host, 0);
	assert_int_equal(host_call(&host, EMU_TDH_MEM_PAGE_AUG, 0, HOST_TDR, 0x5000), 0);
	assert_int_equal(host_call(&host, EMU_TDH_MEM_PAGE_AUG, 0x200001, HOST_TDR, 0x200000), 0);
	assert_int_equal(host_call(&host, EMU_TDH_MR_FINALIZE, HOST_TDR, 0, 0), 0);
	emu_seam_enter(host.seam, 0);
	end = host.next;

	assert_int_equal(host_call(&host, EMU_TDH_PHYMEM_PAGE_RECLAIM, 0x5000, 0, 0), LIFECYCLE);
	assert_int_equal(host_call(&host, EMU_TDH_MNG_KEY_FREEID, HOST_TDR, 0, 0), LIFECYCLE);
	assert_int_equal(host_call(&host, EMU_TDH_MNG_VPFLUSHDONE, HOST_TDR, 0, 0),
			 0x8000082400000000);
	/* The vCPU's page is the one before the tables. */
	assert_int_equal(host_call(&host, EMU_TDH_VP_FLUSH, end - 4 * 4096, 0, 0),
			 0x8000020000000001);
	emu_seam_leave(host.seam, 0);
	assert_int_equal(host_call(&host, EMU_TDH_VP_FLUSH, end - 4 * 4096, 0, 0), 0);
	assert_int_equal(host_call(&host, EMU_TDH_VP_FLUSH, end - 4 * 4096, 0, 0),
			 0x8000070200000000);
	assert_int_equal(host_call(&host, EMU_TDH_MNG_VPFLUSHDONE, HOST_TDR, 0, 0), 0);
	assert_int_equal(host_call(&host, EMU_TDH_MEM_TRACK, HOST_TDR, 0, 0), LIFECYCLE);
	assert_int_equal(host_call(&host, EMU_TDH_MNG_KEY_FREEID, HOST_TDR, 0, 0), 0);

	assert_int_equal(host_call(&host, EMU_TDH_PHYMEM_PAGE_RECLAIM, HOST_TDR, 0, 0),
			 0xC000040000000000);
	assert_int_equal(host_call(&host, EMU_TDH_PHYMEM_PAGE_RECLAIM, end, 0, 0), METADATA | RCX);
	assert_int_equal(host_call(&host, EMU_TDH_PHYMEM_PAGE_RECLAIM, 0x5000, 0, 0), 0);
	for (uint64_t hpa = 0x200000; hpa < 0x400000; hpa += 4096)
		assert_int_equal(host_call(&host, EMU_TDH_PHYMEM_PAGE_RECLAIM, hpa, 0, 0), 0);
	for (uint64_t hpa = HOST_TDR + 4096; hpa < end; hpa += 4096)
		assert_int_equal(host_call(&host, EMU_TDH_PHYMEM_PAGE_RECLAIM, hpa, 0, 0), 0);
	emu_seam_info(host.seam, &info);
	assert_int_equal(info.children, 0);
	assert_int_equal(info.pages, 1);
	assert_int_equal(host_call(&host, EMU_TDH_PHYMEM_PAGE_RECLAIM, HOST_TDR, 0, 0), 0);
	emu_seam_info(host.seam, &info);
	assert_int_equal(info.pages, 0);
	/* Another TD can begin. */
	assert_int_equal(host_call(&host, EMU_TDH_MNG_CREATE, HOST_TDR, 3, 0), 0);
	assert_int_equal(host_call(&host, EMU_TDH_MNG_KEY_CONFIG, HOST_TDR, 0, 0), 0);
	assert_int_equal(host_call(&host, EMU_TDH_MNG_INIT, HOST_TDR, 0, 0), 0xC000060600000000);
	host_finish(&host);
}

/* Everything of a TD with one vCPU, whose TDVPR is tdvpr, up to its TDR. */
static void tear_down(struct host *host, uint64_t tdvpr)
{
	host_call(host, EMU_TDH_VP_FLUSH, tdvpr, 0, 0);
	assert_int_equal(host_call(host, EMU_TDH_MNG_VPFLUSHDONE, HOST_TDR, 0, 0), 0);
	assert_int_equal(host_call(host, EMU_TDH_MNG_KEY_FREEID, HOST_TDR, 0, 0), 0);
	for (uint64_t hpa = 0; hpa < host->next; hpa += 4096)
		if (hpa != HOST_TDR)
			host_call(host, EMU_TDH_PHYMEM_PAGE_RECLAIM, hpa, 0, 0);
	assert_int_equal(host_call(host, EMU_TDH_PHYMEM_PAGE_RECLAIM, HOST_TDR, 0, 0), 0);
}

static void check_nothing_left(const struct host *host)
{
	struct emu_seam_info info;

	emu_seam_info(host->seam, &info);
	assert_int_equal(info.pages, 0);
	assert_int_equal(info.children, 0);
	for (size_t i = 0; i < FAKE_PAGES; i++)
		assert_false(host->fake->private_ok[i]);
	assert_int_equal(fake_unaccepted(emu_tdx_machine(host->tdx)), HOST_TDR);
}

/* Another TD begins without tables and pages, whatever the last one had: pages of both sizes, added
 * or accepted, pending, blocked; a blocked table. */
static void test_next_td(void **state)
{
	struct host host;

	host_create(&host, 0);
	for (unsigned td = 0; td < 3; td++) {
		uint64_t tdvpr;

		host_build(&host);
		tdvpr = host.next - 4096;
		for (unsigned level = 3; level; level--)
			assert_int_equal(host_call(&host, EMU_TDH_MEM_SEPT_ADD, level, HOST_TDR,
						   host_page(&host)),
					 0);
		assert_int_equal(host_call(&host, EMU_TDH_MEM_PAGE_ADD, 0, HOST_TDR, 0x5000), 0);
		assert_int_equal(host_call(&host, EMU_TDH_MR_FINALIZE, HOST_TDR, 0, 0), 0);
		assert_true(emu_seam_enter(host.seam, 0));
		for (uint64_t page = 0x1000; page < 0x4000; page += 0x1000)
			assert_int_equal(
				host_call(&host, EMU_TDH_MEM_PAGE_AUG, page, HOST_TDR, page), 0);
		for (uint64_t page = 0x200000; page < 0x600000; page += 0x200000)
			assert_int_equal(
				host_call(&host, EMU_TDH_MEM_PAGE_AUG, page | 1, HOST_TDR, page),
				0);
		/* Pages that were accepted before are accepted again. */
		assert_int_equal(host_guest_accepts(&host, 0x1000, 0), 0);
		assert_int_equal(host_guest_accepts(&host, 0x2000, 0), 0);
		assert_int_equal(host_guest_accepts(&host, 0x200000, 1), 0);
		assert_int_equal(host_call(&host, EMU_TDH_MEM_RANGE_BLOCK, 0x2000, HOST_TDR, 0), 0);
		assert_int_equal(host_call(&host, EMU_TDH_MEM_RANGE_BLOCK, 0x400001, HOST_TDR, 0),
				 0);
		assert_int_equal(host_call(&host, EMU_TDH_MEM_RANGE_BLOCK, 2, HOST_TDR, 0), 0);
		assert_true(emu_seam_is_cut_off(host.seam, 0x1000));
		emu_seam_leave(host.seam, 0);
		tear_down(&host, tdvpr);
		assert_false(emu_seam_is_cut_off(host.seam, 0x1000));
		check_nothing_left(&host);
	}
	host_finish(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_building),
		cmocka_unit_test(test_pages_in_use),
		cmocka_unit_test(test_teardown),
		cmocka_unit_test(test_next_td),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
