/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "qemu/snp/attestation/guest_request_host.h"
#include "qemu/snp/exits.h"
#include "qemu/snp/snp.h"

/* Which function answers which SW_EXITCODE: each says here who it is. */
static const char *called;

static enum emu_ghcb_result request(struct emu_ghcb_event *event, bool extended)
{
	called = extended ? "extended request" : "request";
	return EMU_GHCB_DONE;
}

static const struct snp_attestation attestation = { .request = request };
struct snp snp = { .attestation = &attestation };

#define STAND_IN(name)                                                                             \
	enum emu_ghcb_result name(unsigned vcpu, struct emu_ghcb_event *event)                     \
	{                                                                                          \
		called = #name;                                                                    \
		return EMU_GHCB_DONE;                                                              \
	}

STAND_IN(snp_exit_cpuid)
STAND_IN(snp_exit_msr)
STAND_IN(snp_exit_dr7_read)
STAND_IN(snp_exit_dr7_write)
STAND_IN(snp_exit_rdpmc)
STAND_IN(snp_exit_vmmcall)
STAND_IN(snp_exit_no_effect)
STAND_IN(snp_exit_ioio)
STAND_IN(snp_exit_mmio_read)
STAND_IN(snp_exit_mmio_write)
STAND_IN(snp_exit_ap_jump_table)
STAND_IN(snp_exit_apic_ids)
STAND_IN(snp_exit_run_vmpl)

void snp_msr_cpuid(unsigned vcpu, uint64_t *value)
{
	called = "snp_msr_cpuid";
}

void snp_msr_run_vmpl(unsigned vcpu, uint64_t *value)
{
	called = "snp_msr_run_vmpl";
}

bool snp_ap(void *ctx, const struct emu_snp_ap *ap)
{
	return false;
}

void snp_reset_hold(void *ctx, unsigned vcpu)
{
}

/* GHCB specification 2.03, table 6, and AMD APM volume 2, appendix C. */
static void test_events(void **state)
{
	static const struct {
		uint64_t code;
		enum snp_exit counter;
		const char *function;
	} rows[] = {
		{ 0x27, SNP_EXIT_DR7_READ, "snp_exit_dr7_read" },
		{ 0x37, SNP_EXIT_DR7_WRITE, "snp_exit_dr7_write" },
		{ 0x6f, SNP_EXIT_RDPMC, "snp_exit_rdpmc" },
		{ 0x72, SNP_EXIT_CPUID, "snp_exit_cpuid" },
		{ 0x76, SNP_EXIT_INVD, "snp_exit_no_effect" },
		{ 0x7b, SNP_EXIT_IOIO, "snp_exit_ioio" },
		{ 0x7c, SNP_EXIT_MSR, "snp_exit_msr" },
		{ 0x81, SNP_EXIT_VMMCALL, "snp_exit_vmmcall" },
		{ 0x89, SNP_EXIT_WBINVD, "snp_exit_no_effect" },
		{ 0x8a, SNP_EXIT_MONITOR, "snp_exit_no_effect" },
		{ 0x8b, SNP_EXIT_MWAIT, "snp_exit_no_effect" },
		{ 0x80000001, SNP_EXIT_MMIO_READ, "snp_exit_mmio_read" },
		{ 0x80000002, SNP_EXIT_MMIO_WRITE, "snp_exit_mmio_write" },
		{ 0x80000005, SNP_EXIT_AP_JUMP_TABLE, "snp_exit_ap_jump_table" },
		{ 0x80000011, SNP_EXIT_GUEST_REQUEST, "request" },
		{ 0x80000012, SNP_EXIT_EXTENDED_GUEST_REQUEST, "extended request" },
		{ 0x80000017, SNP_EXIT_APIC_IDS, "snp_exit_apic_ids" },
		{ 0x80000018, SNP_EXIT_RUN_VMPL, "snp_exit_run_vmpl" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct emu_ghcb_event event = { .exitcode = rows[i].code };

		called = NULL;
		assert_int_equal(snp_host.event(NULL, 1, &event), EMU_GHCB_DONE);
		assert_string_equal(called, rows[i].function);
		assert_int_equal(snp.vcpu[1].exits[rows[i].counter], 1);
		assert_int_equal(snp.vcpu[0].exits[rows[i].counter], 0);
	}
}

static void test_unknown(void **state)
{
	/* SKINIT; NMI complete; what no specification has. */
	static const uint64_t codes[] = { 0x86, 0x80000003, 0xffff, UINT64_MAX };

	called = NULL;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct emu_ghcb_event event = { .exitcode = codes[i] };

		assert_int_equal(snp_host.event(NULL, 0, &event), EMU_GHCB_UNKNOWN);
	}
	assert_null(called);
	assert_int_equal(snp.vcpu[0].exits[SNP_EXIT_OTHER], 4);
}

static void test_msr_protocol(void **state)
{
	uint64_t value = UINT64_C(0x1f00000004);

	assert_true(snp_host.msr(NULL, 0, &value));
	assert_string_equal(called, "snp_msr_cpuid");
	value = 0x016;
	assert_true(snp_host.msr(NULL, 0, &value));
	assert_string_equal(called, "snp_msr_run_vmpl");
	value = 0x018;
	assert_false(snp_host.msr(NULL, 0, &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_msr_protocol),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
