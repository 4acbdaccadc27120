/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/guest/guest.h"
#include "qemu/memory/backend.h"
#include "qemu/snp/exits.h"
#include "qemu/snp/snp.h"

/* GHCB specification 2.03, sections 4.1.4 (AP jump table) and 4.1.12 (APIC ID list). */
#define SHARED 0x7000 /* the only shared page */

struct guest guest = { .vcpus = 3 };
static uint8_t page[4096];

static bool write_shared(void *ctx, uint64_t gpa, const void *buffer, size_t size)
{
	if (gpa != SHARED)
		return false;
	memcpy(page, buffer, size);
	return true;
}

const struct emu_backend memory_backend = { .write_shared = write_shared };

uint32_t snp_apic_id(unsigned vcpu)
{
	return vcpu * 2;
}

static void test_jump_table(void **state)
{
	struct emu_ghcb_event event = { .info1 = 0, .info2 = 0x9000 };

	assert_int_equal(snp_exit_ap_jump_table(0, &event), EMU_GHCB_DONE);
	assert_int_equal(event.info2, 0);
	event = (struct emu_ghcb_event){ .info1 = 1 };
	assert_int_equal(snp_exit_ap_jump_table(1, &event), EMU_GHCB_DONE);
	assert_int_equal(event.info2, 0x9000);
	event = (struct emu_ghcb_event){ .info1 = 2 };
	assert_int_equal(snp_exit_ap_jump_table(1, &event), EMU_GHCB_INVALID);
}

static void test_apic_ids(void **state)
{
	struct emu_ghcb_event event = { .info1 = SHARED, .info2 = 9, .rax = 0 };
	static const uint32_t expected[] = { 3, 0, 2, 4 };

	/* Without room only the number of pages. */
	assert_int_equal(snp_exit_apic_ids(0, &event), EMU_GHCB_DONE);
	assert_int_equal(event.rax, 1);
	assert_int_equal(event.info2, 0);
	assert_int_equal(page[0], 0);

	assert_int_equal(snp_exit_apic_ids(0, &event), EMU_GHCB_DONE);
	assert_memory_equal(page, expected, sizeof(expected));

	event = (struct emu_ghcb_event){ .info1 = SHARED + 8, .rax = 1 };
	assert_int_equal(snp_exit_apic_ids(0, &event), EMU_GHCB_INVALID);
	event = (struct emu_ghcb_event){ .info1 = 0x8000, .rax = 1 };
	assert_int_equal(snp_exit_apic_ids(0, &event), EMU_GHCB_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jump_table),
		cmocka_unit_test(test_apic_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
