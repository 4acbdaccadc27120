/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/guest/guest.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/host/devices.h"
#include "qemu/host/memory_map.h"
#include "qemu/host/x86/machine.h"
#include "qemu/snp/snp.h"

/* A vCPU begins with the fields of its VMSA, AMD APM volume 2, table B-4; every offset holds a
 * value of its own here. */
#define VMSA UINT64_C(0x7000)

struct guest guest = { .vcpus = 3 };
struct snp snp = { .vmpl = 0 };

static uint8_t page[4096];
static struct qemu_cpu_state loaded;
static unsigned inits, loads;
static struct {
	uint32_t msr;
	uint64_t value;
} msrs[32];
static unsigned msr_count;

void qemu_cpuid(unsigned vcpu, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
	assert_int_equal(leaf, 1);
	out[1] = vcpu * 2 << 24 | 0x123456;
}

bool qemu_ram_read(uint64_t gpa, void *buffer, size_t size)
{
	if (gpa != VMSA)
		return false;
	memcpy(buffer, page, size);
	return true;
}

bool qemu_wrmsr(unsigned vcpu, uint32_t msr, uint64_t value)
{
	msrs[msr_count].msr = msr;
	msrs[msr_count++].value = value;
	return true;
}

void qemu_run_on(unsigned vcpu, void (*call)(unsigned vcpu))
{
	call(vcpu);
}

void qemu_init_cpu(unsigned vcpu)
{
	inits++;
}

void qemu_load_cpu(unsigned vcpu, const struct qemu_cpu_state *state)
{
	assert_int_equal(vcpu, 1);
	loaded = *state;
	loads++;
}

static uint64_t at(unsigned offset)
{
	uint64_t value;

	memcpy(&value, page + offset, sizeof(value));
	return value;
}

static int set_up(void **state)
{
	for (unsigned i = 0; i < sizeof(page); i++)
		page[i] = (uint8_t)(i * 7 + (i >> 8) * 13 + 1);
	inits = loads = msr_count = 0;
	memset(&loaded, 0, sizeof(loaded));
	return 0;
}

static const struct emu_snp_ap create = { .apic_id = 2, .vmsa = VMSA, .sev_features = 1 };

static void segment_is(const struct qemu_segment *segment, unsigned offset)
{
	assert_int_equal(segment->selector, (uint16_t)at(offset));
	assert_int_equal(segment->attributes, (uint16_t)at(offset + 2));
	assert_int_equal(segment->limit, (uint32_t)at(offset + 4));
	assert_int_equal(segment->base, at(offset + 8));
}

static void test_state(void **state)
{
	static const unsigned gprs[EMU_GPRS] = {
		[EMU_RAX] = 0x1f8, [EMU_RCX] = 0x308, [EMU_RDX] = 0x310, [EMU_RBX] = 0x318,
		[EMU_RSP] = 0x1d8, [EMU_RBP] = 0x328, [EMU_RSI] = 0x330, [EMU_RDI] = 0x338,
		[EMU_R8] = 0x340,  [EMU_R9] = 0x348,  [EMU_R10] = 0x350, [EMU_R11] = 0x358,
		[EMU_R12] = 0x360, [EMU_R13] = 0x368, [EMU_R14] = 0x370, [EMU_R15] = 0x378,
	};

	assert_true(snp_ap(NULL, &create));
	assert_int_equal(inits, 1);
	assert_int_equal(loads, 1);
	for (unsigned i = 0; i < EMU_GPRS; i++)
		if (loaded.gpr[i] != at(gprs[i]))
			fail_msg("general register %u", i);
	segment_is(&loaded.segment[QEMU_ES], 0x00);
	segment_is(&loaded.segment[QEMU_CS], 0x10);
	segment_is(&loaded.segment[QEMU_SS], 0x20);
	segment_is(&loaded.segment[QEMU_DS], 0x30);
	segment_is(&loaded.segment[QEMU_FS], 0x40);
	segment_is(&loaded.segment[QEMU_GS], 0x50);
	segment_is(&loaded.gdt, 0x60);
	segment_is(&loaded.ldt, 0x70);
	segment_is(&loaded.idt, 0x80);
	segment_is(&loaded.tr, 0x90);
	assert_true(loaded.efer == at(0xd0));
	assert_true(loaded.cr4 == at(0x148));
	assert_true(loaded.cr3 == at(0x150));
	assert_true(loaded.cr0 == at(0x158));
	assert_true(loaded.dr7 == at(0x160));
	assert_true(loaded.dr6 == at(0x168));
	assert_true(loaded.rflags == at(0x170));
	assert_true(loaded.rip == at(0x178));
	assert_true(loaded.cr2 == at(0x240));
	assert_true(loaded.xcr0 == at(0x3e8));
	assert_int_equal(loaded.mxcsr, (uint32_t)at(0x408));
	assert_int_equal(loaded.fcw, (uint16_t)at(0x410));
	/* What the host answers for DR7. */
	assert_true(snp.vcpu[1].dr7 == at(0x160));
}

static void test_msrs(void **state)
{
	static const struct {
		uint32_t msr;
		unsigned offset;
	} rows[] = {
		{ 0xc0000081, 0x200 }, { 0xc0000082, 0x208 }, { 0xc0000083, 0x210 },
		{ 0xc0000084, 0x218 }, { 0xc0000102, 0x220 }, { 0x174, 0x228 },
		{ 0x175, 0x230 },      { 0x176, 0x238 },      { 0x277, 0x268 },
	};

	assert_true(snp_ap(NULL, &create));
	assert_int_equal(msr_count, sizeof(rows) / sizeof(rows[0]));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t j = 0;

		while (j < msr_count && msrs[j].msr != rows[i].msr)
			j++;
		assert_true(j < msr_count && msrs[j].value == at(rows[i].offset));
	}
}

static void test_destroyed(void **state)
{
	struct emu_snp_ap ap = { .apic_id = 2, .destroy = true };

	assert_true(snp_ap(NULL, &ap));
	assert_int_equal(inits, 1);
	assert_int_equal(loads, 0);
}

static void refuses(struct emu_snp_ap ap)
{
	assert_false(snp_ap(NULL, &ap));
	assert_int_equal(inits, 0);
}

static void test_refused(void **state)
{
	struct emu_snp_ap ap = create;

	ap.apic_id = 3;
	refuses(ap);
	ap = create;
	ap.on_init = true;
	refuses(ap);
	ap = create;
	ap.vmpl = 1;
	refuses(ap);
	ap = create;
	ap.sev_features = 3;
	refuses(ap);
	/* A VMSA that is not RAM leaves the vCPU waiting. */
	ap = create;
	ap.vmsa = 0x9000;
	assert_true(snp_ap(NULL, &ap));
	assert_int_equal(inits, 1);
	assert_int_equal(loads, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_state, set_up),
		cmocka_unit_test_setup(test_msrs, set_up),
		cmocka_unit_test_setup(test_destroyed, set_up),
		cmocka_unit_test_setup(test_refused, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
