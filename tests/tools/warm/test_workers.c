/* SPDX-License-Identifier: MIT */
/*
 * Taking, giving back and watching memory for `cvmem warm`: with real memory, judged by mincore(),
 * and files made here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/warm/hold.h"
#include "tools/warm/view.h"
#include "tools/warm/workers.h"

#define KIB   UINT64_C(1024)
#define MIB   (KIB * KIB)
#define NEVER UINT64_MAX

/* At most the reported amount has pages; less if the kernel has reclaimed some. */
static void holds_no_more(const struct hold *hold, uint64_t bytes)
{
	static unsigned char page[64 * MIB / 4096];
	uint64_t resident = 0;

	assert_int_equal(hold->bytes, bytes);
	for (size_t i = 0; i < hold->slabs; i++) {
		assert_int_equal(mincore(hold->slab[i].start, 64 * MIB, page), 0);
		for (size_t p = 0; p < sizeof(page); p++)
			resident += page[p] & 1 ? 4096 : 0;
	}
	assert_true(resident <= bytes);
}

static void takes_and_gives(void **unused)
{
	struct hold hold = { 0 };
	bool refused = false;

	/* More small pages than there is to take: no more than that is taken. */
	assert_int_equal(hold_take(&hold, HOLD_SMALL, 0, MIB, 2 * MIB, NEVER, &refused), MIB);
	assert_int_equal(hold.bytes, MIB);
	/* The rest of the first 2 MiB, and whole ones. */
	assert_int_equal(hold_take(&hold, HOLD_SMALL, 0, 6 * MIB + 100, 0, NEVER, &refused),
			 5 * MIB);
	holds_no_more(&hold, 6 * MIB);
	/* A deadline that has passed: one piece, so that there is progress. */
	assert_int_equal(hold_take(&hold, HOLD_SMALL, 0, 6 * MIB, 0, 0, &refused), 2 * MIB);
	assert_int_equal(hold.bytes, 8 * MIB);
	assert_false(refused);
	/* At least that: whole huge pages. */
	hold_give(&hold, 3 * MIB);
	holds_no_more(&hold, 4 * MIB);
	hold_free(&hold);
	assert_int_equal(hold.bytes, 0);
	assert_null(hold.slab);
}

static void shares(void **unused)
{
	struct workers *workers = workers_start(64);
	bool refused = false;
	uint64_t taken;

	assert_non_null(workers);
	/* A 64th of it is a page or less. */
	assert_int_equal(workers_take(workers, 0, 128 * KIB, MIB, NEVER, &refused), 128 * KIB);
	taken = workers_take(workers, 0, 5 * MIB, 0, NEVER, &refused);
	assert_in_range(taken, 3 * MIB, 5 * MIB);
	assert_int_equal(workers_held(workers), taken + 128 * KIB);
	/* Of 64 workers few hold something. */
	workers_give(workers, 3 * MIB);
	assert_true(workers_held(workers) <= taken + 128 * KIB - 3 * MIB);
	workers_give(workers, UINT64_MAX);
	assert_int_equal(workers_held(workers), 0);
	assert_false(refused);
	workers_end(workers);
}

/* The root of the made tree, as paths are short. */
static char root[64];

static void put(const char *path, const char *text)
{
	char full[512];
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", root, path);
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

static void groups(void **unused)
{
	assert_true(warm_group_room(root) == UINT64_MAX);
	put("/proc/self/cgroup", "4:memory:/a\n1:name=systemd:/0::/a\n0::/a/b\n");
	assert_true(warm_group_room(root) == UINT64_MAX);
	put("/sys/fs/cgroup/a/b/memory.max", "max\n");
	put("/sys/fs/cgroup/a/b/memory.high", "max\n");
	assert_true(warm_group_room(root) == UINT64_MAX);
	put("/sys/fs/cgroup/a/memory.max", "8000000\n");
	put("/sys/fs/cgroup/a/memory.current", "1000000\n");
	assert_int_equal(warm_group_room(root), 7000000);
	put("/sys/fs/cgroup/a/b/memory.high", "6000000\n");
	put("/sys/fs/cgroup/a/b/memory.current", "900000\n");
	assert_int_equal(warm_group_room(root), 5100000);
	put("/sys/fs/cgroup/a/b/memory.current", "6000001\n");
	assert_int_equal(warm_group_room(root), 0);
	/* Version 1 alone. */
	put("/proc/self/cgroup", "1:name=systemd:/0::/a\n");
	assert_true(warm_group_room(root) == UINT64_MAX);
	/* In a container the group looks like the root, and has limits. */
	put("/proc/self/cgroup", "0::/\n");
	assert_true(warm_group_room(root) == UINT64_MAX);
	put("/sys/fs/cgroup/memory.max", "3000000\n");
	assert_int_equal(warm_group_room(root), 0);
	put("/sys/fs/cgroup/memory.current", "1\n");
	assert_int_equal(warm_group_room(root), 2999999);
}

static void pressure(void **unused)
{
	const uint64_t second = UINT64_C(1000000000);
	struct warm_pressure pressure = { 0 };

	assert_true(warm_pressure_now(&pressure, root, second) < 0);
	put("/proc/pressure/memory", "some avg10=0.00 total=1000\nfull avg10=0.00 total=7\n");
	assert_true(warm_pressure_now(&pressure, root, second) == 0);
	/* 100 ms of the first 200: a fifth of half a second at least. */
	put("/proc/pressure/memory", "some avg10=0.00 total=101000\nfull avg10=0.00 total=7\n");
	assert_true(warm_pressure_now(&pressure, root, second + second / 5) == 20);
	assert_true(warm_pressure_now(&pressure, root, 2 * second) == 10);
	assert_true(warm_pressure_now(&pressure, root, 3 * second) == 0);
	put("/proc/pressure/memory", "nothing of the kind\n");
	assert_true(warm_pressure_now(&pressure, root, 4 * second) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_and_gives),
		cmocka_unit_test(shares),
		cmocka_unit_test_setup_teardown(groups, make_root, remove_root),
		cmocka_unit_test_setup_teardown(pressure, make_root, remove_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
