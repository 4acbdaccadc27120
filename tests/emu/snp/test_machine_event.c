/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emu/snp/snp.h"
#include "tests/emu/fake_backend.h"

/*
 * Exits by the GHCB page that a host answers, and AP creation. Offsets of fields and the valid
 * bits that an event calls for and brings back are those of GHCB specification 2.03, sections
 * 4 and 4.1.
 */
#define GHCB   0x7000
#define BUFFER (GHCB + 0x800)
#define VMSA   0x5000

enum { RAX = 0x1f8, RCX = 0x308, RDX = 0x310, RBX = 0x318, SCRATCH = 0x3a8, CPL = 0xc8 };

static const struct emu_ram ram[] = { { 0, 0x800000 } };

struct machine {
	struct fake_backend *fake;
	struct emu_snp *snp;
	struct emu_machine *emu;
	struct emu_ghcb_event got;
	struct emu_ghcb_event answer;
	enum emu_ghcb_result result;
	unsigned calls;
	struct emu_snp_ap ap;
	bool ap_refused;
	unsigned holds; /* of vCPU 0 */
};

static enum emu_ghcb_result on_event(void *ctx, unsigned vcpu, struct emu_ghcb_event *event)
{
	struct machine *m = ctx;

	assert_int_equal(vcpu, 0);
	m->calls++;
	m->got = *event;
	event->rax = m->answer.rax;
	event->rbx = m->answer.rbx;
	event->rcx = m->answer.rcx;
	event->rdx = m->answer.rdx;
	event->info2 = m->answer.info2;
	if (event->size)
		memcpy(event->buffer, m->answer.buffer, 8);
	return m->result;
}

static bool on_msr(void *ctx, unsigned vcpu, uint64_t *msr)
{
	if ((*msr & 0xfff) != 4)
		return false;
	*msr = UINT64_C(0x1234567800000005);
	return true;
}

static bool on_ap(void *ctx, const struct emu_snp_ap *ap)
{
	struct machine *m = ctx;

	m->calls++;
	m->ap = *ap;
	return !m->ap_refused;
}

static void on_reset_hold(void *ctx, unsigned vcpu)
{
	struct machine *m = ctx;

	assert_int_equal(vcpu, 0);
	m->holds++;
}

static uint64_t msr(struct machine *m, uint64_t request)
{
	uint64_t value;

	assert_int_equal(emu_snp_wrmsr(m->snp, 0, 0xc0010130, request), EMU_NEXT);
	assert_int_equal(emu_snp_vmgexit(m->snp, 0), EMU_NEXT);
	assert_int_equal(emu_snp_rdmsr(m->snp, 0, 0xc0010130, &value), EMU_NEXT);
	return value;
}

static void start(struct machine *m, bool host)
{
	struct emu_snp_config config = {
		.vcpus = 2, .ram = ram, .ram_count = 1, .assign_on_touch = true, .c_bit = 47
	};

	memset(m, 0, sizeof(*m));
	if (host) {
		config.host = (struct emu_snp_host){ on_event, on_msr, on_ap, on_reset_hold, m };
		config.hv_features = 1 << 4;
	}
	m->fake = fake_create();
	m->snp = emu_snp_create(&config, &m->fake->backend);
	assert_non_null(m->snp);
	m->emu = emu_snp_machine(m->snp);
	assert_int_equal(msr(m, GHCB | UINT64_C(2) << 52 | 0x014), 0x015);
	assert_int_equal(msr(m, GHCB | 0x012), GHCB | 0x013);
	assert_int_equal(emu_snp_wrmsr(m->snp, 0, 0xc0010130, GHCB), EMU_NEXT);
}

static void finish(struct machine *m)
{
	emu_snp_destroy(m->snp);
	fake_destroy(m->fake);
}

static void put(struct machine *m, uint64_t gpa, uint64_t value)
{
	memcpy(m->fake->shared + gpa, &value, 8);
}

static uint64_t get(struct machine *m, uint64_t gpa)
{
	uint64_t value;

	memcpy(&value, m->fake->shared + gpa, 8);
	return value;
}

static void set_valid(struct machine *m, unsigned offset)
{
	m->fake->shared[GHCB + 0x3f0 + offset / 64] |= 1 << offset / 8 % 8;
}

static bool is_valid(struct machine *m, unsigned offset)
{
	return m->fake->shared[GHCB + 0x3f0 + offset / 64] >> offset / 8 % 8 & 1;
}

static void request(struct machine *m, uint64_t exitcode, uint64_t info1, uint64_t info2)
{
	memset(m->fake->shared + GHCB, 0, 0x1000);
	m->fake->shared[GHCB + 0xffa] = 2;
	put(m, GHCB + 0x390, exitcode);
	put(m, GHCB + 0x398, info1);
	put(m, GHCB + 0x3a0, info2);
	for (unsigned offset = 0x390; offset < 0x3a8; offset += 8)
		set_valid(m, offset);
}

static void field(struct machine *m, unsigned offset, uint64_t value)
{
	put(m, GHCB + offset, value);
	set_valid(m, offset);
}

static void exits(struct machine *m, uint64_t info1, uint64_t info2)
{
	assert_int_equal(emu_snp_vmgexit(m->snp, 0), EMU_NEXT);
	assert_int_equal(get(m, GHCB + 0x398), info1);
	assert_int_equal(get(m, GHCB + 0x3a0), info2);
	assert_true(is_valid(m, 0x398) && is_valid(m, 0x3a0));
}

/* Each event with what it needs, without each part of that, and with what it brings back. */
static void test_fields(void **state)
{
	static const struct {
		uint64_t exitcode, info1;
		unsigned in[5], out[5];
	} events[] = {
		{ 0x72, 0, { RAX, RCX }, { RAX, RBX, RCX, RDX } }, /* CPUID */
		{ 0x7b, 0x00700011, { 0 }, { RAX } },		   /* IN */
		{ 0x7b, 0x00700010, { RAX }, { 0 } },		   /* OUT */
		{ 0x7b, 0x00700015, { SCRATCH }, { 0 } },	   /* INS */
		{ 0x7c, 0, { RCX }, { RAX, RDX } },		   /* RDMSR */
		{ 0x7c, 1, { RAX, RCX, RDX }, { 0 } },		   /* WRMSR */
		{ 0x6f, 0, { RCX }, { RAX, RDX } },		   /* RDPMC */
		{ 0x81, 0, { RAX, CPL }, { RAX } },		   /* VMMCALL */
		{ 0x27, 0, { 0 }, { RAX } },			   /* read of DR7 */
		{ 0x37, 0, { RAX }, { 0 } },			   /* write of DR7 */
		{ 0x6e, 0, { 0 }, { RAX, RDX } },		   /* RDTSC */
		{ 0x87, 0, { 0 }, { RAX, RCX, RDX } },		   /* RDTSCP */
		{ 0x76, 0, { 0 }, { 0 } },			   /* INVD */
		{ 0x8a, 0, { RAX, RCX, RDX }, { 0 } },		   /* MONITOR */
		{ 0x8b, 0, { RAX, RCX }, { 0 } },		   /* MWAIT */
		{ 0x89, 0, { 0 }, { 0 } },			   /* WBINVD */
		{ 0x80000001, 0xfee00000, { SCRATCH }, { 0 } },
		{ 0x80000002, 0xfee00000, { SCRATCH }, { 0 } },
		{ 0x80000017, 0, { RAX }, { RAX } },
		{ 0x80000012, 0, { RAX, RBX }, { RBX } },
	};
	static const unsigned all[] = { RAX, RBX, RCX, RDX, SCRATCH };

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		struct machine m;

		start(&m, true);
		for (unsigned missing = 0; missing < 5; missing++) {
			request(&m, events[i].exitcode, events[i].info1, 0);
			for (unsigned j = 0; j < 5 && events[i].in[j]; j++)
				if (j != missing)
					field(&m, events[i].in[j],
					      events[i].in[j] == SCRATCH ? BUFFER : 0x1111 * j);
			if (missing < 5 && events[i].in[missing]) {
				exits(&m, 2, 4);
				assert_int_equal(m.calls, 0);
			}
		}
		/* The last round had all of them. */
		m.answer = (struct emu_ghcb_event){
			.rax = 0xa, .rbx = 0xb, .rcx = 0xc, .rdx = 0xd, .info2 = 0x77
		};
		exits(&m, 0, 0x77);
		assert_int_equal(m.calls, 1);
		assert_int_equal(m.got.exitcode, events[i].exitcode);
		assert_int_equal(m.got.info1, events[i].info1);
		for (unsigned j = 0; j < 5; j++) {
			bool out = false;

			for (unsigned k = 0; k < 5; k++)
				out |= events[i].out[k] == all[j];
			assert_int_equal(is_valid(&m, all[j]), out);
			if (out)
				assert_int_equal(get(&m, GHCB + all[j]), all[j] == RAX	 ? 0xa
									 : all[j] == RBX ? 0xb
									 : all[j] == RCX ? 0xc
											 : 0xd);
		}
		finish(&m);
	}
}

static void test_values(void **state)
{
	struct machine m;

	start(&m, true);
	request(&m, 0x72, 0, 0);
	field(&m, RAX, 0xd);
	field(&m, RCX, 1);
	field(&m, 0x3e8, 7);
	put(&m, GHCB + RBX, 0x5555); /* not valid: not seen */
	exits(&m, 0, 0);
	assert_int_equal(m.got.rax, 0xd);
	assert_int_equal(m.got.rcx, 1);
	assert_int_equal(m.got.xcr0, 7);
	assert_int_equal(m.got.rbx, 0);
	assert_int_equal(m.got.size, 0);
	finish(&m);
}

/* The buffer goes to the host and comes back; it must lie in the GHCB's shared buffer. */
static void test_buffer(void **state)
{
	static const uint64_t bad[] = { 0, GHCB, GHCB + 0x7f8, GHCB + 0xff0, 0x9000 };
	struct machine m;

	start(&m, true);
	request(&m, 0x80000001, 0xfee00020, 4);
	field(&m, SCRATCH, BUFFER + 0x10);
	put(&m, BUFFER + 0x10, 0x1122334455667788);
	put(&m, BUFFER + 0x08, 0x99);
	put(&m, BUFFER + 0x18, 0xaa);
	memcpy(m.answer.buffer, "answered", 8);
	exits(&m, 0, 0);
	assert_int_equal(m.got.size, 0x7f0 - 0x10);
	assert_memory_equal(m.got.buffer, "\x88\x77\x66\x55\x44\x33\x22\x11\xaa", 9);
	assert_memory_equal(m.fake->shared + BUFFER + 0x10, "answered", 8);
	assert_int_equal(get(&m, BUFFER + 0x08), 0x99);
	assert_int_equal(get(&m, BUFFER + 0x18), 0xaa);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		request(&m, 0x80000002, 0xfee00020, 4);
		field(&m, SCRATCH, bad[i]);
		exits(&m, 2, 3);
	}
	assert_int_equal(m.calls, 1);
	/* What the host refuses leaves the buffer alone. */
	m.result = EMU_GHCB_INVALID;
	request(&m, 0x80000001, 0xfee00020, 4);
	field(&m, SCRATCH, BUFFER);
	exits(&m, 2, 5);
	assert_int_equal(get(&m, BUFFER), 0);
	finish(&m);
}

static void test_results(void **state)
{
	static const struct {
		enum emu_ghcb_result result;
		uint64_t info1, info2;
	} cases[] = {
		{ EMU_GHCB_UNKNOWN, 2, 6 },
		{ EMU_GHCB_INVALID, 2, 5 },
		{ EMU_GHCB_GP, 1, 0x80000b0d }, /* #GP with an error code of 0, EVENTINJ */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct machine m;

		start(&m, true);
		m.result = cases[i].result;
		request(&m, 0x7c, 0, 0);
		field(&m, RCX, 0x1b);
		exits(&m, cases[i].info1, cases[i].info2);
		assert_false(is_valid(&m, RAX));
		finish(&m);
	}
}

static void test_no_host(void **state)
{
	struct machine m;

	start(&m, false);
	assert_int_equal(msr(&m, 0x080), 0x1081);
	assert_int_equal(msr(&m, UINT64_C(0x8000001f00000004)), UINT64_C(0x8000001f00000004));
	assert_int_equal(emu_snp_wrmsr(m.snp, 0, 0xc0010130, GHCB), EMU_NEXT);
	request(&m, 0x80000013, UINT64_C(1) << 32 | 1, VMSA);
	field(&m, RAX, 1);
	exits(&m, 2, 6);
	request(&m, 0x89, 0, 0);
	exits(&m, 2, 6);
	request(&m, 0x8000fffd, 0, 0);
	exits(&m, 0, 1);
	finish(&m);

	start(&m, true);
	/* C-bit 47, versions 1 to 2; features SNP, AP creation and APIC IDs. */
	assert_int_equal(msr(&m, 0x002), UINT64_C(0x000200012f000001));
	assert_int_equal(msr(&m, 0x080), 0x13081);
	assert_int_equal(msr(&m, UINT64_C(0x8000001f00000004)), UINT64_C(0x1234567800000005));
	assert_int_equal(emu_snp_wrmsr(m.snp, 0, 0xc0010130, GHCB), EMU_NEXT);
	request(&m, 0x8000fffd, 0, 0);
	exits(&m, 0, 0x13);
	request(&m, 0x12345, 0, 0);
	exits(&m, 2, 6);
	assert_int_equal(m.calls, 0);
	finish(&m);
}

static void make_vmsa(struct machine *m)
{
	uint32_t eax;
	bool cf;

	assert_int_equal(emu_snp_pvalidate(m->snp, 0, VMSA, false, 0, 1, &eax, &cf), EMU_NEXT);
	assert_int_equal(emu_snp_rmpadjust(m->snp, 0, VMSA, false, 0, 1 | 1 << 16, &eax), EMU_NEXT);
	assert_int_equal(eax, 0);
}

static void test_ap_creation(void **state)
{
	static const struct {
		uint64_t info1, vmsa;
		uint64_t info2; /* of the answer; 0: done */
	} cases[] = {
		{ UINT64_C(1) << 32 | 1, VMSA, 0 },
		{ UINT64_C(0x12345678) << 32 | 0, VMSA, 0 },
		{ UINT64_C(1) << 32 | 3 << 16 | 1, VMSA, 0 },
		{ UINT64_C(1) << 32 | 2, 0, 0 },
		{ UINT64_C(1) << 32 | 1, VMSA + 8, 5 },
		{ UINT64_C(1) << 32 | 1, 0x6000, 5 },	/* no VMSA */
		{ UINT64_C(1) << 32 | 1, 0x900000, 5 }, /* no RAM */
		{ UINT64_C(1) << 32 | 4 << 16 | 1, VMSA, 5 },
		{ UINT64_C(1) << 32 | 3, VMSA, 5 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct machine m;

		start(&m, true);
		make_vmsa(&m);
		request(&m, 0x80000013, cases[i].info1, cases[i].vmsa);
		field(&m, RAX, 1);
		exits(&m, cases[i].info2 ? 2 : 0, cases[i].info2);
		assert_int_equal(m.calls, cases[i].info2 ? 0 : 1);
		if (m.calls) {
			assert_int_equal(m.ap.apic_id, cases[i].info1 >> 32);
			assert_int_equal(m.ap.vmpl, cases[i].info1 >> 16 & 0xf);
			assert_int_equal(m.ap.on_init, (cases[i].info1 & 3) == 0);
			assert_int_equal(m.ap.destroy, (cases[i].info1 & 3) == 2);
			assert_int_equal(m.ap.vmsa, cases[i].vmsa);
			assert_int_equal(m.ap.sev_features, 1);
		}
		finish(&m);
	}
}

static void test_ap_refused(void **state)
{
	struct machine m;

	start(&m, true);
	make_vmsa(&m);
	request(&m, 0x80000013, UINT64_C(1) << 32 | 1, VMSA);
	exits(&m, 2, 4); /* without SEV_FEATURES */
	request(&m, 0x80000013, UINT64_C(1) << 32 | 2, 0);
	exits(&m, 0, 0); /* which DESTROY does not need */
	m.ap_refused = true;
	request(&m, 0x80000013, UINT64_C(1) << 32 | 1, VMSA);
	field(&m, RAX, 1);
	exits(&m, 2, 5);
	finish(&m);
}

static uint64_t ghcb_msr(struct machine *m)
{
	uint64_t value;

	assert_int_equal(emu_snp_rdmsr(m->snp, 0, 0xc0010130, &value), EMU_NEXT);
	return value;
}

static void hold_by_msr(struct machine *m)
{
	assert_int_equal(emu_snp_wrmsr(m->snp, 0, 0xc0010130, 0x006), EMU_NEXT);
	assert_int_equal(emu_snp_vmgexit(m->snp, 0), EMU_SLEEP);
	assert_int_equal(ghcb_msr(m), 0x007);
}

/* Request 0x006 of the MSR protocol: 0x007, with a value that is not 0 after a start-up. */
static void test_reset_hold_by_msr(void **state)
{
	struct machine m;

	start(&m, true);
	assert_false(emu_snp_start_up(m.snp, 0));
	hold_by_msr(&m);
	assert_false(emu_snp_start_up(m.snp, 1));
	assert_int_equal(ghcb_msr(&m), 0x007);
	assert_true(emu_snp_start_up(m.snp, 0));
	assert_int_equal(ghcb_msr(&m), 0x1007);
	/* The second of two start-up interrupts finds it running. */
	assert_false(emu_snp_start_up(m.snp, 0));
	/* Something else has woken it, and it has asked for another thing. */
	hold_by_msr(&m);
	assert_int_equal(msr(&m, 0x080), 0x13081);
	assert_false(emu_snp_start_up(m.snp, 0));
	assert_int_equal(ghcb_msr(&m), 0x13081);
	assert_int_equal(m.holds, 2);
	finish(&m);
}

static void hold_by_ghcb(struct machine *m)
{
	request(m, 0x80000004, 0, 0);
	assert_int_equal(emu_snp_vmgexit(m->snp, 0), EMU_SLEEP);
	assert_int_equal(get(m, GHCB + 0x398), 0);
	assert_int_equal(get(m, GHCB + 0x3a0), 0);
	/* What a guest looks at first: SW_EXITINFO2 is valid. */
	assert_true(is_valid(m, 0x3a0));
}

/* NAE event 0x80000004: SW_EXITINFO2 is not 0 after a start-up. */
static void test_reset_hold_by_ghcb(void **state)
{
	struct machine m;

	start(&m, true);
	hold_by_ghcb(&m);
	assert_true(emu_snp_start_up(m.snp, 0));
	assert_int_equal(get(&m, GHCB + 0x398), 0);
	assert_int_equal(get(&m, GHCB + 0x3a0), 1);
	put(&m, GHCB + 0x3a0, 0);
	assert_false(emu_snp_start_up(m.snp, 0));
	assert_int_equal(get(&m, GHCB + 0x3a0), 0);

	hold_by_ghcb(&m);
	request(&m, 0x8000fffd, 0, 0);
	exits(&m, 0, 0x13);
	assert_false(emu_snp_start_up(m.snp, 0));
	assert_int_equal(get(&m, GHCB + 0x3a0), 0x13);
	assert_int_equal(m.holds, 2);
	assert_int_equal(m.calls, 0);
	finish(&m);

	start(&m, false);
	request(&m, 0x80000004, 0, 0);
	exits(&m, 2, 6);
	assert_int_equal(msr(&m, 0x006), 0x006);
	finish(&m);
}

static void test_share_unused(void **state)
{
	struct machine m;
	uint32_t eax;
	bool cf;

	start(&m, false);
	assert_true(emu_snp_share_unused(m.snp, 0x1abc));
	assert_int_equal(emu_machine_state(m.emu, 0x1000), EMU_PAGE_SHARED);
	assert_int_equal(emu_machine_state(m.emu, 0x2000), EMU_PAGE_FREE);
	assert_false(emu_snp_share_unused(m.snp, 0x800000));
	assert_int_equal(emu_snp_pvalidate(m.snp, 0, 0x3000, false, 0, 1, &eax, &cf), EMU_NEXT);
	assert_false(emu_snp_share_unused(m.snp, 0x3000));
	assert_int_equal(emu_machine_state(m.emu, 0x3000), EMU_PAGE_MAPPED);
	finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_buffer),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_no_host),
		cmocka_unit_test(test_ap_creation),
		cmocka_unit_test(test_ap_refused),
		cmocka_unit_test(test_share_unused),
		cmocka_unit_test(test_reset_hold_by_msr),
		cmocka_unit_test(test_reset_hold_by_ghcb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
