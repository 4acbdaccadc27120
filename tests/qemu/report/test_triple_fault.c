/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"
#include "qemu/host/vcpu.h"
#include "qemu/report/triple_fault.h"

/* The vCPU that has ended the machine, and what it was told before. */
struct guest guest = { .vcpus = 3 };

static unsigned faulty; /* none, if there is no such vCPU */
static bool is_triple_fault(unsigned vcpu)
{
	assert_true(vcpu < 3);
	return vcpu == faulty;
}

static const struct platform fake = { .exception = "ve",
				      .exception_name = "VE",
				      .is_triple_fault = is_triple_fault };
const struct platform *platform = &fake;

uint64_t qemu_rip(unsigned vcpu)
{
	assert_int_equal(vcpu, faulty);
	return 0x5678;
}

static cJSON *report(void)
{
	FILE *file = tmpfile();
	struct json json = { .out = file };
	char text[512];
	size_t size;
	cJSON *read;

	assert_non_null(file);
	json_object(&json, NULL);
	triple_fault_report(&json);
	json_end(&json);
	rewind(file);
	size = fread(text, 1, sizeof(text) - 1, file);
	text[size] = '\0';
	fclose(file);
	read = cJSON_Parse(text);
	assert_non_null(read);
	return read;
}

/* What is printed on standard error. */
static void prints(const char *expected)
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	char text[256];
	size_t size;

	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	triple_fault_print();
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	size = fread(text, 1, sizeof(text) - 1, file);
	text[size] = '\0';
	fclose(file);
	assert_string_equal(text, expected);
}

static void test_none(void **state)
{
	cJSON *json;

	faulty = 99;
	guest.vcpu[0].exception = (struct guest_exception){ "cpuid", 0x1234 };
	prints("");
	json = report();
	assert_int_equal(cJSON_GetArraySize(json), 0);
	cJSON_Delete(json);
}

static double number(const cJSON *json, const char *key)
{
	return cJSON_GetNumberValue(cJSON_GetObjectItem(json, key));
}

/* The exceptions of other vCPUs say nothing. */
static void test_last_exception(void **state)
{
	const cJSON *fault, *last;
	cJSON *json;

	faulty = 2;
	guest.vcpu[0].exception = (struct guest_exception){ "cpuid", 0x1234 };
	prints("\ncvmem.so: vCPU 2: triple fault at RIP 0x5678\n");
	json = report();
	fault = cJSON_GetObjectItem(json, "triple_fault");
	assert_true(number(fault, "vcpu") == 2 && number(fault, "rip") == 0x5678);
	assert_null(cJSON_GetObjectItem(fault, "last_exception"));
	cJSON_Delete(json);

	guest.vcpu[2].exception = (struct guest_exception){ "io", 0x4321 };
	prints("\ncvmem.so: vCPU 2: triple fault at RIP 0x5678; its last #VE, for io, at RIP "
	       "0x4321\n");
	json = report();
	last = cJSON_GetObjectItem(cJSON_GetObjectItem(json, "triple_fault"), "last_exception");
	assert_true(number(last, "rip") == 0x4321);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(last, "name")), "ve");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(last, "reason")), "io");
	cJSON_Delete(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_last_exception),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
