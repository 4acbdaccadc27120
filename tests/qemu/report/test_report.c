/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"
#include "qemu/guest/stop.h"
#include "qemu/memory/view.h"
#include "qemu/memory/violation.h"
#include "qemu/report/functions.h"
#include "qemu/report/json_writer.h"
#include "qemu/report/report.h"
#include "qemu/report/triple_fault.h"

/* The report, read back by another JSON library. */
struct guest guest;

static bool created;
static const char *stopped;
static struct memory_violations violations;
static struct emu_attack_report attack;
static const char path[] = "test_report.json";

static bool is_created(void)
{
	return created;
}

static void totals(struct platform_totals *out)
{
	*out = (struct platform_totals){ .accepted_bytes = UINT64_C(1) << 40,
					 .fell_back = 2,
					 .double_accepts = 3,
					 .unaccepted_bytes = 4096 };
}

static void attack_report(struct emu_attack_report *out)
{
	*out = attack;
}

static void report_machine(struct json *json)
{
	json_number(json, "own_of_machine", 5);
}

static void report_run(struct json *json)
{
	json_number(json, "own_of_run", 6);
}

static const struct platform fake = { .name = "tdx",
				      .exception = "ve",
				      .is_created = is_created,
				      .totals = totals,
				      .attack_report = attack_report,
				      .report_machine = report_machine,
				      .report_run = report_run };

const char *guest_stop_reason(void)
{
	return stopped;
}

const char *guest_phase_name(enum guest_phase phase)
{
	static const char *const names[] = { "firmware", "stub", "kernel" };

	return names[phase];
}

void functions_report_violation(struct json *json)
{
	json_text(json, "function", "of_functions");
}

uint64_t memory_views_rebuilds(void)
{
	return 9;
}

void memory_violations_get(struct memory_violations *out)
{
	*out = violations;
}

void triple_fault_report(struct json *json)
{
	json_number(json, "of_triple_fault", 8);
}

static uint64_t now;

uint64_t emu_now_ns(void)
{
	return now;
}

static cJSON *report(void)
{
	char text[8192];
	FILE *file;
	size_t size;
	cJSON *json;

	report_write(path);
	file = fopen(path, "r");
	assert_non_null(file);
	size = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	unlink(path);
	text[size] = '\0';
	json = cJSON_Parse(text);
	assert_non_null(json);
	return json;
}

static const cJSON *run_of(const cJSON *json)
{
	const cJSON *runs = cJSON_GetObjectItem(json, "runs");

	assert_int_equal(cJSON_GetArraySize(runs), 1);
	return cJSON_GetArrayItem(runs, 0);
}

static void number(const cJSON *json, const char *key, double expected)
{
	const cJSON *item = cJSON_GetObjectItem(json, key);

	assert_true(cJSON_IsNumber(item));
	assert_true(item->valuedouble == expected);
}

static void text(const cJSON *json, const char *key, const char *expected)
{
	const cJSON *item = cJSON_GetObjectItem(json, key);

	assert_true(cJSON_IsString(item));
	assert_string_equal(item->valuestring, expected);
}

static void accepts(const cJSON *json, double small, double large)
{
	number(json, "4k", small);
	number(json, "2m", large);
	number(json, "1g", 0);
}

static int set_up(void **state)
{
	guest = (struct guest){ .vcpus = 2,
				.ram = { { 0, 0x1000 }, { 0x4000, 0x6000 } },
				.ram_count = 2,
				.plugged = 0x1000 };
	guest.vcpu[0].accepted[GUEST_PHASE_FIRMWARE][0] = 1;
	guest.vcpu[0].accepted[GUEST_PHASE_KERNEL][1] = 10;
	guest.vcpu[1].accepted[GUEST_PHASE_KERNEL][0] = 100;
	guest.vcpu[1].accepted[GUEST_PHASE_STUB][1] = 1000;
	platform = &fake;
	created = true;
	stopped = NULL;
	memset(&violations, 0, sizeof(violations));
	memset(&attack, 0, sizeof(attack));
	return 0;
}

static void test_machine(void **state)
{
	cJSON *json;

	guest.options.accept_ns_per_4k = 250;
	guest.options.violation = GUEST_VIOLATION_RAISE;
	guest.options.firmware = "/a \"path\"";
	json = report();
	text(json, "platform", "tdx");
	number(json, "memory_bytes", 0x3000);
	number(json, "plugged_bytes", 0x1000);
	number(json, "vcpus", 2);
	number(json, "own_of_machine", 5);
	number(json, "accept_ns_per_4k", 250);
	text(json, "violation_policy", "ve");
	text(json, "firmware", "/a \"path\"");
	cJSON_Delete(json);
}

static void test_counts(void **state)
{
	cJSON *json = report();
	const cJSON *run = run_of(json), *phases, *vcpus;

	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(run, "ok")));
	number(run, "accepted_bytes", 1099511627776.0);
	number(run, "fell_back", 2);
	number(run, "touch_before_accept", 0);
	number(run, "double_accepts", 3);
	number(run, "unaccepted_bytes", 4096);
	number(run, "trap_rebuilds", 9);
	number(run, "own_of_run", 6);
	number(run, "of_triple_fault", 8);
	assert_null(cJSON_GetObjectItem(run, "last_accept"));
	accepts(cJSON_GetObjectItem(run, "accept_calls"), 101, 1010);
	phases = cJSON_GetObjectItem(run, "accept_calls_by_phase");
	accepts(cJSON_GetObjectItem(phases, "firmware"), 1, 0);
	accepts(cJSON_GetObjectItem(phases, "stub"), 0, 1000);
	accepts(cJSON_GetObjectItem(phases, "kernel"), 100, 10);
	vcpus = cJSON_GetObjectItem(run, "accept_calls_by_vcpu");
	assert_int_equal(cJSON_GetArraySize(vcpus), 2);
	accepts(cJSON_GetArrayItem(vcpus, 0), 1, 10);
	accepts(cJSON_GetArrayItem(vcpus, 1), 100, 1000);
	assert_null(cJSON_GetObjectItem(run, "violation"));
	assert_null(cJSON_GetObjectItem(run, "attack"));
	assert_null(cJSON_GetObjectItem(run, "stopped"));
	cJSON_Delete(json);
}

static void test_violation(void **state)
{
	const cJSON *run, *found;
	cJSON *json;

	violations = (struct memory_violations){ .count = 4,
						 .initiator = MEMORY_VCPU_SHARED,
						 .vcpu = 1,
						 .gpa = 0x5000,
						 .rip = 0x1234,
						 .write = true,
						 .delivery = true,
						 .state = "pending" };
	stopped = "because";
	json = report();
	run = run_of(json);
	assert_true(cJSON_IsFalse(cJSON_GetObjectItem(run, "ok")));
	number(run, "touch_before_accept", 4);
	text(run, "stopped", "because");
	found = cJSON_GetObjectItem(run, "violation");
	number(found, "gpa", 0x5000);
	number(found, "rip", 0x1234);
	number(found, "vcpu", 1);
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(found, "write")));
	assert_true(cJSON_IsFalse(cJSON_GetObjectItem(found, "fetch")));
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(found, "delivery")));
	text(found, "view", "shared");
	text(found, "state", "pending");
	assert_null(cJSON_GetObjectItem(found, "function"));
	cJSON_Delete(json);
	strcpy(violations.function, "f");
	json = report();
	text(cJSON_GetObjectItem(run_of(json), "violation"), "function", "of_functions");
	cJSON_Delete(json);
	/* Either alone is not fine. */
	stopped = NULL;
	json = report();
	assert_true(cJSON_IsFalse(cJSON_GetObjectItem(run_of(json), "ok")));
	cJSON_Delete(json);
	stopped = "because";
	violations.count = 0;
	json = report();
	assert_true(cJSON_IsFalse(cJSON_GetObjectItem(run_of(json), "ok")));
	cJSON_Delete(json);
}

static void test_attack(void **state)
{
	const cJSON *found;
	cJSON *json;

	guest.options.attack.kind = EMU_ATTACK_REMAP;
	attack = (struct emu_attack_report){ .triggers = 8, .gpa = EMU_ATTACK_ANYWHERE };
	json = report();
	found = cJSON_GetObjectItem(run_of(json), "attack");
	text(found, "name", "remap");
	number(found, "opportunities", 8);
	number(found, "strikes", 0);
	assert_null(cJSON_GetObjectItem(found, "gpa"));
	cJSON_Delete(json);
	attack = (struct emu_attack_report){ .triggers = 9, .injections = 1, .gpa = 0x200000 };
	json = report();
	found = cJSON_GetObjectItem(run_of(json), "attack");
	number(found, "strikes", 1);
	number(found, "gpa", 0x200000);
	cJSON_Delete(json);
}

/* Of all vCPUs. */
static void test_last_accept(void **state)
{
	const cJSON *found;
	cJSON *json;

	now = 9000000;
	guest.vcpu[0].last_accept = (struct guest_accept){ GUEST_PHASE_KERNEL, 0x1234, 2000000 };
	guest.vcpu[1].last_accept = (struct guest_accept){ GUEST_PHASE_STUB, 0x5678, 1000000 };
	json = report();
	found = cJSON_GetObjectItem(run_of(json), "last_accept");
	text(found, "phase", "kernel");
	number(found, "rip", 0x1234);
	number(found, "ms_ago", 7);
	cJSON_Delete(json);
	guest.vcpu[1].last_accept.ns = 3000000;
	json = report();
	found = cJSON_GetObjectItem(run_of(json), "last_accept");
	text(found, "phase", "stub");
	number(found, "rip", 0x5678);
	cJSON_Delete(json);
}

static void test_whole_or_nothing(void **state)
{
	char other[64];

	created = false;
	report_write(path);
	assert_int_equal(access(path, F_OK), -1);
	created = true;
	report_write("/nonexistent/report");
	/* The name under which it is written first is gone. */
	cJSON_Delete(report());
	snprintf(other, sizeof(other), "%s.%ld", path, (long)getpid());
	assert_int_equal(access(other, F_OK), -1);
}

static cJSON *read_report(int fd)
{
	char text[8192];
	ssize_t size = read(fd, text, sizeof(text) - 1);
	cJSON *json;

	assert_true(size > 0);
	text[size] = '\0';
	json = cJSON_Parse(text);
	assert_non_null(json);
	return json;
}

/* A link and a pipe get the report, and are there afterwards. A pipe without a reader is not waited
 * for. */
static void test_keeps_what_is_no_file(void **state)
{
	static const char target[] = "test_report.target";
	struct stat found;
	int fd;

	assert_int_equal(symlink(target, path), 0);
	report_write(path);
	assert_int_equal(lstat(path, &found), 0);
	assert_true(S_ISLNK(found.st_mode));
	fd = open(target, O_RDONLY);
	cJSON_Delete(read_report(fd));
	close(fd);
	unlink(target);
	unlink(path);

	assert_int_equal(mkfifo(path, 0600), 0);
	report_write(path);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	report_write(path);
	cJSON_Delete(read_report(fd));
	close(fd);
	assert_int_equal(lstat(path, &found), 0);
	assert_true(S_ISFIFO(found.st_mode));
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_machine, set_up),
		cmocka_unit_test_setup(test_counts, set_up),
		cmocka_unit_test_setup(test_violation, set_up),
		cmocka_unit_test_setup(test_attack, set_up),
		cmocka_unit_test_setup(test_last_accept, set_up),
		cmocka_unit_test_setup(test_whole_or_nothing, set_up),
		cmocka_unit_test_setup(test_keeps_what_is_no_file, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
