/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emu/machine.h"
#include "qemu/guest/guest.h"
#include "qemu/host/devices.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/host/x86/halt.h"
#include "qemu/host/vcpu.h"
#include "qemu/host/x86/machine.h"
#include "qemu/host/x86/vcpu.h"
#include "qemu/tdx/tdx.h"

/* TDVMCALLs that do not concern memory, GHCI 1.5, chapter 3. RAM is [0, RAM). */
#define RAM	UINT64_C(0x40000000)
#define SUCCESS 0
#define INVALID UINT64_C(0x8000000000000000)
#define KEEPS	UINT64_C(0x1111)

struct guest guest;
struct tdx tdx = { .shared_bit = UINT64_C(1) << 51 };

static uint64_t gpr[EMU_GPRS];
static uint64_t msr_written;
static bool is_x2apic;
static uint32_t last_out;
static unsigned last_size;
static uint8_t device[16];

void qemu_cpuid(unsigned vcpu, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
	for (uint32_t i = 0; i < 4; i++)
		out[i] = leaf << 8 | subleaf << 4 | i;
}

/* The processor raises #GP. */
static bool is_gp(uint32_t msr)
{
	return msr >= 0x800 && msr <= 0x8ff && !is_x2apic;
}

bool qemu_rdmsr(unsigned vcpu, uint32_t msr, uint64_t *value)
{
	if (is_gp(msr))
		return false;
	*value = UINT64_C(0x500000000) + msr;
	return true;
}

bool qemu_wrmsr(unsigned vcpu, uint32_t msr, uint64_t value)
{
	if (is_gp(msr) || (msr == 0x6e1 && value > UINT32_MAX))
		return false;
	msr_written = msr + value;
	return true;
}

uint32_t qemu_port_in(uint16_t port, unsigned size)
{
	last_size = size;
	return port;
}

void qemu_port_out(uint16_t port, unsigned size, uint32_t value)
{
	last_size = size;
	last_out = value;
}

bool qemu_read(uint64_t gpa, void *buffer, size_t size)
{
	memcpy(buffer, &device[gpa % sizeof(device)], size);
	return true;
}

bool qemu_write(uint64_t gpa, const void *buffer, size_t size)
{
	memcpy(&device[gpa % sizeof(device)], buffer, size);
	return true;
}

uint64_t qemu_rflags(unsigned vcpu)
{
	return 0;
}

void qemu_halt(unsigned vcpu)
{
	abort();
}

void qemu_halt_until_pending(unsigned vcpu)
{
	abort();
}

struct emu_machine *emu_tdx_machine(struct emu_tdx *emu)
{
	return NULL;
}

bool emu_machine_is_ram(const struct emu_machine *machine, uint64_t gpa)
{
	return gpa < RAM;
}

/* The answer in R10; R11 is the sub-function. */
static uint64_t call(uint64_t r11, uint64_t r12, uint64_t r13, uint64_t r14, uint64_t r15)
{
	memset(gpr, 0, sizeof(gpr));
	gpr[EMU_R11] = r11;
	gpr[EMU_R12] = r12;
	gpr[EMU_R13] = r13;
	gpr[EMU_R14] = r14;
	gpr[EMU_R15] = r15;
	assert_false(tdx_vmcall(NULL, 1, gpr));
	return gpr[EMU_R10];
}

static void test_names(void **state)
{
	static const struct {
		uint64_t number;
		const char *name;
	} rows[] = {
		{ 10, "cpuid" },
		{ 12, "hlt" },
		{ 30, "io" },
		{ 31, "rdmsr" },
		{ 32, "wrmsr" },
		{ 48, "mmio" },
		{ 54, "wbinvd" },
		{ 0x10000, "get_td_vmcall_info" },
		{ 0x10001, "map_gpa" },
		{ 0x10002, "get_quote" },
		{ 0x10003, "report_fatal_error" },
		{ 0x10004, "setup_event_notify" },
		{ 0x10005, "other" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(tdx_vmcall_name(tdx_vmcall_kind(0, rows[i].number)),
				    rows[i].name);
	/* Vendors have calls of their own, with another R10. */
	assert_int_equal(tdx_vmcall_kind(1, 10), TDX_VMCALL_OTHER);
}

/* What is left to the emulator, registers unchanged. */
static void test_not_here(void **state)
{
	static const uint64_t numbers[] = { 0x10001, 0x10002, 0x10003, 0x10005, 55, UINT64_MAX };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		memset(gpr, 0, sizeof(gpr));
		gpr[EMU_R11] = numbers[i];
		gpr[EMU_R12] = KEEPS;
		assert_true(tdx_vmcall(NULL, 0, gpr));
		assert_int_equal(gpr[EMU_R12], KEEPS);
		assert_int_equal(gpr[EMU_R10], 0);
	}
}

static void test_cpu(void **state)
{
	assert_int_equal(call(10, 0xd, 1, 0, 0), SUCCESS);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(gpr[EMU_R12 + i], 0xd10 + i);
	assert_int_equal(call(12, 0, 0, 0, 0), SUCCESS);
	assert_true(tdx.vcpu[1].halt);
	assert_false(tdx.vcpu[0].halt);
	assert_int_equal(call(54, 0, 0, 0, 0), SUCCESS);
	assert_int_equal(call(54, 1, 0, 0, 0), SUCCESS);
	assert_int_equal(call(54, 2, 0, 0, 0), INVALID);
}

static void test_msrs(void **state)
{
	assert_int_equal(call(31, 0x10, 0, 0, 0), SUCCESS);
	assert_int_equal(gpr[EMU_R11], UINT64_C(0x500000010));
	assert_int_equal(call(31, UINT64_C(0x100000010), 0, 0, 0), INVALID);
	assert_int_equal(call(32, 0x10, 7, 0, 0), SUCCESS);
	assert_int_equal(msr_written, 0x17);
	assert_int_equal(call(32, 0x1b, 7, 0, 0), INVALID);
	/* x2APIC's only in that mode. */
	assert_int_equal(call(31, 0x802, 0, 0, 0), INVALID);
	assert_int_equal(gpr[EMU_R11], 31);
	assert_int_equal(call(32, 0x80b, 0, 0, 0), INVALID);
	is_x2apic = true;
	assert_int_equal(call(31, 0x802, 0, 0, 0), SUCCESS);
	/* PKRS has 32 bits. */
	assert_int_equal(call(32, 0x6e1, UINT64_C(1) << 32, 0, 0), INVALID);
	assert_int_equal(msr_written, 0x17);
	assert_int_equal(call(32, 0x6e1, 1, 0, 0), SUCCESS);
}

static void test_ports(void **state)
{
	assert_int_equal(call(30, 1, 1, 0x3f8, 'x'), SUCCESS);
	assert_int_equal(last_out, 'x');
	assert_int_equal(last_size, 1);
	assert_int_equal(call(30, 4, 0, 0xcfc, 0), SUCCESS);
	assert_int_equal(gpr[EMU_R11], 0xcfc);
	assert_int_equal(call(30, 3, 0, 0xcfc, 0), INVALID);
	assert_int_equal(call(30, 8, 0, 0xcfc, 0), INVALID);
	assert_int_equal(call(30, 4, 2, 0xcfc, 0), INVALID);
	assert_int_equal(call(30, 4, 0, 0x10000, 0), INVALID);
}

static void test_mmio(void **state)
{
	assert_int_equal(call(48, 4, 1, 0xfed00004, 0x64636261), SUCCESS);
	assert_memory_equal(&device[4], "abcd", 4);
	/* Through the shared view. */
	assert_int_equal(call(48, 2, 0, UINT64_C(1) << 51 | 0xfed00006, 0), SUCCESS);
	assert_int_equal(gpr[EMU_R11], 0x6463);
	assert_int_equal(call(48, 3, 0, 0xfed00000, 0), INVALID);
	assert_int_equal(call(48, 4, 0, 0xfed00002, 0), INVALID);
	assert_int_equal(call(48, 4, 2, 0xfed00000, 0), INVALID);
	assert_int_equal(call(48, 4, 0, 0x100000, 0), INVALID);
	assert_int_equal(call(48, 4, 0, UINT64_C(1) << 52, 0), INVALID);
	assert_int_equal(call(48, 1, 0, 0xa0000, 0), SUCCESS);
	assert_int_equal(call(48, 1, 0, 0xc0000, 0), INVALID);
}

static void test_info(void **state)
{
	assert_int_equal(call(0x10000, 0, 1, 2, 3), SUCCESS);
	for (unsigned i = EMU_R11; i <= EMU_R14; i++)
		assert_int_equal(gpr[i], 0);
	assert_int_equal(call(0x10000, 2, 0, 0, 0), INVALID);
	assert_int_equal(call(0x10004, 31, 0, 0, 0), INVALID);
	assert_int_equal(call(0x10004, 32, 0, 0, 0), SUCCESS);
	assert_int_equal(call(0x10004, 255, 0, 0, 0), SUCCESS);
	assert_int_equal(call(0x10004, 256, 0, 0, 0), INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names), cmocka_unit_test(test_not_here),
		cmocka_unit_test(test_cpu),   cmocka_unit_test(test_msrs),
		cmocka_unit_test(test_ports), cmocka_unit_test(test_mmio),
		cmocka_unit_test(test_info),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
