/* SPDX-License-Identifier: MIT */
#include "tests/hosted/guest.h"

#include <string.h>

struct run {
	struct guest *guest;
	enum cvm_platform_kind detected;
	enum cvm_terminate_reason reason;
	uint64_t gpa;
	void (*instruction)(struct guest *guest);
	bool returned;
};

static void no_cpuid(uint32_t leaf, uint32_t subleaf, struct cvm_cpuid *out)
{
	*out = (struct cvm_cpuid){ 0 };
}

static void detect_entry(unsigned vcpu, void *arg)
{
	struct run *run = arg;

	run->detected = cvm_platform_detect(hosted_cpuid);
}

static void test_detect(void **state)
{
	enum hosted_kind kind = *(enum hosted_kind *)*state;
	struct run run = { .guest = guest_create(kind, MIB(16), NULL) };

	assert_int_equal(guest_run(run.guest, detect_entry, &run, 1), 0);
	assert_int_equal(run.detected, kind == HOSTED_TDX ? CVM_PLATFORM_TDX : CVM_PLATFORM_SNP);
	guest_destroy(run.guest);
}

static void test_detect_nothing(void **state)
{
	assert_int_equal(cvm_platform_detect(no_cpuid), CVM_PLATFORM_NONE);
	/* Outside a vCPU there is no guest whose CPUID it could be. */
	assert_int_equal(cvm_platform_detect(hosted_cpuid), CVM_PLATFORM_NONE);
}

static void info_entry(unsigned vcpu, void *arg)
{
	guest_begin(((struct run *)arg)->guest);
}

static void test_tdx_info(void **state)
{
	struct run run = { .guest = guest_create(HOSTED_TDX, MIB(16), NULL) };

	assert_int_equal(guest_run(run.guest, info_entry, &run, 1), 0);
	assert_int_equal(run.guest->tdx.gpa_width, 48);
	assert_int_equal(run.guest->tdx.shared_mask, UINT64_C(1) << 47);
	assert_int_equal(run.guest->tdx.attributes, UINT64_C(1) << 28);
	assert_string_equal(run.guest->platform->name, "tdx");
	guest_destroy(run.guest);
}

static void test_snp_configurations(void **state)
{
	const struct cvm_snp_ghcb *(*get)(void *, struct cvm_snp_ghcb_state *) =
		(const struct cvm_snp_ghcb *(*)(void *, struct cvm_snp_ghcb_state *))1;
	struct cvm_snp_config config = { .direct_map = 4096, .cpuid = no_cpuid };
	struct cvm_snp snp;

	assert_int_equal(cvm_snp_init(&snp, &config), 0);
	assert_string_equal(snp.platform.name, "snp");
	config.ghcb_get = get;
	assert_int_equal(cvm_snp_init(&snp, &config), CVM_EINVAL);
	config = (struct cvm_snp_config){ .direct_map = 4096 + 1 };
	assert_int_equal(cvm_snp_init(&snp, &config), CVM_EINVAL);
}

static void stop_entry(unsigned vcpu, void *arg)
{
	struct run *run = arg;

	guest_begin(run->guest);
	run->guest->platform->terminate(run->guest->platform, run->reason, run->gpa);
	run->returned = true;
}

static void test_stop(void **state)
{
	enum hosted_kind kind = *(enum hosted_kind *)*state;

	for (int reason = CVM_TERMINATE_ALREADY_ACCEPTED; reason <= CVM_TERMINATE_BUG; reason++) {
		struct run run = { .reason = reason, .gpa = 0x123456789000 };
		const struct emu_stop *stop;

		run.guest = guest_create(kind, MIB(16), NULL);
		stop = &run.guest->report.stop;
		assert_int_equal(guest_run(run.guest, stop_entry, &run, 1), -1);
		assert_false(run.returned);
		assert_false(run.guest->report.violation);
		assert_int_equal(stop->cause, EMU_STOP_GUEST_REQUEST);
		if (kind == HOSTED_TDX) {
			assert_int_equal(stop->code, (uint64_t)reason << 32);
			assert_non_null(strstr(stop->text, "0x0000123456789000"));
		} else {
			/* The emulator's form of it: set 0xc in bits 3:0, code in 11:4. */
			assert_int_equal(stop->code, reason << 4 | 0xc);
		}
		guest_destroy(run.guest);
	}
}

static void execute_tdcall(struct guest *guest)
{
	__asm__ volatile(".byte 0x66, 0x0f, 0x01, 0xcc"
			 :
			 : "a"(1)
			 : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
}

static void execute_pvalidate(struct guest *guest)
{
	uint64_t rax = guest->direct_map + MIB(2);

	__asm__ volatile(".byte 0xf2, 0x0f, 0x01, 0xff"
			 : "+a"(rax)
			 : "c"(0), "d"(1)
			 : "memory", "cc");
}

static void pvalidate_nowhere(struct guest *guest)
{
	uint64_t rax = (uintptr_t)guest;

	__asm__ volatile(".byte 0xf2, 0x0f, 0x01, 0xff"
			 : "+a"(rax)
			 : "c"(0), "d"(1)
			 : "memory", "cc");
}

static void execute_rdmsr(struct guest *guest)
{
	__asm__ volatile("rdmsr" : : "c"(0x10) : "rax", "rdx");
}

static void execute_wrmsr(struct guest *guest)
{
	__asm__ volatile("wrmsr" : : "c"(0xc0010131), "a"(0), "d"(0) : "memory");
}

static void execute_vmgexit(struct guest *guest)
{
	hosted_vmgexit(NULL, NULL);
}

static void instruction_entry(unsigned vcpu, void *arg)
{
	struct run *run = arg;

	run->instruction(run->guest);
	run->returned = true;
}

static void expect_exception(enum hosted_kind kind, void (*instruction)(struct guest *guest),
			     const char *exception, const char *name)
{
	struct run run = { .instruction = instruction };
	const char *text;

	run.guest = guest_create(kind, MIB(16), NULL);
	text = run.guest->report.stop.text;
	assert_int_equal(guest_run(run.guest, instruction_entry, &run, 1), -1);
	assert_false(run.returned);
	assert_int_equal(run.guest->report.stop.cause, EMU_STOP_EXCEPTION);
	assert_false(run.guest->report.violation);
	assert_non_null(strstr(text, exception));
	assert_non_null(strstr(text, name));
	guest_destroy(run.guest);
}

static void test_instructions_of_the_other_kind(void **state)
{
	expect_exception(HOSTED_SNP, execute_tdcall, "#UD", "TDCALL");
	expect_exception(HOSTED_TDX, execute_pvalidate, "#UD", "PVALIDATE");
	expect_exception(HOSTED_TDX, execute_vmgexit, "#UD", "VMGEXIT");
	expect_exception(HOSTED_TDX, execute_rdmsr, "#GP", "RDMSR");
	expect_exception(HOSTED_SNP, execute_rdmsr, "#GP", "RDMSR");
	expect_exception(HOSTED_SNP, execute_wrmsr, "#GP", "WRMSR");
	expect_exception(HOSTED_SNP, pvalidate_nowhere, "#PF", "PVALIDATE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_detect),
		cmocka_unit_test(test_detect_nothing),
		cmocka_unit_test(test_tdx_info),
		cmocka_unit_test(test_snp_configurations),
		BOTH(test_stop),
		cmocka_unit_test(test_instructions_of_the_other_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
