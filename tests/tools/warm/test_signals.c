/* SPDX-License-Identifier: MIT */
/* A child that rests and is sent signals: memory is given back before it stops, and before it
 * ends. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/warm/signals.h"

#define HOUR UINT64_C(3600000000000)

static void tell(char what, int fd)
{
	if (write(fd, &what, 1) != 1)
		_exit(99);
}

static void give_back(void *ctx)
{
	tell('g', *(int *)ctx);
}

/* Until a signal ends it: 'r' when it is ready, 'g' when it gives memory back, 'e' at the end. */
static void child(int fd)
{
	int number = 0;

	signals_block();
	tell('r', fd);
	while (!number)
		number = signals_rest(HOUR, give_back, &fd);
	tell('e', fd);
	signals_raise(number);
	_exit(98);
}

static pid_t start(int *fd)
{
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		child(ends[1]);
	close(ends[1]);
	*fd = ends[0];
	return pid;
}

static void expect(int fd, char what)
{
	char got = 0;

	assert_int_equal(read(fd, &got, 1), 1);
	assert_int_equal(got, what);
}

static void expect_end(pid_t pid, int fd, int number)
{
	char more;
	int status;

	expect(fd, 'e');
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), number);
	assert_int_equal(read(fd, &more, 1), 0);
	close(fd);
}

static void stop_and_continue(void **unused)
{
	int status, fd;
	pid_t pid = start(&fd);

	expect(fd, 'r');
	for (unsigned i = 0; i < 3; i++) {
		kill(pid, SIGTSTP);
		assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
		assert_true(WIFSTOPPED(status));
		/* It was written before: a stopped process writes nothing. */
		expect(fd, 'g');
		kill(pid, SIGCONT);
	}
	kill(pid, SIGTERM);
	expect_end(pid, fd, SIGTERM);
}

static void end(void **unused)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	for (unsigned i = 0; i < 3; i++) {
		int fd;
		pid_t pid = start(&fd);

		expect(fd, 'r');
		kill(pid, signals[i]);
		expect_end(pid, fd, signals[i]);
	}
}

static void ignored(void **unused)
{
	pid_t pid;
	int fd;

	signal(SIGINT, SIG_IGN);
	signal(SIGTSTP, SIG_IGN);
	pid = start(&fd);
	expect(fd, 'r');
	kill(pid, SIGINT);
	kill(pid, SIGTSTP);
	kill(pid, SIGHUP);
	expect_end(pid, fd, SIGHUP);
	signal(SIGINT, SIG_DFL);
	signal(SIGTSTP, SIG_DFL);
}

static void time_over(void **unused)
{
	int fd = -1;

	signals_block();
	assert_int_equal(signals_rest(1000, give_back, &fd), 0);
}

int main(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGTSTP };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stop_and_continue),
		cmocka_unit_test(end),
		cmocka_unit_test(ignored),
		cmocka_unit_test(time_over),
	};

	/* The program that starts the tests may ignore them, as a shell does for "&". */
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
