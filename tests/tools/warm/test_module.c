/* SPDX-License-Identifier: MIT */
/* The files of the kernel's module: made here, in a folder, with what the module would have in
 * them. */
#include <linux/limits.h>
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

#include "tools/warm/module.h"

#define POLICY "/sys/module/cvmem/parameters/policy"
#define RATE   "/sys/module/cvmem/parameters/rate"
#define STATS  "/sys/kernel/debug/cvmem/stats"

/* The root of the made tree, as paths are short. */
static char root[64];

static char *full_path(char *full, size_t size, const char *path)
{
	snprintf(full, size, "%s%s", root, path);
	return full;
}

static void put(const char *path, const char *text)
{
	char full[512];
	FILE *file;

	full_path(full, sizeof(full), path);
	for (char *slash = full + strlen(root); (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
	file = fopen(full, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void has(const char *path, const char *text)
{
	char full[512], found[64] = "";
	FILE *file = fopen(full_path(full, sizeof(full), path), "r");

	assert_non_null(file);
	found[fread(found, 1, sizeof(found) - 1, file)] = '\0';
	fclose(file);
	found[strcspn(found, "\n")] = '\0';
	assert_string_equal(found, text);
}

static void remove_file(const char *path)
{
	char full[512];

	assert_int_equal(unlink(full_path(full, sizeof(full), path)), 0);
}

static int make_root(void **unused)
{
	const char *folder = getenv("TMPDIR");

	snprintf(root, sizeof(root), "%.40s/cvmem-XXXXXX", folder ? folder : "/tmp");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **unused)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -r '%s'", root);
	return system(command);
}

static void load(const char *policy, const char *rate)
{
	put(POLICY, policy);
	put(RATE, rate);
	put(STATS, "scheme cvmem\nplatform tdx\nunaccepted_bytes 8388608\nunits 7\n");
}

static void absent(void **unused)
{
	struct warm_module module;

	assert_false(warm_module_open(&module, root));
	load("background\n", "0\n");
	assert_true(warm_module_open(&module, root));
	remove_file(STATS);
	assert_false(warm_module_open(&module, root));
	put(STATS, "scheme cvmem\n");
	assert_false(warm_module_open(&module, root));
	load("\n", "0\n");
	assert_false(warm_module_open(&module, root));
	load("a policy that is too long\n", "0\n");
	assert_false(warm_module_open(&module, root));
	load("lazy\n", "fast\n");
	assert_false(warm_module_open(&module, root));
}

static void starts_and_restores(void **unused)
{
	struct warm_module module;
	uint64_t left = 0;

	load("background\n", "1048576\n");
	assert_true(warm_module_open(&module, root));
	has(POLICY, "background");
	assert_true(warm_module_start(&module, 64 << 20));
	has(POLICY, "eager");
	has(RATE, "67108864");
	assert_int_equal(module.our_rate, 64 << 20);
	assert_int_equal(warm_module_look(&module, &left), WARM_MODULE_WORKS);
	assert_int_equal(left, 8 << 20);
	assert_true(warm_module_restore(&module));
	has(POLICY, "background");
	has(RATE, "1048576");

	/* Again, at the module's own rate; and what is restored once is not touched again. */
	assert_true(warm_module_start(&module, 0));
	has(POLICY, "eager");
	has(RATE, "1048576");
	assert_int_equal(module.our_rate, 1 << 20);
	assert_true(warm_module_restore(&module));
	put(POLICY, "eager\n");
	assert_true(warm_module_restore(&module));
	has(POLICY, "eager");
}

/* It is eager already: that is not taken from it. */
static void eager_before(void **unused)
{
	struct warm_module module;

	load("eager\n", "0\n");
	assert_true(warm_module_open(&module, root));
	assert_true(warm_module_start(&module, 0));
	assert_true(warm_module_restore(&module));
	has(POLICY, "eager");
	has(RATE, "0");
}

static void changed_by_another(void **unused)
{
	struct warm_module module;
	uint64_t left = 0;

	load("background\n", "0\n");
	assert_true(warm_module_open(&module, root));
	assert_true(warm_module_start(&module, 2 << 20));
	put(POLICY, "lazy\n");
	put(RATE, "5000000\n");
	assert_int_equal(warm_module_look(&module, &left), WARM_MODULE_CHANGED);
	assert_true(warm_module_restore(&module));
	has(POLICY, "lazy");
	has(RATE, "5000000");
}

static void unloaded(void **unused)
{
	struct warm_module module;
	uint64_t left = 0;

	load("background\n", "0\n");
	assert_true(warm_module_open(&module, root));
	assert_true(warm_module_start(&module, 0));
	remove_file(STATS);
	assert_int_equal(warm_module_look(&module, &left), WARM_MODULE_UNLOADED);
	remove_file(POLICY);
	remove_file(RATE);
	assert_int_equal(warm_module_look(&module, &left), WARM_MODULE_UNLOADED);
	assert_true(warm_module_restore(&module));
	assert_false(warm_module_start(&module, 1 << 20));
	assert_false(warm_module_start(&module, 0));
}

/* The rate was taken, the policy not: the rate is restored. */
static void start_fails_half_way(void **unused)
{
	struct warm_module module;

	load("background\n", "3\n");
	assert_true(warm_module_open(&module, root));
	remove_file(POLICY);
	assert_false(warm_module_start(&module, 1 << 20));
	has(RATE, "3");
}

/* A rate that can be read and is the one that was set, and that takes no other. */
static void a_rate_is_kept(void **unused)
{
	struct warm_module module;
	char full[512];

	load("background\n", "3\n");
	assert_true(warm_module_open(&module, root));
	assert_true(warm_module_start(&module, NGROUPS_MAX));
	remove_file(RATE);
	assert_int_equal(
		symlink("/proc/sys/kernel/ngroups_max", full_path(full, sizeof(full), RATE)), 0);
	assert_false(warm_module_restore(&module));
	has(POLICY, "background");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(absent, make_root, remove_root),
		cmocka_unit_test_setup_teardown(starts_and_restores, make_root, remove_root),
		cmocka_unit_test_setup_teardown(eager_before, make_root, remove_root),
		cmocka_unit_test_setup_teardown(changed_by_another, make_root, remove_root),
		cmocka_unit_test_setup_teardown(unloaded, make_root, remove_root),
		cmocka_unit_test_setup_teardown(start_fails_half_way, make_root, remove_root),
		cmocka_unit_test_setup_teardown(a_rate_is_kept, make_root, remove_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
