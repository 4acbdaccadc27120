/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/cca/realm.h"

/* The host of the recorded runs: it does as much as it may up to a limit. */
static struct emu_ripas_answer host;

static void ripas_change(void *ctx, unsigned vcpu, const struct emu_ripas_change *change,
			 struct emu_ripas_answer *answer)
{
	*answer = host;
}

struct line {
	char call[8];
	unsigned long base, top, ripas, flag, answer[3];
};

static void run_line(struct realm *realm, const struct line *line, const char *text)
{
	struct rsi call;

	if (!strcmp(line->call, "map")) {
		emu_cca_data_map(realm->cca, line->base, line->base + 4096);
		return;
	}
	if (!strcmp(line->call, "unmap")) {
		emu_cca_data_unmap(realm->cca, line->base, line->base + 4096);
		return;
	}
	if (!strcmp(line->call, "set"))
		call = realm_call(realm, IPA_STATE_SET, line->base, line->top, line->ripas,
				  line->flag);
	else
		call = realm_call(realm, IPA_STATE_GET, line->base, line->top, 0, 0);
	if (memcmp(call.x, line->answer, sizeof(line->answer)))
		fail_msg("%s: 0x%llx 0x%llx 0x%llx", text, (unsigned long long)call.x[0],
			 (unsigned long long)call.x[1], (unsigned long long)call.x[2]);
}

/* Each line of the file: what TF-RMM answers. A host that leaves granules where they are. */
static unsigned replay(void)
{
	struct emu_cca_config config = { .keep_empty = true, .ripas_change = ripas_change };
	struct realm realm = realm_start(config);
	FILE *file = fopen(getenv("RIPAS_ANSWERS"), "r");
	unsigned answers = 0;
	char text[256];

	assert_non_null(file);
	while (fgets(text, sizeof(text), file)) {
		struct line line = { .call = "" };
		unsigned reject = 0;

		if (!strncmp(text, "# run", 5)) {
			realm_finish(&realm);
			realm = realm_start(config);
		}
		if (text[0] == '#')
			continue;
		if (sscanf(text, "set %lx %lx %lx %lx %lx %x -> %lx %lx %lx", &line.base, &line.top,
			   &line.ripas, &line.flag, &host.limit, &reject, &line.answer[0],
			   &line.answer[1], &line.answer[2]) == 9)
			strcpy(line.call, "set");
		else if (sscanf(text, "get %lx %lx -> %lx %lx %lx", &line.base, &line.top,
				&line.answer[0], &line.answer[1], &line.answer[2]) == 5)
			strcpy(line.call, "get");
		else
			assert_int_equal(sscanf(text, "%7s %lx", line.call, &line.base), 2);
		host.reject = reject;
		answers += strstr(text, "->") != NULL;
		run_line(&realm, &line, text);
	}
	fclose(file);
	realm_finish(&realm);
	return answers;
}

static void test_recorded(void **state)
{
	assert_int_equal(replay(), 3852);
}

static void test_errors(void **state)
{
	static const uint64_t bad[][3] = {
		{ 0x1000, 0x1000, 1 },
		{ 0x2000, 0x1000, 1 },
		{ 0x1001, 0x3000, 1 },
		{ 0x1000, 0x3001, 1 },
		{ 0x1000, 0x2000, 2 },
		{ 0x1000, 0x2000, 3 },
		{ REALM_SHARED - 0x1000, REALM_SHARED + 0x1000, 0 },
		{ REALM_SHARED, REALM_SHARED + 0x1000, 1 },
		{ UINT64_MAX - 0xfff, 0x1000, 1 },
	};
	struct realm realm = realm_start((struct emu_cca_config){ 0 });

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct rsi call =
			realm_call(&realm, IPA_STATE_SET, bad[i][0], bad[i][1], bad[i][2], 1);

		assert_int_equal(call.x[0], 1);
	}
	assert_int_equal(realm.fake->calls, 0);
	assert_int_equal(fake_unaccepted(emu_cca_machine(realm.cca)), 0x501000);
	realm_finish(&realm);
}

/* What becomes RAM costs nothing before it is touched, or is mapped at once. */
static void test_views(void **state)
{
	struct realm realm = realm_start((struct emu_cca_config){ 0 });
	struct realm eager = realm_start((struct emu_cca_config){ .populate = true });

	assert_int_equal(realm_set(&realm, 0, 0x400000, EMU_RIPAS_RAM, false), 0x400000);
	assert_int_equal(realm.fake->calls, 0);
	assert_int_equal(emu_cca_ripas(realm.cca, 0x3ff000), EMU_RIPAS_RAM);
	assert_int_equal(emu_cca_ripas(realm.cca, 0x600000), EMU_RIPAS_EMPTY);
	realm_finish(&realm);

	assert_int_equal(realm_set(&eager, 0x1000, 0x201000, EMU_RIPAS_RAM, false), 0x201000);
	assert_int_equal(eager.fake->calls, 2);
	fake_expect(eager.fake, 0, 'P', 0x1000, 0x1ff000);
	fake_expect(eager.fake, 1, 'P', 0x200000, 0x1000);
	assert_true(eager.fake->call[0].zero && eager.fake->call[1].zero);
	/* RAM that is RAM already keeps its content. */
	assert_int_equal(realm_set(&eager, 0, 0x3000, EMU_RIPAS_RAM, false), 0x3000);
	assert_int_equal(eager.fake->calls, 3);
	fake_expect(eager.fake, 2, 'P', 0, 0x1000);
	assert_int_equal(realm_set(&eager, 0x2000, 0x4000, EMU_RIPAS_EMPTY, false), 0x4000);
	fake_expect(eager.fake, 3, 'p', 0x2000, 0x2000);
	realm_finish(&eager);
}

/* The host takes back what becomes EMPTY, or leaves it. */
static void test_empty_and_back(void **state)
{
	for (int keep = 0; keep < 2; keep++) {
		struct realm realm = realm_start(
			(struct emu_cca_config){ .populate = true, .keep_empty = keep });

		realm_set(&realm, 0, 0x1000, EMU_RIPAS_RAM, false);
		realm_set(&realm, 0, 0x1000, EMU_RIPAS_EMPTY, false);
		assert_int_equal(emu_cca_data_unmap(realm.cca, 0, 0x1000), keep ? 0x1000 : 0);
		assert_int_equal(emu_cca_ripas(realm.cca, 0), EMU_RIPAS_EMPTY);
		realm_set(&realm, 0, 0x1000, EMU_RIPAS_RAM, false);
		realm_set(&realm, 0, 0x1000, EMU_RIPAS_EMPTY, false);
		realm_set(&realm, 0, 0x1000, EMU_RIPAS_RAM, false);
		assert_int_equal(realm.fake->calls, 5);
		assert_true(realm.fake->call[2].zero);
		assert_int_equal(realm.fake->call[4].zero, !keep);
		realm_finish(&realm);
	}
}

/* CHANGE_DESTROYED decides, for a change to RAM alone. */
static void test_destroyed(void **state)
{
	struct realm realm = realm_start((struct emu_cca_config){ .populate = true });
	struct rsi call;

	realm_set(&realm, 0, 0x4000, EMU_RIPAS_RAM, false);
	assert_int_equal(emu_cca_data_unmap(realm.cca, 0x2000, 0x3000), 0x3000);
	assert_int_equal(emu_cca_ripas(realm.cca, 0x2000), EMU_RIPAS_DESTROYED);
	call = realm_call(&realm, IPA_STATE_SET, 0x1000, 0x4000, EMU_RIPAS_RAM, 0);
	assert_int_equal(call.x[0], 0);
	assert_int_equal(call.x[1], 0x2000);
	assert_int_equal(call.x[2], 0);
	assert_int_equal(emu_cca_ripas(realm.cca, 0x2000), EMU_RIPAS_DESTROYED);
	assert_int_equal(realm_set(&realm, 0x1000, 0x4000, EMU_RIPAS_RAM, true), 0x4000);
	assert_int_equal(emu_cca_ripas(realm.cca, 0x2000), EMU_RIPAS_RAM);
	assert_true(realm.fake->call[realm.fake->calls - 1].zero);
	emu_cca_data_unmap(realm.cca, 0x2000, 0x3000);
	assert_int_equal(realm_set(&realm, 0x2000, 0x3000, EMU_RIPAS_EMPTY, false), 0x3000);
	realm_finish(&realm);
}

/* The host has no memory for what is not RAM: it rejects that. To EMPTY it is nothing. */
static void test_not_ram(void **state)
{
	struct realm realm = realm_start((struct emu_cca_config){ 0 });
	struct emu_cca_stats stats;
	struct rsi call;

	call = realm_call(&realm, IPA_STATE_SET, 0x3ff000, 0x601000, EMU_RIPAS_RAM, 0);
	assert_int_equal(call.x[0], 0);
	assert_int_equal(call.x[1], 0x400000);
	assert_int_equal(call.x[2], 1);
	call = realm_call(&realm, IPA_STATE_SET, 0x400000, 0x600000, EMU_RIPAS_RAM, 0);
	assert_int_equal(call.x[1], 0x400000);
	assert_int_equal(call.x[2], 1);
	assert_int_equal(realm_set(&realm, 0x3ff000, REALM_SHARED, EMU_RIPAS_EMPTY, false),
			 REALM_SHARED);
	assert_int_equal(fake_unaccepted(emu_cca_machine(realm.cca)), 0x501000);
	emu_cca_stats(realm.cca, &stats);
	assert_int_equal(stats.calls[7], 3);
	assert_int_equal(stats.partial, 2);
	assert_int_equal(stats.rejected, 2);
	realm_finish(&realm);
}

/* The RMM keeps the host's answer within the range, and to whole pages. */
static void test_host_limit(void **state)
{
	struct realm realm = realm_start((struct emu_cca_config){ .ripas_change = ripas_change });
	struct rsi call;

	host = (struct emu_ripas_answer){ .limit = 0, .reject = true };
	call = realm_call(&realm, IPA_STATE_SET, 0x2000, 0x4000, EMU_RIPAS_RAM, 0);
	assert_int_equal(call.x[1], 0x2000);
	assert_int_equal(call.x[2], 1);
	call = realm_call(&realm, IPA_STATE_SET, 0x2000, 0x4000, EMU_RIPAS_EMPTY, 0);
	assert_int_equal(call.x[1], 0x2000);
	assert_int_equal(call.x[2], 0);
	host = (struct emu_ripas_answer){ .limit = 0x3fff };
	assert_int_equal(realm_set(&realm, 0x2000, 0x4000, EMU_RIPAS_RAM, false), 0x3000);
	host = (struct emu_ripas_answer){ .limit = UINT64_MAX, .reject = true };
	call = realm_call(&realm, IPA_STATE_SET, 0x2000, 0x4000, EMU_RIPAS_RAM, 0);
	assert_int_equal(call.x[1], 0x4000);
	assert_int_equal(call.x[2], 0);
	realm_finish(&realm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded),   cmocka_unit_test(test_errors),
		cmocka_unit_test(test_views),	   cmocka_unit_test(test_empty_and_back),
		cmocka_unit_test(test_destroyed),  cmocka_unit_test(test_not_ram),
		cmocka_unit_test(test_host_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
