/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "emu/snp/svsm/svsm.h"

/*
 * 8 MiB of guest memory in which a page is a byte of state; the SVSM has the last 64 KiB of the
 * second huge page for itself.
 */
#define RAM_SIZE  (8u << 20)
#define SVSM_BASE 0x3f0000
#define SVSM_SIZE 0x10000
#define CAA	  0x5000
#define CAA_2	  0x6000
#define VMSA	  0x9000
#define FEATURES  0x41

static uint8_t ram[RAM_SIZE];
static bool valid[RAM_SIZE / 4096], is_vmsa[RAM_SIZE / 4096];
static bool rmp_4k, stop;
static enum svsm_rmp vmsa_result;
static struct svsm *svsm;
static struct svsm_regs regs;

static enum svsm_rmp pvalidate(void *ctx, unsigned vcpu, uint64_t gpa, bool huge, bool validate)
{
	size_t pages = huge ? 512 : 1;
	bool changed = false;

	assert_true(gpa < RAM_SIZE && gpa % (pages * 4096) == 0);
	if (stop)
		return SVSM_RMP_STOP;
	if (huge && rmp_4k)
		return SVSM_RMP_FAIL_SIZEMISMATCH;
	for (size_t i = 0; i < pages; i++) {
		changed |= valid[gpa / 4096 + i] != validate;
		valid[gpa / 4096 + i] = validate;
	}
	return changed ? SVSM_RMP_SUCCESS : SVSM_RMP_UNCHANGED;
}

static bool may_access(uint64_t gpa, size_t size)
{
	if (gpa >= RAM_SIZE || size > RAM_SIZE - gpa)
		return false;
	return valid[gpa / 4096] && valid[(gpa + size - 1) / 4096];
}

static bool read_guest(void *ctx, uint64_t gpa, void *buffer, size_t size)
{
	if (!may_access(gpa, size))
		return false;
	memcpy(buffer, ram + gpa, size);
	return true;
}

static bool write_guest(void *ctx, uint64_t gpa, const void *buffer, size_t size)
{
	if (!may_access(gpa, size))
		return false;
	memcpy(ram + gpa, buffer, size);
	return true;
}

static bool is_memory(void *ctx, uint64_t gpa)
{
	return gpa < RAM_SIZE;
}

static enum svsm_rmp set_vmsa(void *ctx, unsigned vcpu, uint64_t gpa, bool vmsa)
{
	if (vmsa_result == SVSM_RMP_SUCCESS)
		is_vmsa[gpa / 4096] = vmsa;
	return vmsa_result;
}

/* APIC IDs are 0, 10, 20, and one that is wrong. */
static int vcpu_of(void *ctx, uint32_t apic_id)
{
	return apic_id % 10 || apic_id > 90 ? -1 : (int)apic_id / 10;
}

static int setup(void **state)
{
	const struct svsm_config config = {
		.vcpus = 3,
		.vmpl = 2,
		.sev_features = FEATURES,
		.base = SVSM_BASE,
		.size = SVSM_SIZE,
		.caa = CAA,
		.host = { .pvalidate = pvalidate,
			  .read = read_guest,
			  .write = write_guest,
			  .is_memory = is_memory,
			  .set_vmsa = set_vmsa,
			  .vcpu_of = vcpu_of },
	};

	memset(ram, 0, sizeof(ram));
	memset(valid, 0, sizeof(valid));
	memset(valid, true, 64); /* the first 256 KiB */
	memset(is_vmsa, 0, sizeof(is_vmsa));
	rmp_4k = stop = false;
	vmsa_result = SVSM_RMP_SUCCESS;
	svsm = svsm_create(&config);
	return !svsm;
}

static int teardown(void **state)
{
	svsm_destroy(svsm);
	return 0;
}

static void put(uint64_t gpa, uint64_t value, unsigned size)
{
	memcpy(ram + gpa, &value, size);
}

static uint64_t get(uint64_t gpa, unsigned size)
{
	uint64_t value = 0;

	memcpy(&value, ram + gpa, size);
	return value;
}

/* As a guest calls: pending, VMGEXIT, not pending any more. */
static uint64_t call_at(unsigned vcpu, uint64_t caa, uint32_t protocol, uint32_t number,
			uint64_t rcx, uint64_t rdx, uint64_t r8)
{
	ram[caa] = 1;
	regs = (struct svsm_regs){ (uint64_t)protocol << 32 | number, rcx, rdx, r8, 0x99 };
	assert_int_equal(svsm_call(svsm, vcpu, &regs), SVSM_RETURNED);
	assert_int_equal(ram[caa], 0);
	assert_int_equal(regs.r9, 0x99);
	return regs.rax;
}

static uint64_t call(uint32_t number, uint64_t rcx)
{
	return call_at(0, CAA, 0, number, rcx, 0, 0);
}

static void test_convention(void **state)
{
	regs = (struct svsm_regs){ 6, 1, 2, 3, 4 };
	assert_int_equal(svsm_call(svsm, 0, &regs), SVSM_IDLE);
	assert_int_equal(regs.rax, 6);
	assert_int_equal(svsm_call(svsm, 1, &regs), SVSM_NO_CAA);
	ram[CAA] = 1;
	valid[CAA / 4096] = false;
	assert_int_equal(svsm_call(svsm, 0, &regs), SVSM_NO_CAA);
	valid[CAA / 4096] = true;

	assert_int_equal(call_at(0, CAA, 1, 0, 0, 0, 0), 0x80000001);
	assert_int_equal(call_at(0, CAA, 2, 1, 0, 0, 0), 0x80000001);
	for (uint32_t number = 0; number < 12; number++)
		if (number == 4 || number == 5 || number > 7)
			assert_int_equal(call(number, 0), 0x80000002);
}

static void test_queries(void **state)
{
	assert_int_equal(call(6, 1), 0);
	assert_int_equal(regs.rcx, 1ull << 32 | 1);
	assert_int_equal(call(6, 0), 0);
	assert_int_equal(regs.rcx, 0);
	assert_int_equal(call(6, 2), 0);
	assert_int_equal(regs.rcx, 0);
	assert_int_equal(call(6, 1ull << 32 | 1), 0);
	assert_int_equal(regs.rcx, 0);
	assert_int_equal(call(7, 1), 0);
	assert_int_equal(regs.rcx, 0);
	assert_int_equal(call(7, 0x1000), 0x80000006);
}

static void test_remap_ca(void **state)
{
	put(CAA_2 + 8, 0xffffffffffffffff, 8);
	put(CAA_2 + 16, 0xffffffffffffffff, 8);
	assert_int_equal(call(0, CAA_2 + 4), 0x80000005);
	assert_int_equal(call(0, SVSM_BASE), 0x80000005);
	assert_int_equal(call(0, RAM_SIZE), 0x80000005);
	assert_int_equal(call(0, RAM_SIZE - 4096), 0x80000003);
	assert_int_equal(svsm_caa(svsm, 0), CAA);
	assert_int_equal(call(0, CAA_2 + 8), 0);
	assert_int_equal(svsm_caa(svsm, 0), CAA_2 + 8);
	assert_int_equal(get(CAA_2 + 8, 8), 0);
	assert_int_equal(get(CAA_2 + 16, 8), 0xffffffffffffffff);
	ram[CAA] = 1;
	assert_int_equal(svsm_call(svsm, 0, &regs), SVSM_IDLE);
	assert_int_equal(call_at(0, CAA_2 + 8, 0, 0, CAA, 0, 0), 0);
	assert_int_equal(svsm_caa(svsm, 0), CAA);
}

#define LIST	     (CAA + 8)
#define HUGE	     1
#define VALIDATE     4
#define IGNORE	     8
#define ENTRY(index) (LIST + 8 + 8 * (index))

static void test_pvalidate(void **state)
{
	put(LIST, 3, 8);
	put(ENTRY(0), 0x100000 | VALIDATE, 8);
	put(ENTRY(1), 0x200000 | VALIDATE | HUGE, 8);
	put(ENTRY(2), 0x101000 | VALIDATE, 8);
	/* The second entry holds the SVSM's own memory. */
	assert_int_equal(call(1, LIST), 0x80000003);
	assert_int_equal(get(LIST, 2), 3);
	assert_int_equal(get(LIST + 2, 2), 1);
	assert_true(valid[0x100]);
	put(ENTRY(1), 0x600000 | VALIDATE | HUGE, 8);
	assert_int_equal(call(1, LIST), 0);
	assert_int_equal(get(LIST + 2, 2), 3);
	assert_true(valid[0x600] && valid[0x7ff] && valid[0x101]);
	assert_false(valid[0x102]);
	/* All is done. */
	assert_int_equal(call(1, LIST), 0x80000005);

	put(LIST, 1, 8);
	put(ENTRY(0), 0x100000 | VALIDATE, 8);
	assert_int_equal(call(1, LIST), 0x80001010);
	assert_int_equal(get(LIST + 2, 2), 0);
	put(ENTRY(0), 0x100000 | VALIDATE | IGNORE, 8);
	assert_int_equal(call(1, LIST), 0);
	put(LIST, 1, 8);
	put(ENTRY(0), 0x600000 | HUGE, 8);
	rmp_4k = true;
	assert_int_equal(call(1, LIST), 0x80001006);
	rmp_4k = false;
	assert_int_equal(call(1, LIST), 0);
	assert_false(valid[0x600]);
	stop = true;
	put(LIST, 1, 8);
	ram[CAA] = 1;
	regs = (struct svsm_regs){ .rax = 1, .rcx = LIST };
	assert_int_equal(svsm_call(svsm, 0, &regs), SVSM_STOPPED);
}

static void test_pvalidate_refused(void **state)
{
	static const struct {
		uint64_t entry, status;
	} entries[] = {
		{ 0x100000 | 2, 0x80000005 },
		{ 0x100000 | 3 | VALIDATE, 0x80000005 },
		{ 0x101000 | HUGE, 0x80000005 },
		{ SVSM_BASE | VALIDATE, 0x80000003 },
		{ SVSM_BASE + SVSM_SIZE - 4096, 0x80000003 },
		{ 0x200000 | HUGE | VALIDATE, 0x80000003 },
		{ RAM_SIZE | VALIDATE, 0x80000003 },
		{ 0xfffffffffffff000 | VALIDATE, 0x80000003 },
		{ (SVSM_BASE - 4096) | VALIDATE, 0 },
		{ (SVSM_BASE + SVSM_SIZE) | VALIDATE, 0 },
	};
	static const struct {
		uint64_t list;
		uint16_t count, next;
		uint64_t status;
	} lists[] = {
		{ LIST, 0, 0, 0x80000005 },
		{ LIST, 511, 0, 0x80000005 },
		{ LIST, 1, 1, 0x80000005 },
		{ LIST, 2, 0xffff, 0x80000005 },
		{ 0x7ff8, 1, 0, 0x80000005 },
		{ 0x7ff0, 2, 0, 0x80000005 },
		{ 0x7ff0, 1, 0, 0 },
		{ 0x7ff4, 1, 0, 0x80000005 },
		{ SVSM_BASE, 1, 0, 0x80000005 },
		{ 0x700000, 1, 0, 0x80000003 },
	};

	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		put(LIST, 1, 8);
		put(ENTRY(0), entries[i].entry, 8);
		if (call(1, LIST) != entries[i].status)
			fail_msg("entry %zu: %llx", i, (unsigned long long)regs.rax);
		assert_int_equal(get(LIST + 2, 2), entries[i].status ? 0 : 1);
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		memset(valid + 0x180, 0, 2);
		put(lists[i].list, lists[i].count, 2);
		put(lists[i].list + 2, lists[i].next, 2);
		put(lists[i].list + 8, 0x180000 | VALIDATE, 8);
		put(lists[i].list + 16, 0x181000 | VALIDATE, 8);
		if (call(1, lists[i].list) != lists[i].status)
			fail_msg("list %zu: %llx", i, (unsigned long long)regs.rax);
	}
}

/* A full list, as Linux makes it: 510 entries in the calling area. */
static void test_pvalidate_most(void **state)
{
	put(LIST, 510, 8);
	for (unsigned i = 0; i < 510; i++)
		put(ENTRY(i), (0x100000 + i * 4096) | VALIDATE, 8);
	assert_int_equal(call(1, LIST), 0);
	assert_int_equal(get(LIST + 2, 2), 510);
	assert_true(valid[0x100] && valid[0x100 + 509]);
	assert_false(valid[0x100 + 510]);
}

static void make_vmsa(uint64_t gpa)
{
	memset(ram + gpa, 0, 4096);
	ram[gpa + 0xca] = 2;
	put(gpa + 0xd0, 0x1000, 8);
	put(gpa + 0x3b0, FEATURES, 8);
}

static uint64_t create(uint64_t vmsa, uint64_t caa, uint64_t apic_id)
{
	return call_at(0, CAA, 0, 2, vmsa, caa, apic_id);
}

static void test_create_vcpu(void **state)
{
	unsigned vcpu = 77;

	make_vmsa(VMSA);
	assert_int_equal(create(VMSA + 8, CAA_2, 10), 0x80000003);
	assert_int_equal(create(VMSA, CAA_2 + 8, 10), 0x80000003);
	assert_int_equal(create(VMSA, VMSA, 10), 0x80000003);
	assert_int_equal(create(SVSM_BASE, CAA_2, 10), 0x80000003);
	assert_int_equal(create(VMSA, SVSM_BASE, 10), 0x80000003);
	assert_int_equal(create(VMSA, CAA_2, 11), 0x80000005);
	assert_int_equal(create(VMSA, CAA_2, 40), 0x80000005);
	ram[VMSA + 0xca] = 0;
	assert_int_equal(create(VMSA, CAA_2, 10), 0x80000005);
	make_vmsa(VMSA);
	put(VMSA + 0xd0, 0x500, 8);
	assert_int_equal(create(VMSA, CAA_2, 10), 0x80000005);
	make_vmsa(VMSA);
	put(VMSA + 0x3b0, 1, 8);
	assert_int_equal(create(VMSA, CAA_2, 10), 0x80000005);
	make_vmsa(VMSA);
	vmsa_result = SVSM_RMP_FAIL_PERMISSION;
	assert_int_equal(create(VMSA, CAA_2, 10), 0x80001002);
	vmsa_result = SVSM_RMP_SUCCESS;
	assert_false(svsm_is_vmsa(svsm, VMSA, &vcpu));
	assert_int_equal(svsm_caa(svsm, 1), UINT64_MAX);

	assert_int_equal(create(VMSA, CAA_2, 10), 0);
	assert_true(is_vmsa[VMSA / 4096]);
	assert_true(svsm_is_vmsa(svsm, VMSA, &vcpu));
	assert_int_equal(vcpu, 1);
	assert_int_equal(svsm_caa(svsm, 1), CAA_2);
	assert_int_equal(call_at(1, CAA_2, 0, 6, 1, 0, 0), 0);
	assert_int_equal(create(VMSA, CAA_2, 20), 0x80000005);

	/* It cannot be taken away, not as a part of a huge page either. */
	put(LIST, 1, 8);
	put(ENTRY(0), VMSA, 8);
	assert_int_equal(call(1, LIST), 0x80000003);
	put(LIST, 1, 8);
	put(ENTRY(0), HUGE, 8);
	assert_int_equal(call(1, LIST), 0x80000003);
	assert_true(valid[VMSA / 4096]);
}

static void test_delete_vcpu(void **state)
{
	unsigned vcpu;

	assert_int_equal(call(3, VMSA), 0x80000005);
	assert_int_equal(call(3, UINT64_MAX), 0x80000005);
	make_vmsa(VMSA);
	make_vmsa(VMSA + 4096);
	assert_int_equal(create(VMSA, CAA_2, 10), 0);
	/* The next VMSA first, then the one before goes: Linux does so. */
	assert_int_equal(create(VMSA + 4096, CAA_2, 10), 0);
	assert_int_equal(call(3, VMSA), 0);
	assert_false(is_vmsa[VMSA / 4096]);
	assert_false(svsm_is_vmsa(svsm, VMSA, &vcpu));
	assert_true(svsm_is_vmsa(svsm, VMSA + 4096, &vcpu));
	assert_int_equal(call(3, VMSA), 0x80000005);
	vmsa_result = SVSM_RMP_FAIL_INPUT;
	assert_int_equal(call(3, VMSA + 4096), 0x80001001);
	assert_true(svsm_is_vmsa(svsm, VMSA + 4096, &vcpu));

	vmsa_result = SVSM_RMP_SUCCESS;
	for (unsigned i = 2; i < 13; i++) {
		make_vmsa(VMSA + i * 4096);
		assert_int_equal(create(VMSA + i * 4096, CAA_2, 10), 0);
	}
	make_vmsa(VMSA);
	assert_int_equal(create(VMSA, CAA_2, 10), 0x80000007);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_convention),	CASE(test_queries),	      CASE(test_remap_ca),
		CASE(test_pvalidate),	CASE(test_pvalidate_refused), CASE(test_pvalidate_most),
		CASE(test_create_vcpu), CASE(test_delete_vcpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
