/* SPDX-License-Identifier: MIT */
/* Which guest this is by CPUID alone, with a processor of the test's: leaves as the hypervisors'
 * specifications give them. What the machine's own files say is left aside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/guest/cpuid.h"
#include "tools/guest/guest.h"

#define LEAVES 8

static struct {
	uint32_t leaf;
	struct guest_cpuid out;
} leaves[LEAVES];
static size_t count;

/* In the place of tools/guest/cpuid.c. */
struct guest_cpuid guest_cpuid(uint32_t leaf)
{
	for (size_t i = 0; i < count; i++)
		if (leaves[i].leaf == leaf)
			return leaves[i].out;
	return (struct guest_cpuid){ 0 };
}

static void set(uint32_t leaf, uint32_t eax, uint32_t ebx, uint32_t ecx, uint32_t edx)
{
	size_t i = 0;

	while (i < count && leaves[i].leaf != leaf)
		i++;
	assert_true(i < LEAVES);
	leaves[i].leaf = leaf;
	leaves[i].out = (struct guest_cpuid){ eax, ebx, ecx, edx };
	count += i == count;
}

static void set_text(uint32_t leaf, uint32_t eax, const char ebx[4], const char ecx[4],
		     const char edx[4])
{
	uint32_t words[3];

	memcpy(&words[0], ebx, 4);
	memcpy(&words[1], ecx, 4);
	memcpy(&words[2], edx, 4);
	set(leaf, eax, words[0], words[1], words[2]);
}

/* A partition of Hyper-V that a paravisor runs in (TLFS 2.4.4 and 2.4.11). */
static void hyper_v(uint32_t group_a, uint32_t group_b)
{
	count = 0;
	set(0, 0x20, 0, 0, 0);
	set(1, 0, 0, 1u << 31, 0);
	set_text(0x40000000, 0x4000000c, "Micr", "osof", "t Hv");
	set(0x40000003, 0, 1u << 22, 0, 0);
	set(0x4000000c, group_a, group_b, 0, 0);
}

/* The evidence of that source; NULL: there is none. */
static const struct guest_evidence *evidence(struct guest_state *state, const char *source)
{
	guest_identify("", state);
	for (size_t i = 0; i < state->evidences; i++)
		if (!strcmp(state->evidence[i].source, source))
			return &state->evidence[i];
	return NULL;
}

static const struct guest_evidence *isolation(struct guest_state *state)
{
	return evidence(state, "CPUID 0x4000000C");
}

/* Azure's: "Isolation Config: Group A 0x1, Group B 0xba2", and 0x...3 on TDX. */
static void isolated(void **unused)
{
	struct guest_state state;
	const struct guest_evidence *found;

	hyper_v(1, 0xba2);
	found = isolation(&state);
	assert_non_null(found);
	assert_int_equal(found->kind, GUEST_SNP);
	assert_int_equal(found->strength, GUEST_CONCLUSIVE);
	assert_true(state.paravisor);

	hyper_v(1, 0xba3);
	found = isolation(&state);
	assert_non_null(found);
	assert_int_equal(found->kind, GUEST_TDX);
	assert_true(state.paravisor);

	/* Without one the guest accepts its memory itself. */
	hyper_v(0, 2);
	assert_non_null(isolation(&state));
	assert_false(state.paravisor);
}

static void not_isolated(void **unused)
{
	struct guest_state state;

	/* By software, and not at all. */
	hyper_v(1, 1);
	assert_null(isolation(&state));
	hyper_v(1, 0);
	assert_null(isolation(&state));
	assert_false(state.paravisor);
	/* No privilege Isolation; fewer leaves; another hypervisor; none. */
	hyper_v(1, 2);
	set(0x40000003, 0, ~(1u << 22), 0, 0);
	assert_null(isolation(&state));
	hyper_v(1, 2);
	set_text(0x40000000, 0x4000000b, "Micr", "osof", "t Hv");
	assert_null(isolation(&state));
	hyper_v(1, 2);
	set_text(0x40000000, 0x4000000c, "KVMK", "VMKV", "M\0\0\0");
	assert_null(isolation(&state));
	hyper_v(1, 2);
	set(1, 0, 0, ~(1u << 31), 0);
	assert_null(isolation(&state));
	count = 0;
	assert_null(isolation(&state));
	assert_false(state.paravisor);
}

/* Intel TDX module ABI: leaf 0x21, "IntelTDX    ". */
static void module(void **unused)
{
	struct guest_state state;

	count = 0;
	set(0, 0x21, 0, 0, 0);
	set_text(0x21, 0, "Inte", "    ", "lTDX");
	assert_non_null(evidence(&state, "CPUID 0x21"));
	assert_int_equal(evidence(&state, "CPUID 0x21")->kind, GUEST_TDX);
	/* A processor without that leaf answers as its last one. */
	set(0, 0x20, 0, 0, 0);
	assert_null(evidence(&state, "CPUID 0x21"));
	set(0, 0x21, 0, 0, 0);
	set_text(0x21, 0, "Inte", "    ", "lTDY");
	assert_null(evidence(&state, "CPUID 0x21"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(isolated),
		cmocka_unit_test(not_isolated),
		cmocka_unit_test(module),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
