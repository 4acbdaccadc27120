/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "qemu/guest/guest.h"
#include "qemu/host/devices.h"
#include "qemu/host/memory_map.h"
#include "qemu/host/vcpu.h"
#include "qemu/host/x86/machine.h"
#include "qemu/memory/mmio.h"

/* Device memory is what is neither RAM nor the firmware's ROM, up to the bit that selects the
 * view. */
#define BIT (UINT64_C(1) << 47)
#define GIB (UINT64_C(1) << 30)
#define ROM (4 * GIB - 0x400000)

static struct emu_ram traps[8];
static size_t count;
static const struct qemu_trap_ops *ops;
static uint64_t trap_base;
static uintptr_t host_pc;
static bool synced, is_vcpu;
static struct platform_access raised;
static jmp_buf left;

uint64_t qemu_rom_start(void)
{
	return ROM;
}

struct qemu_traps *qemu_traps_create(bool of_devices, uint64_t base, uint64_t end,
				     const struct qemu_trap_ops *functions, void *opaque)
{
	assert_false(of_devices);
	assert_int_equal(end, BIT);
	trap_base = base;
	ops = functions;
	count = 0;
	return NULL;
}

void qemu_traps_begin(void)
{
}

void qemu_trap_set(struct qemu_traps *unused, size_t index, uint64_t start, uint64_t end)
{
	assert_int_equal(index, count);
	traps[count++] = (struct emu_ram){ start, end };
}

void qemu_traps_commit(void)
{
}

void qemu_lock(void)
{
}

void qemu_unlock(void)
{
}

bool qemu_is_vcpu(void)
{
	return is_vcpu;
}

unsigned qemu_this_vcpu(void)
{
	assert_true(is_vcpu);
	return 2;
}

uintptr_t qemu_trap_host_pc(unsigned vcpu)
{
	return host_pc;
}

void qemu_sync(unsigned vcpu, uintptr_t at)
{
	synced = true;
}

bool qemu_read(uint64_t gpa, void *buffer, size_t size)
{
	memset(buffer, 0x11, size);
	return true;
}

static uint64_t written;

bool qemu_write(uint64_t gpa, const void *buffer, size_t size)
{
	memcpy(&written, buffer, size);
	return true;
}

static void raise_exception(const struct platform_access *access)
{
	assert_true(synced);
	raised = *access;
	longjmp(left, 1);
}

static void holes_are(const struct emu_ram *expected, size_t number)
{
	memory_trap_mmio(raise_exception);
	assert_int_equal(count, number);
	for (size_t i = 0; i < number; i++) {
		assert_int_equal(traps[i].start, expected[i].start);
		assert_int_equal(traps[i].end, expected[i].end);
	}
}

static void test_holes(void **state)
{
	const struct emu_ram small[] = { { GIB, ROM }, { 4 * GIB, BIT } };
	const struct emu_ram large[] = { { 2 * GIB, ROM }, { 8 * GIB, BIT } };
	const struct emu_ram plugs[] = {
		{ 2 * GIB, ROM }, { 4 * GIB, 5 * GIB }, { 6 * GIB, 7 * GIB }, { 9 * GIB, BIT }
	};
	const struct emu_ram split[] = { { 2 * GIB, ROM }, { 4 * GIB, 5 * GIB }, { 6 * GIB, BIT } };

	guest = (struct guest){ .private_base = 0, .shared_base = BIT };
	guest.ram[0] = (struct emu_ram){ 0, GIB };
	guest.ram_count = 1;
	holes_are(small, 2);
	assert_int_equal(trap_base, BIT);
	guest.ram[0].end = 2 * GIB;
	guest.ram[1] = (struct emu_ram){ 4 * GIB, 8 * GIB };
	guest.ram_count = 2;
	holes_are(large, 2);
	guest.ram[1] = (struct emu_ram){ 5 * GIB, 6 * GIB };
	holes_are(split, 3);
	/* Where RAM may be plugged in, it may be shared like other RAM. */
	guest.window = (struct emu_ram){ 7 * GIB, 9 * GIB };
	holes_are(plugs, 4);
	guest.window = (struct emu_ram){ 0 };
	/* With a C-bit shared memory is at the lower addresses. */
	guest.private_base = BIT;
	guest.shared_base = 0;
	holes_are(split, 3);
	assert_int_equal(trap_base, 0);
}

static uint64_t load(uint64_t gpa, unsigned size)
{
	uint64_t value = 0;

	assert_true(ops->read(NULL, gpa, &value, size));
	return value;
}

static void test_accesses(void **state)
{
	memory_trap_mmio(raise_exception);
	host_pc = 0x7000;
	synced = false;
	is_vcpu = true;
	if (!setjmp(left)) {
		ops->write(NULL, 0xfee00300, 5, 4);
		fail();
	}
	assert_int_equal(raised.gpa, 0xfee00300);
	assert_int_equal(raised.vcpu, 2);
	assert_true(raised.write && raised.shared);
	if (!setjmp(left)) {
		load(0xfee00300, 4);
		fail();
	}
	assert_false(raised.write);
	/* Not by an instruction: QEMU's own access. */
	host_pc = 0;
	assert_int_equal(load(0xfee00300, 2), 0x1111);
	ops->write(NULL, 0xfee00300, 0x123456789, 4);
	assert_int_equal(written, 0x23456789);
	/* A debugger, which has no vCPU. */
	host_pc = 0x7000;
	is_vcpu = false;
	assert_int_equal(load(0xfee00300, 2), 0x1111);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_accesses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
