/* SPDX-License-Identifier: MIT */
#include "tools/boot/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char parent[] = "/tmp/cvmem-test-XXXXXX";

static const char *below(const char *name)
{
	static char path[300];

	snprintf(path, sizeof(path), "%s/%s", parent, name);
	return path;
}

static void make_file(const char *name)
{
	int fd = open(below(name), O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static void make_folder(const char *name)
{
	char file[300];

	assert_return_code(mkdir(below(name), 0700), 0);
	snprintf(file, sizeof(file), "%s/report", name);
	make_file(file);
}

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

static void made_and_removed(void **state)
{
	struct scratch scratch, other;
	char path[300];

	(void)state;
	assert_true(scratch_make(&scratch));
	assert_true(scratch_make(&other));
	assert_string_not_equal(scratch.path, other.path);
	assert_int_equal(strncmp(scratch.path, parent, strlen(parent)), 0);
	snprintf(path, sizeof(path), "%s/file", scratch.path);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	scratch_remove(&scratch);
	assert_false(exists(scratch.path));
	assert_true(exists(other.path));
	scratch_remove(&other);
	assert_false(exists(other.path));
}

/* None that a run still has, and nothing else. */
static void swept(void **state)
{
	struct scratch scratch;
	int used;

	(void)state;
	make_folder("cvmem-boot-aB3dE6");
	make_folder("cvmem-boot-aB3dE7");
	make_folder("cvmem-boot-keep-this");
	make_file("cvmem-boot-aB3dE8");
	assert_return_code(symlink("cvmem-boot-keep-this", below("cvmem-boot-aB3dE9")), 0);
	used = open(below("cvmem-boot-aB3dE7"), O_RDONLY | O_DIRECTORY);
	assert_return_code(flock(used, LOCK_EX), 0);
	assert_true(scratch_make(&scratch));
	scratch_remove(&scratch);
	assert_false(exists(below("cvmem-boot-aB3dE6")));
	assert_true(exists(below("cvmem-boot-aB3dE7/report")));
	assert_true(exists(below("cvmem-boot-keep-this/report")));
	assert_true(exists(below("cvmem-boot-aB3dE8")));
	close(used);
	assert_true(scratch_make(&scratch));
	scratch_remove(&scratch);
	assert_false(exists(below("cvmem-boot-aB3dE7")));
}

/* A run that is killed before its machine has ended; the machine lasts until the pipe is closed. */
static pid_t killed_run(char path[256], int *alive)
{
	int names[2], ends[2], status;
	pid_t run, machine;

	assert_return_code(pipe2(names, O_CLOEXEC), 0);
	assert_return_code(pipe2(ends, O_CLOEXEC), 0);
	run = fork();
	if (!run) {
		struct scratch scratch;

		if (!scratch_make(&scratch))
			_exit(1);
		machine = fork();
		if (!machine) {
			dup2(ends[0], STDIN_FILENO);
			execlp("cat", "cat", NULL);
			_exit(127);
		}
		if (write(names[1], &machine, sizeof(machine)) < 0 ||
		    write(names[1], scratch.path, sizeof(scratch.path)) < 0)
			_exit(1);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(run, &status, 0), run);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(read(names[0], &machine, sizeof(machine)), sizeof(machine));
	assert_int_equal(read(names[0], path, 256), 256);
	close(names[0]);
	close(names[1]);
	close(ends[0]);
	*alive = ends[1];
	return machine;
}

static void left_by_a_signal(void **state)
{
	struct scratch scratch;
	char path[256];
	pid_t machine;
	int alive;

	(void)state;
	/* So that the machine can be waited for. */
	assert_return_code(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	machine = killed_run(path, &alive);
	assert_true(scratch_make(&scratch));
	scratch_remove(&scratch);
	assert_true(exists(path));
	close(alive);
	assert_int_equal(waitpid(machine, NULL, 0), machine);
	assert_true(scratch_make(&scratch));
	scratch_remove(&scratch);
	assert_false(exists(path));
}

static void nowhere(void **state)
{
	struct scratch scratch;

	(void)state;
	setenv("TMPDIR", below("absent"), 1);
	assert_false(scratch_make(&scratch));
	scratch_remove(&scratch);
	setenv("TMPDIR", parent, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_and_removed),
		cmocka_unit_test(swept),
		cmocka_unit_test(left_by_a_signal),
		cmocka_unit_test(nowhere),
	};
	char command[300];
	int failed;

	if (!mkdtemp(parent))
		return 1;
	setenv("TMPDIR", parent, 1);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(command, sizeof(command), "rm -rf %s", parent);
	return system(command) || failed;
}
