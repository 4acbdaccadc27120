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

#include <cjson/cJSON.h>

#include "qemu/guest/guest.h"
#include "qemu/host/memory_map.h"
#include "qemu/host/vcpu.h"
#include "qemu/memory/violation.h"
#include "qemu/report/callers.h"
#include "qemu/report/functions.h"
#include "qemu/report/x86/call_path.h"
#include "qemu/x86/walk.h"

/*
 * Accepts by caller, with a kernel of four functions, 64 bytes each, and a stack of hand-made
 * calls. Linear and physical addresses differ: the test's tables are an array of pages.
 */
#define LINKED	   UINT64_C(0xffffffff81000000)
#define SLIDE	   UINT64_C(0x4000000)
#define CODE	   (LINKED + SLIDE)
#define STACK	   UINT64_C(0xffffc90000000000)
#define CODE_PAGE  UINT64_C(0x1000)
#define STACK_PAGE UINT64_C(0x2000)

struct guest guest = { .vcpus = 2 };
static uint8_t memory[0x7000];
static uint64_t gpr[16];
static unsigned walked_vcpu;
static bool is_private = true;

enum guest_phase guest_call_phase(struct guest_call *call)
{
	return call->phase;
}

const char *guest_phase_name(enum guest_phase phase)
{
	return phase == GUEST_PHASE_FIRMWARE ? "firmware" : "stub";
}

void memory_violations_name(void (*name)(struct memory_violations *now))
{
}

uint64_t *qemu_gpr(unsigned vcpu)
{
	return gpr;
}

bool x86_walk(unsigned vcpu, uint64_t address, struct x86_mapping *out)
{
	walked_vcpu = vcpu;
	*out = (struct x86_mapping){ .size = 4096, .is_private = is_private };
	if (address >= CODE && address < CODE + 0x1000)
		out->gpa = CODE_PAGE + address - CODE;
	else if (address >= STACK && address < STACK + 0x4000)
		out->gpa = STACK_PAGE + address - STACK;
	else
		return false;
	return true;
}

bool qemu_ram_read(uint64_t gpa, void *buffer, size_t size)
{
	memcpy(buffer, memory + gpa, size);
	return true;
}

/* Functions: 0 accept_memory, 1 deferred_init, 2 start_kernel, 3 page_alloc, 4 to 7 others. */
static const char *const names[] = {
	"accept_memory", "deferred_init", "start_kernel", "page_alloc", "f4", "f5", "f6", "f7"
};

/* A CALL in one function to another; returns the address behind it. */
static uint64_t call(unsigned from, unsigned offset, unsigned to)
{
	int32_t distance = (int32_t)(to * 64) - (int32_t)(from * 64 + offset + 5);
	uint8_t *at = memory + CODE_PAGE + from * 64 + offset;

	*at = 0xe8;
	memcpy(at + 1, &distance, 4);
	return CODE + from * 64 + offset + 5;
}

static void push(uint64_t value)
{
	gpr[4] -= 8;
	memcpy(memory + STACK_PAGE + (gpr[4] - STACK), &value, 8);
}

/* start_kernel, or page_alloc, calls deferred_init, which calls accept_memory; below are calls that
 * have nothing to do with it, so that the slide is known. */
static void calls_from(unsigned caller)
{
	memset(memory, 0, sizeof(memory));
	gpr[4] = STACK + 0x4000;
	push(call(6, 10, 7));
	push(call(5, 10, 6));
	push(call(4, 10, 5));
	push(call(4, 20, caller));
	push(call(caller, 20, 1));
	push(call(1, 8, 0));
}

static void read_symbols(void)
{
	static char path[] = "test_callers.txt";
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (unsigned i = 0; i < 8; i++)
		fprintf(file, "%llx T %s\n", (unsigned long long)(LINKED + i * 64), names[i]);
	fclose(file);
	guest.options.symbols = path;
	assert_null(functions_read(x86_call_path));
	unlink(path);
}

static cJSON *report(void)
{
	struct json json;
	char *text;
	size_t size;
	cJSON *parsed;

	json = (struct json){ .out = open_memstream(&text, &size) };
	json_object(&json, NULL);
	callers_report(&json);
	json_end(&json);
	fclose(json.out);
	parsed = cJSON_Parse(text);
	assert_non_null(parsed);
	free(text);
	return parsed;
}

static void row_is(const cJSON *rows, int index, const char *key, const char *name, int small,
		   int large)
{
	const cJSON *row = cJSON_GetArrayItem(rows, index);

	assert_non_null(row);
	assert_string_equal(cJSON_GetObjectItem(row, key)->valuestring, name);
	assert_int_equal(cJSON_GetObjectItem(row, "4k")->valueint, small);
	assert_int_equal(cJSON_GetObjectItem(row, "2m")->valueint, large);
}

static void test_without_symbols(void **state)
{
	struct guest_call ours = { .phase = GUEST_PHASE_KERNEL };
	cJSON *json;

	assert_null(functions_read(x86_call_path));
	callers_record(&ours, 0);
	json = report();
	assert_null(json->child);
	cJSON_Delete(json);
}

static void test_callers(void **state)
{
	struct guest_call ours = { .vcpu = 1, .rip = CODE + 4, .phase = GUEST_PHASE_KERNEL };
	struct guest_call firmware = { .vcpu = 0, .rip = 0x1000, .phase = GUEST_PHASE_FIRMWARE };
	const cJSON *rows, *path;
	cJSON *json;

	read_symbols();
	calls_from(2);
	callers_record(&ours, 1);
	callers_record(&ours, 1);
	callers_record(&ours, 0);
	assert_int_equal(walked_vcpu, 1);
	calls_from(3);
	callers_record(&ours, 0);
	callers_record(&firmware, 1);

	json = report();
	assert_int_equal(cJSON_GetObjectItem(json, "kernel_slide")->valuedouble, SLIDE);
	/* deferred_init is the caller: accept_memory serves acceptance itself. */
	rows = cJSON_GetObjectItem(json, "accepts_by_caller");
	assert_int_equal(cJSON_GetArraySize(rows), 2);
	row_is(rows, 0, "function", "deferred_init", 2, 2);
	row_is(rows, 1, "function", "firmware", 0, 1);
	/* Paths by bytes; the firmware's has no functions. */
	rows = cJSON_GetObjectItem(json, "accept_paths");
	assert_int_equal(cJSON_GetArraySize(rows), 3);
	path = cJSON_GetObjectItem(cJSON_GetArrayItem(rows, 0), "path");
	assert_string_equal(cJSON_GetArrayItem(path, 0)->valuestring, "accept_memory");
	assert_string_equal(cJSON_GetArrayItem(path, 1)->valuestring, "deferred_init");
	assert_string_equal(cJSON_GetArrayItem(path, 2)->valuestring, "start_kernel");
	assert_int_equal(cJSON_GetObjectItem(cJSON_GetArrayItem(rows, 0), "2m")->valueint, 2);
	path = cJSON_GetObjectItem(cJSON_GetArrayItem(rows, 1), "path");
	assert_int_equal(cJSON_GetArraySize(path), 0);
	path = cJSON_GetObjectItem(cJSON_GetArrayItem(rows, 2), "path");
	assert_string_equal(cJSON_GetArrayItem(path, 2)->valuestring, "page_alloc");
	cJSON_Delete(json);
}

/* What is not private memory is no stack of the kernel's. */
static void test_shared_stack(void **state)
{
	struct guest_call ours = { .vcpu = 1, .rip = CODE + 4, .phase = GUEST_PHASE_KERNEL };
	const cJSON *rows;
	cJSON *json;
	bool found = false;

	is_private = false;
	callers_record(&ours, 0);
	is_private = true;
	json = report();
	rows = cJSON_GetObjectItem(json, "accept_paths");
	for (int i = 0; i < cJSON_GetArraySize(rows); i++) {
		const cJSON *path = cJSON_GetObjectItem(cJSON_GetArrayItem(rows, i), "path");

		found |= cJSON_GetArraySize(path) == 1;
	}
	assert_true(found);
	cJSON_Delete(json);
}

static void test_no_file(void **state)
{
	guest.options.symbols = "/nonexistent";
	assert_non_null(functions_read(x86_call_path));
	guest.options.symbols = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_without_symbols),
		cmocka_unit_test(test_callers),
		cmocka_unit_test(test_shared_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
