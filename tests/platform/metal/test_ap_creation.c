/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <cvmem/metal.h>

#include "tests/platform/fake_cpu.h"

/* What becomes of the VMSA when the host or the processor refuses. That a CPU begins as a VMSA says
 * is tested by whole boots. */

/* GHCB specification 2.03: offsets in the page, in units of 8 bytes. */
enum {
	RAX = 0x1f8 / 8,
	EXIT_CODE = 0x390 / 8,
	EXIT_INFO1 = 0x398 / 8,
	EXIT_INFO2 = 0x3a0 / 8,
};

/* RMPADJUST, AMD APM volume 3: RDX, and EAX when the page is the VMSA of a CPU that runs. */
#define VMSA   0x10001
#define NORMAL 0x1
#define INUSE  3

static _Alignas(4096) uint64_t page[512], seen[512];
static _Alignas(4096) uint8_t memory[2][4096];
static const struct cvm_snp_ghcb ghcb = { page, 0x77000 };
static struct cvm_snp snp;

static struct {
	bool no_ghcb, rejects;
	uint32_t status_of_vmsa, status_of_normal; /* of RMPADJUST */
	unsigned exits, gets, puts;
	bool is_vmsa;
} cpu;

static uint64_t vmsa(void)
{
	uint64_t first = (uintptr_t)memory[0];

	return first % 0x200000 ? first : first + 4096;
}

static uint32_t on_rmpadjust(uintptr_t va, uint64_t operands)
{
	bool makes = operands == VMSA;
	uint32_t status = makes ? cpu.status_of_vmsa : cpu.status_of_normal;

	assert_int_equal(va, vmsa());
	assert_true(makes || operands == NORMAL);
	if (!status)
		cpu.is_vmsa = makes;
	return status;
}

static void on_vmgexit(void *ctx, struct cvm_snp_regs *regs)
{
	/* A host that starts the CPU needs the page as a VMSA. */
	assert_true(cpu.is_vmsa);
	cpu.exits++;
	memcpy(seen, page, sizeof(seen));
	page[EXIT_INFO1] = cpu.rejects;
}

static const struct cvm_snp_ghcb *get(void *ctx, struct cvm_snp_ghcb_state *state)
{
	cpu.gets++;
	return cpu.no_ghcb ? NULL : &ghcb;
}

static void put(void *ctx, const struct cvm_snp_ghcb *used, struct cvm_snp_ghcb_state *state)
{
	cpu.puts++;
}

static void begin(void)
{
	const struct cvm_snp_config config = { .evict = CVM_SNP_EVICT_NEVER,
					       .ghcb_get = get,
					       .ghcb_put = put,
					       .vmgexit = on_vmgexit };

	fake_cpu_begin();
	fake_cpu.rmpadjust = on_rmpadjust;
	memset(&cpu, 0, sizeof(cpu));
	memset(memory, 0x5a, sizeof(memory));
	assert_int_equal(cvm_snp_init(&snp, &config), 0);
}

static int start(uint64_t at)
{
	const struct cvm_snp_cpu_start how = { .apic_id = 5, .vmsa = at, .sev_features = 1 };
	int error = cvm_snp_start_cpu(&snp, &how);

	assert_int_equal(cpu.gets, cpu.puts);
	return error;
}

static void test_started(void **state)
{
	begin();
	assert_int_equal(start(vmsa()), 0);
	assert_true(cpu.is_vmsa);
	assert_int_equal(cpu.exits, 1);
	assert_int_equal(seen[EXIT_CODE], 0x80000013);
	assert_int_equal(seen[EXIT_INFO1], UINT64_C(5) << 32 | 1);
	assert_int_equal(seen[EXIT_INFO2], vmsa());
	assert_int_equal(seen[RAX], 1);
}

static void test_no_ghcb(void **state)
{
	begin();
	cpu.no_ghcb = true;
	assert_int_equal(start(vmsa()), CVM_EINVAL);
	assert_false(cpu.is_vmsa);
	assert_int_equal(*(const uint8_t *)(uintptr_t)vmsa(), 0x5a);
}

static void test_address(void **state)
{
	begin();
	assert_int_equal(start(vmsa() + 8), CVM_EINVAL);
	assert_int_equal(start(0x200000), CVM_EINVAL);
	assert_int_equal(cpu.exits, 0);
}

static void test_not_adjusted(void **state)
{
	begin();
	cpu.status_of_vmsa = 6;
	assert_int_equal(start(vmsa()), CVM_EIO);
	assert_int_equal(cpu.exits, 0);
}

/* The page is one like others again. */
static void test_rejected(void **state)
{
	begin();
	cpu.rejects = true;
	assert_int_equal(start(vmsa()), CVM_EIO);
	assert_int_equal(cpu.exits, 1);
	assert_false(cpu.is_vmsa);
}

/* The host says that it has not started the CPU, and has. */
static void test_rejected_and_runs(void **state)
{
	begin();
	cpu.rejects = true;
	cpu.status_of_normal = INUSE;
	assert_int_equal(start(vmsa()), CVM_EBUSY);
	assert_true(cpu.is_vmsa);
}

static void test_stopped(void **state)
{
	begin();
	assert_int_equal(start(vmsa()), 0);
	cpu.rejects = true;
	assert_int_equal(cvm_snp_stop_cpu(&snp, 5, vmsa()), CVM_EIO);
	assert_true(cpu.is_vmsa);
	cpu.rejects = false;
	assert_int_equal(cvm_snp_stop_cpu(&snp, 5, vmsa()), 0);
	assert_int_equal(seen[EXIT_INFO1], UINT64_C(5) << 32 | 2);
	assert_false(cpu.is_vmsa);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_started),	 cmocka_unit_test(test_no_ghcb),
		cmocka_unit_test(test_address),	 cmocka_unit_test(test_not_adjusted),
		cmocka_unit_test(test_rejected), cmocka_unit_test(test_rejected_and_runs),
		cmocka_unit_test(test_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
